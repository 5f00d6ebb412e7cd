"""Writes a report for programs (one JSON object a file) and for people."""

from __future__ import annotations

from collections.abc import Iterator

from payments.claims.checking import CheckedVisit, Report
from payments.claims.findings import Finding
from payments.claims.tables import MONEY_TABLES
from payments.insurance.cases import writing
from payments.words.catalogue import say

_TOTALS = (
    "T_THUOC", "T_VTYT", "T_TONGCHI_BV", "T_TONGCHI_BH", "T_BNTT", "T_BNCCT", "T_BHTT",
    "T_NGUONKHAC", "T_BHTT_GDV",
)  # fmt: skip


def as_object(name: str, report: Report) -> dict[str, object]:
    """Write verdict, findings and totals; of a file with one visit its figures stand on top."""
    visits = [_visit(visit) for visit in report.visits]
    return {
        "file": name,
        "sha256": report.sha256,
        "facility": report.facility,
        "verdict": report.verdict.value,
        "findings": [_finding(one) for one in report.findings],
        **(visits[0] if len(visits) == 1 else {}),
        "visits": visits,
    }


def as_text(name: str, report: Report, language: str) -> Iterator[str]:
    """Tell a report in lines."""
    verdict = say(f"claims.verdict.{report.verdict.value}", language)
    yield f"{name}: {verdict}"
    for one in report.findings:
        place = " ".join(part for part in (one.ma_lk, one.where, one.stt, one.field) if part)
        facts = {
            "declared": one.declared or "–",
            "expected": one.expected or one.found or "–",
        }
        yield f"  {one.code} · {place} · {say('claims.differs', language, facts)}"
    for visit in report.visits:
        if visit.result is not None:
            facts = {
                "ma_lk": visit.ma_lk,
                "fund": writing.plain(visit.result.totals.fund),
                "declared": visit.summary["T_BHTT"],
                "patient": str(visit.result.patient_pays.dong),
            }
            yield f"  {say('claims.visit', language, facts)}"


def _finding(one: Finding) -> dict[str, object]:
    """Name the place twice: ``table`` for rows, ``where`` for documents and the envelope."""
    told: dict[str, object] = {"code": one.code, "where": one.where}
    if one.where in MONEY_TABLES:
        told["table"] = one.where
    if one.stt:
        told["stt"] = int(one.stt) if one.stt.isascii() and one.stt.isdigit() else one.stt
    more = {"MA_LK": one.ma_lk, "field": one.field, "declared": one.declared}
    more |= {"expected": one.expected, "found": one.found}
    if one.code == "EXPECTED_SHORT_PAYMENT":
        more |= {"declared_T_BHTT": one.declared, "expected_T_BHTT": one.expected}
    return told | {key: value for key, value in more.items() if value}


def _visit(visit: CheckedVisit) -> dict[str, object]:
    told: dict[str, object] = {
        "MA_LK": visit.ma_lk,
        "declared_totals": {field: visit.summary[field] for field in _TOTALS},
    }
    if visit.result is None:
        return told
    result = writing.coverage(visit.result)
    return told | {
        "base_salary": result["base_salary"],
        "below_threshold": result["below_threshold"],
        "route_factor": result["route_factor"],
        "totals": result["totals"],
        "correct_totals": result["totals"],
        "correct_lines": result["lines"],
        "patient_payable_vnd": result["patient_payable_vnd"],
    }
