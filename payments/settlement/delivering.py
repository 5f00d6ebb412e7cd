"""
Files go to the insurer's portal: asked for on a screen, sent by the worker, told by its code.

    asked ─worker─▶ 200 ─────────▶ its claims are sent (P28) and have the portal's number
                 ├─ other code ──▶ told in words; the file is mended and brought as a replacement
                 ├─ nothing left ▶ waits, twice as long each time; given up after five times
                 └─ no answer ───▶ it may have come: a person looks there, then sends it again
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, select

from payments import audit
from payments.claims import sending as portal
from payments.claims.findings import Verdict
from payments.external.portal import NoAnswer, Silence, Standard
from payments.kernel.errors import Conflict, VienphiError
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.settlement import errands, sending
from payments.settlement.model import NoClaimFile
from payments.settlement.rows import CLAIM, CLAIM_FILE, CLAIM_VERSION
from payments.settlement.status import State
from payments.settlement.taking_in import original
from payments.storage.unit_of_work import UnitOfWork

_log = structlog.get_logger("settlement")


class FileRefused(Conflict):
    """Our own check has refused the file: the portal would, too."""

    code = "claim-file-refused"


def ask(runtime: Runtime, scope: Scope, file: UUID, *, is_again: bool = False) -> None:
    """
    Let *file* be sent; returns at once. *is_again*: although it was sent before and not answered.

    Raises:
        NoPortal: this hospital has no account there.
        NoClaimFile: there is no such file.
        FileRefused: its check found what the portal refuses.
        DossierSent, DossierUnanswered: the portal has it, or may have it.
    """
    if runtime.portals.of(scope.facility) is None:
        raise portal.NoPortal()

    def work(tx: UnitOfWork) -> None:
        row = _file(tx, file)
        if row.verdict == Verdict.REJECT.value:
            raise FileRefused()
        portal.refuse_a_second(tx, row.sha256, is_again=is_again)
        if errands.put(tx, file, is_again=is_again):
            audit.append(tx, "claim_file.sending_asked", f"claim_file:{file}")

    runtime.database.run(scope, work)


def look(runtime: Runtime, scope: Scope) -> int:
    """Send what is due, one file after the other; returns how many were taken."""
    with runtime.database.reading(scope) as tx:
        due = errands.due(tx)
    for errand in due:
        claimed = runtime.database.run(scope, partial(errands.claim, errand=errand))
        if claimed is not None:
            _deliver(runtime, scope, claimed)
    return len(due)


def _deliver(runtime: Runtime, scope: Scope, errand: Row[Any]) -> None:
    try:
        problem = _sent(runtime, scope, errand)
    except NoAnswer as failure:
        if failure.silence is Silence.NOT_SENT and errand.attempts < errands.ATTEMPTS_MAX:
            runtime.database.run(scope, partial(errands.put_off, errand=errand))
            return
        problem = failure.silence.value
    except VienphiError as error:
        _log.error("claim_file.not_sent", facility=scope.facility, error=error.code)
        problem = error.code
    runtime.database.run(scope, partial(errands.end, errand=errand, problem=problem))


def _sent(runtime: Runtime, scope: Scope, errand: Row[Any]) -> str:
    """Send the bytes as they came; returns what stands in the way of booking its claims as sent."""
    with runtime.database.reading(scope) as tx:
        content = original(tx, runtime.keys, errand.file_id)
    if content is None:
        raise NoClaimFile()
    dossier = portal.Dossier(content, Standard.QD3176)
    try:
        told = portal.send(runtime, scope, dossier, is_again=errand.is_again)
    except portal.DossierSent as known:
        # The worker stopped between the answer and the claims.
        return _book(runtime, scope, errand.file_id, str(known.extras["number"]))
    if told.code != portal.TAKEN:
        return ""
    return _book(runtime, scope, errand.file_id, told.transaction)


def _book(runtime: Runtime, scope: Scope, file: UUID, number: str) -> str:
    """Book every claim whose current version is in *file* as sent, under the portal's number."""
    problem = ""
    with runtime.database.reading(scope) as tx:
        claims = tx.execute(
            select(CLAIM.c.id, CLAIM.c.state)
            .join(
                CLAIM_VERSION,
                (CLAIM_VERSION.c.facility_id == CLAIM.c.facility_id)
                & (CLAIM_VERSION.c.claim_id == CLAIM.c.id)
                & (CLAIM_VERSION.c.version == CLAIM.c.version),
            )
            .where(
                CLAIM.c.facility_id == tx.facility,
                CLAIM_VERSION.c.file_id == file,
                CLAIM.c.state.in_((State.VALIDATED.value, State.SENT.value)),
            )
            .order_by(CLAIM.c.id)
        ).all()
    for claim in claims:
        try:
            if claim.state == State.VALIDATED.value:
                sending.send(runtime, scope, claim.id)
            if number:
                sending.number(runtime, scope, claim.id, number)
        except VienphiError as error:
            # The portal has it; what stands in the way of the books is told and goes to a person.
            _log.error("claim.not_booked", facility=scope.facility, error=error.code)
            problem = error.code
    return problem


def _file(tx: UnitOfWork, file: UUID) -> Row[Any]:
    row = tx.execute(
        select(CLAIM_FILE.c.sha256, CLAIM_FILE.c.verdict).where(
            CLAIM_FILE.c.facility_id == tx.facility, CLAIM_FILE.c.id == file
        )
    ).first()
    if row is None:
        raise NoClaimFile()
    return row
