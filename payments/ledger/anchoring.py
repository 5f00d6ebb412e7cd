"""Makes anchors and finds them again: a signed root over the seals since the last one."""

from __future__ import annotations

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, insert, select

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict
from payments.ledger import loading, merkle
from payments.ledger.anchors import Anchor
from payments.ledger.rows import ANCHOR, SEAL
from payments.storage.unit_of_work import UnitOfWork

_WITH_HEAD: Final = select(ANCHOR, SEAL.c.hash.label("head")).join(
    SEAL, (SEAL.c.facility_id == ANCHOR.c.facility_id) & (SEAL.c.seq == ANCHOR.c.last_seq)
)


class NothingToAnchor(Conflict):
    """No seal has come since the last anchor."""

    code = "nothing-to-anchor"


def make_anchor(tx: UnitOfWork, day: HospitalDay, key: Ed25519PrivateKey) -> Anchor:
    """
    Sign the root over all seals since the last anchor, note it, and return it to be exported.

    Raises:
        NothingToAnchor: there are none.
    """
    before = tx.execute(
        select(func.max(ANCHOR.c.last_seq)).where(ANCHOR.c.facility_id == tx.facility)
    ).scalar()
    first = (before or 0) + 1
    hashes = seal_hashes(tx, first)
    if not hashes:
        raise NothingToAnchor(f"no seal since number {first - 1}")
    exported_at = tx.now()
    unsigned = Anchor(
        facility=tx.facility,
        booked_on=day,
        first_seq=first,
        last_seq=first + len(hashes) - 1,
        root=merkle.root(hashes),
        head=hashes[-1],
        exported_at=loading.moment(exported_at),
    )
    anchor = _signed(unsigned, key)
    tx.execute(
        insert(ANCHOR),
        {
            "facility_id": tx.facility,
            "booked_on": day.date,
            "first_seq": anchor.first_seq,
            "last_seq": anchor.last_seq,
            "merkle_root": anchor.root,
            "signature": anchor.signature,
            "public_key": anchor.public_key,
            "exported_at": exported_at,
        },
    )
    return anchor


def seal_hashes(tx: UnitOfWork, first: int, last: int | None = None) -> list[bytes]:
    """List the hashes of the seals *first* to *last* (to the head when None)."""
    wanted = [SEAL.c.facility_id == tx.facility, SEAL.c.seq >= first]
    if last is not None:
        wanted.append(SEAL.c.seq <= last)
    rows = tx.execute(select(SEAL.c.hash).where(*wanted).order_by(SEAL.c.seq)).scalars()
    return [bytes(row) for row in rows]


def anchor_over(tx: UnitOfWork, seq: int) -> Anchor | None:
    """Find the anchor that covers seal *seq*; None where none was signed since."""
    found = _WITH_HEAD.where(
        ANCHOR.c.facility_id == tx.facility, ANCHOR.c.first_seq <= seq, ANCHOR.c.last_seq >= seq
    )
    row = tx.execute(found).first()
    return None if row is None else _anchor(tx, row)


def anchors_between(tx: UnitOfWork, first: HospitalDay, last: HospitalDay) -> tuple[Anchor, ...]:
    """List the anchors that were signed for the days *first* to *last*, in the order of seals."""
    found = _WITH_HEAD.where(
        ANCHOR.c.facility_id == tx.facility,
        ANCHOR.c.booked_on >= first.date,
        ANCHOR.c.booked_on <= last.date,
    ).order_by(ANCHOR.c.first_seq)
    return tuple(_anchor(tx, row) for row in tx.execute(found))


def _anchor(tx: UnitOfWork, row: Any) -> Anchor:
    return Anchor(
        tx.facility,
        HospitalDay(row.booked_on),
        row.first_seq,
        row.last_seq,
        bytes(row.merkle_root),
        bytes(row.head),
        loading.moment(row.exported_at),
        bytes(row.signature),
        bytes(row.public_key),
    )


def inclusion_proof(tx: UnitOfWork, anchor: Anchor, seq: int) -> tuple[bytes, ...]:
    """Prove that seal *seq* is under *anchor*; checked by ``merkle.proves`` without a database."""
    hashes = seal_hashes(tx, anchor.first_seq, anchor.last_seq)
    return merkle.proof(hashes, seq - anchor.first_seq)


def _signed(anchor: Anchor, key: Ed25519PrivateKey) -> Anchor:
    return Anchor(
        anchor.facility,
        anchor.booked_on,
        anchor.first_seq,
        anchor.last_seq,
        anchor.root,
        anchor.head,
        anchor.exported_at,
        signature=key.sign(anchor.statement),
        public_key=key.public_key().public_bytes_raw(),
    )
