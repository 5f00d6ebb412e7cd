"""
Sends a signed file to the insurer's portal, once, and keeps the number by which it is known there.

    noted as sent ─send─┬─ a code ────────▶ answered (maKetQua, maGiaoDich)
                        ├─ nothing left ──▶ not sent: may be sent again
                        └─ no answer ─────▶ stays "sent": it may have come; a person looks first
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from payments import audit
from payments.claims.rows import DOSSIER_SENDING
from payments.external.portal import NoAnswer, Portal, Silence, Standard, Submitted
from payments.kernel.errors import Conflict, Rejected
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

RAW: Final = "dossier_sending.raw_sealed"
SUBMIT: Final = "submit"
CHECK_IN: Final = "check_in"
TAKEN: Final = "200"


class NoPortal(Rejected):
    """This facility has no account at the portal."""

    code = "no-portal"


class DossierSent(Conflict):
    """The portal has this very file; *number* is its maGiaoDich."""

    code = "dossier-sent"


class DossierUnanswered(Conflict):
    """This very file was sent at *at* and not answered: the portal may have it."""

    code = "dossier-unanswered"


@dataclass(frozen=True, slots=True)
class Dossier:
    """A file and the call that it goes by."""

    content: bytes
    standard: Standard
    call: str = SUBMIT


def send(runtime: Runtime, scope: Scope, dossier: Dossier, *, is_again: bool = False) -> Submitted:
    """
    Send *dossier*; *is_again*: although it was sent before and not answered.

    Raises:
        NoPortal, DossierSent, DossierUnanswered: nothing was sent.
        NoAnswer: it may have come, unless its silence is ``not_sent``.
    """
    portal = runtime.portals.of(scope.facility)
    if portal is None:
        raise NoPortal("set VIENPHI_PORTAL_URL and run `vienphi keys account`")
    made = _note(runtime, scope, dossier, is_again=is_again)
    try:
        told = _ask(portal, dossier)
    except NoAnswer as failure:
        if failure.silence is Silence.NOT_SENT:
            _settle(runtime, scope, made, {"state": "not_sent"})
        raise
    facts = {
        "state": "answered",
        "code": told.code,
        "transaction_no": told.transaction,
        "received_at": told.received_at,
        "raw_hash": hashlib.sha256(told.raw).digest(),
        "raw_sealed": runtime.keys.seal("personal", told.raw.decode("latin-1"), context=RAW),
    }
    _settle(runtime, scope, made, facts)
    return told


def _ask(portal: Portal, dossier: Dossier) -> Submitted:
    verb = portal.check_in if dossier.call == CHECK_IN else portal.submit
    return verb(dossier.content, dossier.standard)


def _note(runtime: Runtime, scope: Scope, dossier: Dossier, *, is_again: bool) -> UUID:
    """Note that it is about to be sent: a crash after this leaves a file that may have come."""
    digest = hashlib.sha256(dossier.content).digest()
    made = new_id()
    with runtime.database.transaction(scope) as tx:
        refuse_a_second(tx, digest, dossier.call, is_again=is_again)
        tx.execute(
            insert(DOSSIER_SENDING),
            {
                "facility_id": tx.facility,
                "id": made,
                "call": dossier.call,
                "standard": dossier.standard.value,
                "file_hash": digest,
                "size": len(dossier.content),
                "state": "sent",
                "code": "",
                "transaction_no": "",
                "received_at": "",
                "sent_at": tx.now(),
                "sent_by": tx.scope.actor,
            },
        )
        audit.append(tx, "dossier.sent", f"dossier_sending:{made}", sha256=digest.hex())
    return made


def refuse_a_second(
    tx: UnitOfWork, digest: bytes, call: str = SUBMIT, *, is_again: bool = False
) -> None:
    """
    Let the file of that SHA-256 be sent only where the portal has not got it.

    Raises:
        DossierSent, DossierUnanswered: as for sending.
    """
    for row in sendings(tx, digest, call):
        if row.state == "answered" and row.code == TAKEN:
            raise DossierSent(number=row.transaction_no)
        if row.state == "sent" and not is_again:
            raise DossierUnanswered(at=row.sent_at.isoformat(timespec="seconds"))


def sendings(tx: UnitOfWork, digest: bytes, call: str = SUBMIT) -> list[Row[Any]]:
    return list(
        tx.execute(
            select(DOSSIER_SENDING)
            .where(
                DOSSIER_SENDING.c.facility_id == tx.facility,
                DOSSIER_SENDING.c.file_hash == digest,
                DOSSIER_SENDING.c.call == call,
            )
            .order_by(DOSSIER_SENDING.c.id)
        )
    )


def _settle(runtime: Runtime, scope: Scope, made: UUID, facts: dict[str, Any]) -> None:
    with runtime.database.transaction(scope) as tx:
        tx.execute(
            update(DOSSIER_SENDING)
            .where(DOSSIER_SENDING.c.facility_id == tx.facility, DOSSIER_SENDING.c.id == made)
            .values(answered_at=tx.now(), **facts)
        )
