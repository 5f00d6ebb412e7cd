"""
The signature on a file that other programs read: Ed25519 over its head, which names its rows.

The pair of keys comes from the keys file, so no other file must be kept; the public half and its
number stand on the page of exports. A key that was replaced still proves what it has signed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from payments.kernel.errors import Rejected
from payments.keys import Keys

_PURPOSE: Final = "settings"
#: Parts this use of the key from every other.
_USE: Final = "vienphi signed statements, Ed25519"


class StatementAltered(Rejected):
    """The file is not as it was signed, or was not signed with this key."""

    code = "statement-altered"


def public_key(keys: Keys) -> str:
    """Give the current public key (base64), with which receivers check."""
    return base64.b64encode(_key(keys).public_key().public_bytes_raw()).decode()


def sign(keys: Keys, head: dict[str, Any]) -> str:
    return base64.b64encode(_key(keys).sign(canonical(head))).decode()


def canonical(value: object) -> bytes:
    """Write JSON so that the same facts are the same bytes: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def verify(content: bytes, key: str) -> dict[str, Any]:
    """
    Give the head of a signed file, if it and every row are as they were signed.

    Raises:
        StatementAltered: something was changed, or it was signed with another key.
    """
    try:
        told = json.loads(content)
        head, rows = told["head"], told["rows"]
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(told["signature"]), canonical(head))
        digest = hashlib.sha256()
        for row in rows:
            digest.update(canonical(row) + b"\n")
        is_whole = head["rows_sha256"] == digest.hexdigest() and head["rows"] == len(rows)
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise StatementAltered(type(error).__name__) from error
    if not is_whole:
        raise StatementAltered("the rows are not those that were signed")
    result: dict[str, Any] = head
    return result


def _key(keys: Keys) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.fingerprint(_PURPOSE, _USE))
