"""
Proofs of single transactions: what was booked, its seal, and the way from there to a signed anchor.

Whoever holds one needs no database and no trust in who runs it: the hash chain binds the text of
the transaction to its seal, the Merkle path (RFC 6962, section 2.1.1) binds the seal to the root,
and the signature (Ed25519, RFC 8032) binds the root to the keeper of the key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from payments.kernel.errors import Conflict, Rejected
from payments.ledger import anchoring, anchors, bodies, loading, merkle
from payments.ledger.anchors import Anchor, WrongAnchor
from payments.ledger.rows import SEAL
from payments.storage.unit_of_work import UnitOfWork

_HASH_BYTES: Final = 32


class NotProvenYet(Conflict):
    """No signed anchor covers the transaction yet: the next night's does."""

    code = "not-proven-yet"


class WrongProof(Rejected):
    """A file that is no proof: *detail* names the field that is not what it should be."""

    code = "wrong-proof"


@dataclass(frozen=True, slots=True)
class Seal:
    """Place and hash of a transaction in the chain."""

    seq: int
    hash: bytes

    @property
    def short(self) -> str:
        """The first sixteen digits: what a receipt has room for."""
        return self.hash.hex()[:16]


@dataclass(frozen=True, slots=True)
class Proof:
    """
    *body* is the text that was hashed, *before* the hash of the seal before it.

    *path* leads from the seal to the root of *anchor*, nearest first.
    """

    seal: Seal
    before: bytes
    body: str
    path: tuple[bytes, ...]
    anchor: Anchor

    @property
    def told(self) -> dict[str, Any]:
        """What a file has of it, as JSON."""
        return {
            "seal": {
                "seq": self.seal.seq,
                "hash": self.seal.hash.hex(),
                "before": self.before.hex(),
                "body": self.body,
            },
            "path": [one.hex() for one in self.path],
            "anchor": self.anchor.told,
        }


def seal_of(tx: UnitOfWork, txn: UUID) -> Seal | None:
    """Find the seal of a transaction; None in the second before the sealer has come to it."""
    row = tx.execute(
        select(SEAL.c.seq, SEAL.c.hash).where(
            SEAL.c.facility_id == tx.facility, SEAL.c.txn_id == txn
        )
    ).first()
    return None if row is None else Seal(row.seq, bytes(row.hash))


def prove(tx: UnitOfWork, txn: UUID) -> Proof:
    """
    Put the proof of a transaction together.

    Raises:
        NotProvenYet: it is not sealed, or no anchor was signed since.
    """
    seal = seal_of(tx, txn)
    anchor = None if seal is None else anchoring.anchor_over(tx, seal.seq)
    if seal is None or anchor is None:
        raise NotProvenYet()
    before = bodies.BEFORE_ALL
    if seal.seq > 1:
        [before] = anchoring.seal_hashes(tx, seal.seq - 1, seal.seq - 1)
    return Proof(
        seal, before, _body(tx, txn, seal), anchoring.inclusion_proof(tx, anchor, seal.seq), anchor
    )


def _body(tx: UnitOfWork, txn: UUID, seal: Seal) -> str:
    connection = tx.connection
    row = tx.execute(
        select(SEAL.c.body_version, SEAL.c.sealed_at).where(
            SEAL.c.facility_id == tx.facility, SEAL.c.seq == seal.seq
        )
    ).one()
    codes = loading.account_codes(connection, tx.facility)
    [body] = loading.load(connection, tx.facility, [str(txn)], codes, row.body_version).values()
    first = bodies.genesis(tx.facility, loading.moment(row.sealed_at)) if seal.seq == 1 else None
    return body.canonical(first).decode()


def of_told(told: Any) -> Proof:
    """
    Read a proof from what a file has.

    Raises:
        WrongProof: it lacks something, or something is of another shape.
    """
    try:
        seal = told["seal"]
        return Proof(
            Seal(whole(seal, "seq"), _hash(seal["hash"], "seal.hash")),
            _hash(seal["before"], "seal.before"),
            str(seal["body"]),
            tuple(_hash(one, "path") for one in told["path"]),
            anchors.of_told(told["anchor"]),
        )
    except WrongAnchor as error:
        raise WrongProof(f"anchor: {error.detail}") from error
    except (KeyError, TypeError) as error:
        raise WrongProof(f"this is no proof: {error!r}") from error


def faults(proof: Proof, key: Ed25519PublicKey | None) -> Iterator[str]:
    """
    Name everything that does not hold; nothing where the proof is sound.

    Without *key* the one in the proof is taken, which shows that it is whole but not whose it is.
    """
    seal, anchor = proof.seal, proof.anchor
    if bodies.chained(proof.before, proof.body.encode()) != seal.hash:
        yield "seal.body: what was booked is not what was sealed"
    size = anchor.last_seq - anchor.first_seq + 1
    at = seal.seq - anchor.first_seq
    if not 0 <= at < size:
        yield f"seal.seq: the anchor covers seals {anchor.first_seq} to {anchor.last_seq}"
    elif not merkle.proves(seal.hash, at, size, proof.path, anchor.root):
        yield "path: the seal is not under the root of the anchor"
    yield from _signature_faults(anchor, key)


def _signature_faults(anchor: Anchor, key: Ed25519PublicKey | None) -> Iterator[str]:
    if key is not None and anchor.public_key not in (b"", key.public_bytes_raw()):
        yield "anchor.public_key: the anchor names another key than the one given"
    if key is None and not anchor.public_key:
        yield "anchor.public_key: the anchor names no key; give the hospital's with --key"
        return
    signer = key or _key(anchor.public_key)
    if signer is None:
        yield "anchor.public_key: this is no Ed25519 key"
    elif not anchor.is_signed_by(signer):
        yield "anchor.signature: the root is not signed by this key"


def _key(raw: bytes) -> Ed25519PublicKey | None:
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        return None


def _hash(written: Any, field: str) -> bytes:
    try:
        read = bytes.fromhex(written)
    except (TypeError, ValueError):
        raise WrongProof(f"{field}: 64 hex digits are expected") from None
    if len(read) != _HASH_BYTES or read.hex() != written:
        raise WrongProof(f"{field}: 64 small hex digits are expected")
    return read


def whole(told: Any, field: str) -> int:
    """Read a whole number of a proof. Raises WrongProof."""
    number = told[field]
    if type(number) is not int:
        raise WrongProof(f"{field}: a whole number is expected")
    return number
