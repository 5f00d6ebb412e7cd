"""
Checks a dossier file: opened, read, held against its own figures, computed again.

Everything that is wrong is collected, not only the first; a table that cannot be read does not
stop the others. Nothing is repaired: the bytes are the evidence, and their hash names them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from payments.claims import comparing
from payments.claims.envelope import Dossier, open_envelope
from payments.claims.fields import time_of
from payments.claims.findings import Finding, Verdict, verdict
from payments.claims.recomputing import ReadLine, bill_of, capped, cards_of, read_line
from payments.claims.tables import MONEY_TABLES, Record, missing, read_table
from payments.insurance.coverage import Card, Coverage, Rules, cover
from payments.insurance.coverage import card_numbers as numbers
from payments.insurance.coverage.refusals import (
    CategoryVisitTypeMismatch,
    CodeUnknown,
    OtherSourceNotBelowCost,
)
from payments.insurance.coverage.rows_of_law import VisitType
from payments.kernel.money import Money

#: Longer ones are refused, and would take long to read.
_STT_LETTERS: Final = 10


@dataclass(frozen=True, slots=True)
class CheckedVisit:
    """One visit: what it declares, and what it comes to; None where that cannot be said."""

    ma_lk: str
    summary: Record
    rows: tuple[Record, ...]
    result: Coverage | None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file; *sha256* is that of its bytes as they came."""

    sha256: str
    facility: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    visits: tuple[CheckedVisit, ...]


def check(content: bytes, rules: Rules, *, known: frozenset[str] = frozenset()) -> Report:
    """Check one file; *known* are the visits (MA_LK) that other files have brought."""
    digest = hashlib.sha256(content).hexdigest()
    envelope, findings = open_envelope(content)
    if envelope is None:
        return Report(digest, "", verdict(findings), tuple(findings), ())
    seen = set(known)
    read = [_read(dossier, seen) for dossier in envelope.dossiers]
    findings += [one for _, found in read for one in found]
    ordered = [(summary, rows) for (summary, rows), _ in read if summary is not None]
    visits = [CheckedVisit(summary["MA_LK"], summary, rows, None) for summary, rows in ordered]
    for summary, rows in ordered:
        findings += _codes(summary, rows, rules)
    if not any(one.rejects for one in findings):
        visits = []
        for summary, rows in ordered:
            visit, found = _compared(summary, rows, rules)
            visits.append(visit)
            findings += found
    return Report(digest, envelope.facility, verdict(findings), tuple(findings), tuple(visits))


def _read(
    dossier: Dossier, seen: set[str]
) -> tuple[tuple[Record | None, tuple[Record, ...]], list[Finding]]:
    """Read the tables of a visit that hold money; the others are not opened."""
    records: dict[str, list[Record]] = {table: [] for table in MONEY_TABLES}
    findings: list[Finding] = []
    for table in MONEY_TABLES:
        if table in dossier.tables:
            records[table], found = read_table(table, dossier.tables[table])
            findings += found
    findings += missing(dossier.tables, records)
    summary = records["XML1"][0] if records["XML1"] else None
    rows = (*_in_order(records["XML2"]), *_in_order(records["XML3"]))
    if summary is not None:
        name = summary["MA_LK"]
        if name and name in seen:
            findings.append(summary.finding("MA_LK_DUPLICATE", "MA_LK", declared=name[:100]))
        seen.add(name)
        findings += [
            row.finding("MA_LK_ORPHAN", "MA_LK", declared=row["MA_LK"][:100], expected=name[:100])
            for row in rows
            if row["MA_LK"] != name
        ]
    findings += [one for row in rows for one in comparing.of_support(row)]
    return (summary, rows), findings


def _in_order(rows: Sequence[Record]) -> list[Record]:
    """Order rows by STT; one that is no number of ten digits keeps its place at the end."""

    def place(row: Record) -> int:
        stt = row["STT"]
        return int(stt) if len(stt) <= _STT_LETTERS and stt.isdecimal() else 10**_STT_LETTERS

    return sorted(rows, key=place)


