"""
Whose key opens a backup: a key of the keys file, or the private half of a pair.

With a pair the server that makes backups cannot read them: it holds the public half only. The pair
is X25519 (RFC 7748); each file has an ephemeral half of its own, and its key comes from both by
HKDF-SHA-256 (RFC 5869).
"""

from __future__ import annotations

import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from payments.kernel.new_files import write_new
from payments.keys import Keys, WrongKeys

_PURPOSE: Final = "backup"


@dataclass(frozen=True, slots=True)
class FromRing:
    """A key of the keys file, both to make and to open."""

    keys: Keys

    def made(self) -> tuple[bytes, dict[str, Any]]:
        """Make the key of one new file, and what its head must tell to find it again."""
        number, salt = self.keys.current(_PURPOSE), secrets.token_bytes(32)
        told = {"kind": "ring", "id": number, "salt": salt.hex()}
        return self.keys.derive(_PURPOSE, salt, number=number), told


@dataclass(frozen=True, slots=True)
class ToPublic:
    """The public half of a pair: makes backups that this machine cannot open."""

    public: X25519PublicKey

    def made(self) -> tuple[bytes, dict[str, Any]]:
        """Make the key of one new file, and what its head must tell to find it again."""
        ephemeral = X25519PrivateKey.generate()
        half = ephemeral.public_key().public_bytes_raw()
        key = _agreed(ephemeral.exchange(self.public), half, self.public)
        return key, {"kind": "x25519", "half": half.hex(), "for": name_of(self.public)}


Recipient = FromRing | ToPublic


@dataclass(frozen=True, slots=True)
class Opener:
    """What whoever restores has brought along."""

    keys: Keys | None = None
    private: X25519PrivateKey | None = None

    def key(self, told: dict[str, Any]) -> bytes:
        """
        Find the key of a file whose head says *told*.

        Raises:
            WrongKeys: it was not brought along; says which one is needed.
        """
        try:
            if told["kind"] == "ring":
                return self._from_ring(int(told["id"]), bytes.fromhex(told["salt"]))
            if told["kind"] == "x25519":
                return self._from_pair(bytes.fromhex(told["half"]), str(told["for"]))
        except (KeyError, TypeError, ValueError) as error:
            raise WrongKeys("the head of the backup does not say which key opens it") from error
        raise WrongKeys(f"a key of the kind {told['kind']} is not known to this release")

    def _from_ring(self, number: int, salt: bytes) -> bytes:
        if self.keys is None:
            raise WrongKeys(f"the backup opens with key {number} of the keys file: give --keys")
        return self.keys.derive(_PURPOSE, salt, number=number)

    def _from_pair(self, half: bytes, name: str) -> bytes:
        if self.private is None:
            raise WrongKeys(f"the backup opens with the private key of {name}: give --private")
        public = self.private.public_key()
        if name_of(public) != name:
            raise WrongKeys(f"the backup is for the key {name}, this one is {name_of(public)}")
        return _agreed(self.private.exchange(X25519PublicKey.from_public_bytes(half)), half, public)


def new_pair(path: Path) -> Path:
    """
    Make *path* (the private half, mode 0600) and *path*.pub; returns the latter.

    Raises:
        WrongKeys: one of them exists; keys are never overwritten.
    """
    private = X25519PrivateKey.generate()
    public = path.with_name(path.name + ".pub")
    told = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(path, told, 0o600)
    _write(
        public,
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        0o644,
    )
    return public


def read_public(path: Path) -> X25519PublicKey:
    """Read the public half. Raises WrongKeys."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WrongKeys(f"{path} is no public key: {error}") from error
    if not isinstance(key, X25519PublicKey):
        raise WrongKeys(f"{path} is a public key of another kind: vienphi backup key FILE")
    return key


def read_private(path: Path) -> X25519PrivateKey:
    """Read the private half, which others must not be able to read. Raises WrongKeys."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise WrongKeys(f"{path} can be read by others: chmod 600 {path}")
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise WrongKeys(f"{path} is no private key: {error}") from error
    if not isinstance(key, X25519PrivateKey):
        raise WrongKeys(f"{path} is a private key of another kind")
    return key


def name_of(public: X25519PublicKey) -> str:
    """Name a pair by its public half: 16 hexadecimal digits that may stand in any log."""
    digest = Hash(SHA256())
    digest.update(public.public_bytes_raw())
    return digest.finalize()[:8].hex()


def _agreed(shared: bytes, half: bytes, public: X25519PublicKey) -> bytes:
    salt = half + public.public_bytes_raw()
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"vienphi backup").derive(shared)


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_new(path, content, mode=mode)
    except FileExistsError:
        raise WrongKeys(f"{path} exists; keys are never overwritten") from None
