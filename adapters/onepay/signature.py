"""
OnePay's signature: HMAC-SHA256 in upper-case hex, keyed with the bytes that the hash key spells.

Signed are the parameters that begin with ``vpc_`` or ``user_`` and hold something, by name, as
``name=value`` with ``&`` between and the values *decoded*. Two forms of parameters can therefore
give one text; what could be another form is refused.

Source: a published return address of the public test merchant, reproduced (vector).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

HASH: Final = "vpc_SecureHash"
_PREFIXES: Final = ("vpc_", "user_")
#: A message has some 15 parameters; what has hundreds is no message.
_NAMES_MAX: Final = 100
#: A value in which the next parameter hides: signed as two, read as one.
_HIDDEN: Final = re.compile("&(?:vpc_|user_)[^&=]*=")


def canonical(params: Mapping[str, str]) -> str:
    """Write *params* as they are signed."""
    return "&".join(
        f"{name}={params[name]}"
        for name in sorted(params, key=str.encode)
        if name.startswith(_PREFIXES) and name != HASH and params[name]
    )


def sign(params: Mapping[str, str], hash_key: str) -> str:
    signed = canonical(params).encode(errors="surrogatepass")
    return hmac.new(bytes.fromhex(hash_key), signed, hashlib.sha256).hexdigest().upper()


def is_authentic(raw_query: str, hash_key: str) -> bool:
    """Tell whether *raw_query* carries a hash over its parameters; a name twice proves nothing."""
    try:
        pairs = parse_qsl(raw_query, keep_blank_values=True, max_num_fields=_NAMES_MAX)
    except ValueError:
        return False
    ours = [(name, value) for name, value in pairs if name.startswith(_PREFIXES)]
    if len(ours) != len(dict(ours)) or any(_HIDDEN.search(value) for _, value in ours):
        return False
    if any("=" in name or "&" in name for name, _ in ours):
        return False
    given = dict(ours).get(HASH, "").upper().encode(errors="surrogatepass")
    return hmac.compare_digest(given, sign(dict(ours), hash_key).encode())
