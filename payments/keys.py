"""
The keys file: named purposes, each a ring of keys by id; what is sealed carries the id of its key.

A value that was sealed with an older key opens as long as that key is in the ring.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from payments.kernel import new_files
from payments.kernel.errors import Rejected
from payments.kernel.secret import Secret

PURPOSES: Final = ("settings", "personal", "lookup", "session", "backup")
#: Came later: a file that was made before lacks it until `vienphi keys rotate` adds it.
_ADDED: Final = frozenset({"backup"})
_NONCE_BYTES: Final = 12


class WrongKeys(Rejected):
    """The keys file is missing, open to others, unreadable, or lacks the key that a value needs."""

    code = "wrong-keys"


@dataclass(frozen=True, slots=True)
class _Ring:
    current: int
    keys: Mapping[int, bytes]


class Keys:
    """Seals, opens and looks up; never shows a key."""

    def __init__(
        self,
        rings: Mapping[str, _Ring],
        *,
        demo: bool,
        accounts: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    ) -> None:
        self._rings = rings
        self._accounts = accounts or {}
        #: Made by the demo; refused in production.
        self.is_demo = demo

    def __repr__(self) -> str:
        return f"Keys({', '.join(self._rings)})"

    @classmethod
    def read(cls, path: Path) -> Keys:
        """
        Read the keys file.

        Raises:
            WrongKeys: it is missing, readable by others, or no keys file.
        """
        try:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise WrongKeys(f"{path} can be read by others: chmod 600 {path}")
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            rings = {
                purpose: _Ring(
                    int(told["purposes"][purpose]["current"]),
                    {
                        int(number): base64.b64decode(key, validate=True)
                        for number, key in told["purposes"][purpose]["keys"].items()
                    },
                )
                for purpose in PURPOSES
                if purpose in told["purposes"] or purpose not in _ADDED
            }
        except FileNotFoundError:
            raise WrongKeys(f"{path} does not exist: make it with `vienphi keys new`") from None
        except (KeyError, ValueError, TypeError) as error:
            raise WrongKeys(f"{path} is no keys file: {error}") from error
        return cls(rings, demo=bool(told.get("demo", False)), accounts=told.get("accounts"))

    def seal(self, purpose: str, text: str, *, context: str) -> bytes:
        """Encrypt *text* (AES-256-GCM); it opens in the same *context* only (``table.column``)."""
        ring = self._rings[purpose]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(ring.keys[ring.current]).encrypt(nonce, text.encode(), context.encode())
        return ring.current.to_bytes(2) + nonce + sealed

    def open(self, purpose: str, sealed: bytes, *, context: str) -> str:
        """
        Decrypt what ``seal`` made; what was erased after its time (no bytes) opens as no words.

        Raises:
            WrongKeys: the key is not in the ring, or the value was made elsewhere or altered.
        """
        if purpose == "personal" and not sealed:
            return ""
        number = int.from_bytes(sealed[:2])
        try:
            key = self._rings[purpose].keys[number]
            body = AESGCM(key).decrypt(
                sealed[2 : 2 + _NONCE_BYTES], sealed[2 + _NONCE_BYTES :], context.encode()
            )
        except (KeyError, InvalidTag) as error:
            raise WrongKeys(f"a value in {context} does not open with key {number}") from error
        return body.decode()

    def fingerprint(self, purpose: str, text: str, *, number: int | None = None) -> bytes:
        """
        Make the keyed hash by which an equal value is found again (HMAC-SHA-256).

        *number* is the key that made the stored value; None means the current one.

        Raises:
            WrongKeys: the key is not in the ring.
        """
        ring = self._rings[purpose]
        key = ring.keys.get(ring.current if number is None else number)
        if key is None:
            raise WrongKeys(f"the key {number} of {purpose} is not in the keys file")
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    def fingerprints(self, purpose: str, text: str) -> Mapping[int, bytes]:
        """
        Make the keyed hash under every key of the ring, by key id, the current one last.

        A value that was stored before the key changed is found under the key it was stored with.
        """
        ring = self._rings[purpose]
        older = [number for number in sorted(ring.keys) if number != ring.current]
        return {
            number: hmac.new(ring.keys[number], text.encode(), hashlib.sha256).digest()
            for number in [*older, ring.current]
        }

    def derive(self, purpose: str, salt: bytes, *, number: int) -> bytes:
        """
        Make the key of one file (32 bytes, HKDF-SHA-256, RFC 5869) from the key *number*.

        Raises:
            WrongKeys: the key is not in the keys file.
        """
        ring = self._rings.get(purpose)
        key = None if ring is None else ring.keys.get(number)
        if key is None:
            raise WrongKeys(f"the key {number} of {purpose} is not in the keys file")
        info = f"vienphi {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)

    def current(self, purpose: str) -> int:
        """
        Name the key with which new values are sealed and hashed.

        Raises:
            WrongKeys: the keys file is older than this purpose.
        """
        if purpose not in self._rings:
            raise WrongKeys(f"no key for {purpose}: vienphi keys rotate FILE --purpose {purpose}")
        return self._rings[purpose].current

    def accounts(self, system: str) -> dict[int, dict[str, Secret[str]]]:
        """Give what was put in with ``write_account``, by facility; empty where nothing was."""
        return {
            int(facility): {name: Secret(value) for name, value in fields.items()}
            for facility, fields in self._accounts.get(system, {}).items()
        }

    def secrets(self) -> Iterator[bytes]:
        """Give every key and password, for a look whether one of them would leave the house."""
        yield from (key for ring in self._rings.values() for key in ring.keys.values())
        accounts = (fields for of in self._accounts.values() for fields in of.values())
        yield from (fields["password"].encode() for fields in accounts if "password" in fields)

    def raw(self, purpose: str) -> bytes:
        """Give the current key itself, for a library that signs."""
        ring = self._rings[purpose]
        return ring.keys[ring.current]


def write_new(path: Path, *, demo: bool = False) -> None:
    """
    Make a keys file, mode 0600.

    Raises:
        WrongKeys: *path* exists; keys are never overwritten.
    """
    told = {
        "demo": demo,
        "purposes": {purpose: {"current": 1, "keys": {"1": _new_key()}} for purpose in PURPOSES},
    }
    _write(path, told)


def rotate(path: Path, purpose: str) -> int:
    """Add a key to the ring of *purpose* and make it the current one; returns its id."""
    Keys.read(path)
    told = json.loads(path.read_text(encoding="utf-8"))
    ring = told["purposes"].setdefault(purpose, {"keys": {}})
    number = max(map(int, ring["keys"]), default=0) + 1
    ring["keys"][str(number)] = _new_key()
    ring["current"] = number
    _rewrite(path, told)
    return number


def write_account(path: Path, system: str, facility: int, fields: Mapping[str, str]) -> None:
    """
    Put the account of *facility* at a national *system* into the keys file, for a former one.

    The password stands as it is: the system wants it (or its own hash of it) with every call.
    """
    Keys.read(path)
    told = json.loads(path.read_text(encoding="utf-8"))
    told.setdefault("accounts", {}).setdefault(system, {})[str(facility)] = dict(fields)
    _rewrite(path, told)


def _rewrite(path: Path, told: Mapping[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    _write(fresh, told)
    fresh.replace(path)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _write(path: Path, told: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        new_files.write_new(path, json.dumps(told, indent=1).encode(), mode=0o600)
    except FileExistsError:
        raise WrongKeys(f"{path} exists; keys are never overwritten") from None