def _codes(summary: Record, rows: Sequence[Record], rules: Rules) -> Iterator[Finding]:
    """
    Look the codes up that are valid by day: visit type, category, benefit digit.

    Missing ones have a finding of their own.
    """
    came = time_of(summary["NGAY_VAO"])
    if came is None:
        return
    day = came.date()
    visit_type, category = summary["MA_LOAI_KCB"], summary["MA_DOITUONG_KCB"]
    kind = rules.visit_types.get(visit_type, day)
    if kind is None and visit_type:
        yield summary.finding("CODE_UNKNOWN", "MA_LOAI_KCB", declared=visit_type[:40])
    if category:
        yield from _category(summary, rows, rules, kind, day)
    for text in summary["MA_THE_BHYT"].split(";") if summary["MA_THE_BHYT"] else ():
        is_card = isinstance(numbers.parse(f"{text[:2]}1{text[3:]}"), numbers.CardNumber)
        if is_card and text[2] not in "12345":
            yield summary.finding("CODE_UNKNOWN", "MA_THE_BHYT", declared=text[2:3])


def _category(
    summary: Record, rows: Sequence[Record], rules: Rules, kind: VisitType | None, day: date
) -> Iterator[Finding]:
    field, category = "MA_DOITUONG_KCB", summary["MA_DOITUONG_KCB"]
    routes = [rules.routes.get((category, stay), day) for stay in (True, False)]
    known = [one for one in routes if one is not None]
    # 8 withdraws a request for payment: it carries no cost, and no factor says who would pay one.
    if not known or (rows and all(one.kind == "none" for one in known)):
        yield summary.finding("CODE_UNKNOWN", field, declared=category[:40])
    elif kind is not None and routes[0 if kind.is_inpatient else 1] is None:
        yield summary.finding(
            "CATEGORY_VISIT_TYPE_MISMATCH", field, declared=category, found=kind.code
        )


def against_ledger(report: Report, collected: Mapping[str, Money]) -> Report:
    """
    Hold *report* against what was collected of its visits (MA_LK); a refused file stays as it is.

    Visits that the ledger does not know are not compared: they were billed elsewhere.
    """
    if report.verdict is Verdict.REJECT:
        return report
    more = [
        one
        for visit in report.visits
        if visit.ma_lk in collected
        for one in comparing.of_collection(visit.summary, collected[visit.ma_lk])
    ]
    found = (*report.findings, *more)
    return replace(report, findings=found, verdict=verdict(found))


def _compared(
    summary: Record, rows: tuple[Record, ...], rules: Rules
) -> tuple[CheckedVisit, list[Finding]]:
    findings: list[Finding] = []
    cards = cards_of(summary)
    given = summary["MA_THE_BHYT"].split(";") if summary["MA_THE_BHYT"] else []
    if cards is None or len(cards) < len(given):
        findings.append(summary.finding("CARD_NOT_VALID", "MA_THE_BHYT"))
    read = [read_line(row) for row in rows]
    result = _computed(summary, read, cards or [], rules, findings)
    # With lists that do not pair nothing is known of levels; that has been said.
    is_known = result is not None and cards is not None
    lines = result.lines if result is not None and is_known else (None,) * len(rows)
    left = capped(summary, read, rules)
    findings += comparing.of_totals(summary, read)
    for one, covered, rest in zip(read, lines, left, strict=True):
        findings += comparing.of_line(one, covered, rest)
        if covered is not None:
            findings += comparing.of_levels(one, covered)
    if result is not None and is_known:
        findings += comparing.of_payment(summary, result)
    return CheckedVisit(summary["MA_LK"], summary, rows, result), findings


def _computed(
    summary: Record,
    read: list[ReadLine],
    cards: list[Card],
    rules: Rules,
    findings: list[Finding],
) -> Coverage | None:
    try:
        return cover(bill_of(summary, read, cards), rules)
    except CategoryVisitTypeMismatch as refusal:
        findings.append(summary.finding(refusal.wire, "MA_DOITUONG_KCB"))
    except (CodeUnknown, OtherSourceNotBelowCost):
        # A category that follows another case: its factor stands in no field of the file. Or
        # prices that come to less than the support, where the declared cost does not: the line
        # has a finding about its formula or its sources.
        return None
    return None
