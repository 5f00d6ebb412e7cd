"""
The slip code: eight characters beside the number on a printed slip, for whoever has only the paper.

It is made from the invoice's link with a key and stored nowhere: who reads the database can print
none, and a code that was printed before the key changed counts as long as that key is in the ring.
Forty bits; five wrong ones a day are the most that anybody may try (``look_up``).
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from payments.kernel.codes import ALPHABET
from payments.kernel.scope import FacilityId
from payments.keys import Keys

LENGTH: Final = 8
_PURPOSE: Final = "lookup"
#: What a person types for what the paper shows.
_LOOK_ALIKES: Final = str.maketrans("OIL", "011")
_BETWEEN: Final = re.compile("[ .-]")


def slip_code(keys: Keys, facility: FacilityId, pay_token: str) -> str:
    """Give the code to print beside the number of the invoice that *pay_token* opens."""
    return _written(keys.fingerprint(_PURPOSE, _salted(facility, pay_token)))


def fits(keys: Keys, facility: FacilityId, pay_token: str, given: str) -> bool:
    """Compare *given* with the code under every key, in the same time whatever it is."""
    right = False
    for made in keys.fingerprints(_PURPOSE, _salted(facility, pay_token)).values():
        right |= hmac.compare_digest(_written(made).encode(), given.encode())
    return right


def read(text: str) -> str:
    """Give a typed code as it was printed; empty where it cannot be one."""
    plain = _BETWEEN.sub("", text).upper().translate(_LOOK_ALIKES)
    is_code = len(plain) == LENGTH and all(char in ALPHABET for char in plain)
    return plain if is_code else ""


def _written(made: bytes) -> str:
    number = int.from_bytes(made[:5])
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH))


def _salted(facility: FacilityId, pay_token: str) -> str:
    return f"slip:{facility}:{pay_token}"
