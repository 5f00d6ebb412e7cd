"""The pair of keys that signs anchors (Ed25519, PEM), kept away from the database host."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from payments.kernel.errors import Rejected
from payments.kernel.new_files import write_new


class WrongAnchorKey(Rejected):
    """A file that is no key for anchors, or one that would be overwritten."""

    code = "wrong-anchor-key"


def new_key(path: Path) -> Path:
    """
    Make a key pair: *path* (PEM, mode 0600), and beside it ``<path>.pub`` for those who verify.

    Raises:
        WrongAnchorKey: *path* exists.
    """
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    shown = path.with_name(path.name + ".pub")
    for target, content, mode in ((path, secret, 0o600), (shown, public, 0o644)):
        try:
            write_new(target, content, mode=mode)
        except FileExistsError:
            raise WrongAnchorKey(f"{target} exists; keys are never overwritten") from None
    return shown


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read the signing key. Raises WrongAnchorKey."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise WrongAnchorKey(f"{path} is no signing key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise WrongAnchorKey(f"{path} is no Ed25519 key")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read the key that anchors are checked with. Raises WrongAnchorKey."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WrongAnchorKey(f"{path} is no public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise WrongAnchorKey(f"{path} is no Ed25519 key")
    return key
