"""
Takes dossier files in: the bytes are kept as they came, sealed, with their hash and what was found.

    file ─check─▶ refused: kept, no claim        ─▶ one version of each of its visits, and 1400

One file is one commit. The same file again changes nothing. A visit that was brought before is a
finding (MA_LK_DUPLICATE), unless the file is sent as a replacement, with a reason.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.claims.checking import CheckedVisit, Report, against_ledger, check
from payments.claims.collecting import collected
from payments.claims.findings import Finding, Verdict
from payments.insurance.coverage import Rules
from payments.invoicing.service import checked_reason
from payments.kernel.errors import Rejected
from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.runtime import Runtime
from payments.settlement import repository
from payments.settlement.rows import CLAIM_FILE, CLAIM_VERSION
from payments.settlement.versions import Source, add_claims, hold, replace_claims
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_CONTENT: Final = "claim_file.content_sealed"
_FINDINGS: Final = "claim_file.findings_sealed"


class Purpose(StrEnum):
    NEW = "new"
    REPLACEMENT = "replacement"


class ForeignDossier(Rejected):
    """The file is another hospital's: MACSKCB is not ours."""

    code = "foreign-dossier"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file; *claims* is the number of visits of which it is a version."""

    file: UUID
    verdict: Verdict
    findings: tuple[Finding, ...]
    claims: int
    is_new: bool


def take_in(
    runtime: Runtime,
    scope: Scope,
    content: bytes,
    rules: Rules,
    *,
    purpose: Purpose = Purpose.NEW,
    reason: str = "",
) -> TakenIn:
    """
    Take one file in; *reason* says why it replaces what was brought before.

    Raises:
        InvalidField: a replacement without a reason.
        ForeignDossier: it is another facility's.
        PeriodReported: a visit is of a month that has been reported.
        IllegalClaimStep: a visit was assessed: it is explained (09/BH), not replaced.
    """
    cleaned = checked_reason(reason) if purpose is Purpose.REPLACEMENT else ""
    report = _checked(runtime, scope, content, rules, purpose)
    if report.facility and report.facility != f"{int(scope.facility):05d}":
        raise ForeignDossier(facility=report.facility[:20])
    sealed = _sealed(runtime.keys, content, report)

    def work(tx: UnitOfWork) -> TakenIn:
        made = new_id()
        told = {
            "id": made,
            "sha256": bytes.fromhex(report.sha256),
            "size_bytes": len(content),
            "verdict": report.verdict.value,
            "rules_version": rules.version,
            "purpose": purpose.value,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        }
        if not insert_new(tx, CLAIM_FILE, told | sealed):
            return _before(tx, runtime.keys, report.sha256, purpose)
        visits = () if report.verdict is Verdict.REJECT else report.visits
        known = repository.of_ma_lk(tx, [visit.ma_lk for visit in visits])
        source, held = Source(made, cleaned), hold(tx, visits, known.values())
        add_claims(tx, source, _some(visits, known, is_known=False), held)
        replace_claims(tx, source, _some(visits, known, is_known=True), held)
        audit.append(
            tx,
            "claim_file.taken_in",
            f"claim_file:{made}",
            sha256=report.sha256,
            verdict=report.verdict.value,
            claims=len(visits),
        )
        return TakenIn(made, report.verdict, report.findings, len(visits), is_new=True)

    return runtime.database.run(scope, work)


def original(tx: UnitOfWork, keys: Keys, file: UUID) -> bytes | None:
    """Give the bytes of a file as they came; None where this facility has none of that id."""
    sealed = tx.execute(
        select(CLAIM_FILE.c.content_sealed).where(
            CLAIM_FILE.c.facility_id == tx.facility, CLAIM_FILE.c.id == file
        )
    ).scalar()
    if sealed is None:
        return None
    return base64.b64decode(keys.open("personal", sealed, context=_CONTENT))


def _checked(
    runtime: Runtime, scope: Scope, content: bytes, rules: Rules, purpose: Purpose
) -> Report:
    report = check(content, rules)
    if report.verdict is Verdict.REJECT:
        return report
    names = [visit.ma_lk for visit in report.visits]
    with runtime.database.reading(scope) as tx:
        paid = collected(tx, names)
        is_first = purpose is Purpose.NEW and _stored(tx, report.sha256, purpose) is None
        known = repository.of_ma_lk(tx, names) if is_first else {}
    if known:
        report = check(content, rules, known=frozenset(known))
    return against_ledger(report, paid)


def _some(
    visits: tuple[CheckedVisit, ...], known: dict[str, UUID], *, is_known: bool
) -> list[CheckedVisit]:
    return [visit for visit in visits if (visit.ma_lk in known) is is_known]


def _sealed(keys: Keys, content: bytes, report: Report) -> dict[str, bytes]:
    told = json.dumps([dataclasses.asdict(one) for one in report.findings], ensure_ascii=False)
    packed = base64.b64encode(content).decode("ascii")
    return {
        "content_sealed": keys.seal("personal", packed, context=_CONTENT),
        "findings_sealed": keys.seal("personal", told, context=_FINDINGS),
    }


def _stored(tx: UnitOfWork, sha256: str, purpose: Purpose) -> Any:
    return tx.execute(
        select(CLAIM_FILE).where(
            CLAIM_FILE.c.facility_id == tx.facility,
            CLAIM_FILE.c.sha256 == bytes.fromhex(sha256),
            CLAIM_FILE.c.purpose == purpose.value,
        )
    ).first()


def _before(tx: UnitOfWork, keys: Keys, sha256: str, purpose: Purpose) -> TakenIn:
    row = _stored(tx, sha256, purpose)
    told = json.loads(keys.open("personal", row.findings_sealed, context=_FINDINGS))
    claims = tx.execute(
        select(CLAIM_VERSION.c.claim_id).where(
            CLAIM_VERSION.c.facility_id == tx.facility, CLAIM_VERSION.c.file_id == row.id
        )
    ).all()
    findings = tuple(Finding(**one) for one in told)
    return TakenIn(row.id, Verdict(row.verdict), findings, len(claims), is_new=False)
