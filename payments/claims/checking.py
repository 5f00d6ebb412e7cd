"""
Checks a dossier file: opened, read, held against its own figures, computed again.

Everything that is wrong is collected, not only the first; a table that cannot be read does not
stop the others. Nothing is repaired: the bytes are the evidence, and their hash names them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from payments.claims import comparing
from payments.claims.envelope import Dossier, open_envelope
from payments.claims.fields import time_of
from payments.claims.findings import Finding, Verdict, verdict
from payments.claims.recomputing import ReadLine, bill_of, cards_of, read_line
from payments.claims.tables import MONEY_TABLES, Record, missing, read_table
from payments.insurance.coverage import Card, Coverage, Rules, cover
from payments.insurance.coverage import card_numbers as numbers
from payments.insurance.coverage.refusals import (
    CategoryVisitTypeMismatch,
    CodeUnknown,
    OtherSourceNotBelowCost,
)


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
    clean = {id(summary) for (summary, _), found in read if not any(one.rejects for one in found)}
    for summary, _ in ordered:
        if id(summary) in clean:
            findings += _codes(summary, rules)
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
        if not findings:
            findings += [one for row in rows for one in comparing.of_support(row)]
    return (summary, rows), findings


def _in_order(rows: Sequence[Record]) -> list[Record]:
    """Order rows by STT; one that is no number keeps its place at the end."""
    return sorted(rows, key=lambda row: int(row["STT"]) if row["STT"].isdecimal() else 10**10)


def _codes(summary: Record, rules: Rules) -> Iterator[Finding]:
    """Look the codes up that are valid by day: visit type, category, benefit digit."""
    came = time_of(summary["NGAY_VAO"])
    if came is None:
        return
    day = came.date()
    kind = rules.visit_types.get(summary["MA_LOAI_KCB"], day)
    category = summary["MA_DOITUONG_KCB"]
    if kind is None:
        yield summary.finding("CODE_UNKNOWN", "MA_LOAI_KCB", declared=summary["MA_LOAI_KCB"])
    if not any(rules.routes.get((category, stay), day) for stay in (True, False)):
        yield summary.finding("CODE_UNKNOWN", "MA_DOITUONG_KCB", declared=category)
    elif kind is not None and rules.routes.get((category, kind.is_inpatient), day) is None:
        yield summary.finding(
            "CATEGORY_VISIT_TYPE_MISMATCH", "MA_DOITUONG_KCB", declared=category, found=kind.code
        )
    for text in summary["MA_THE_BHYT"].split(";") if summary["MA_THE_BHYT"] else ():
        is_card = isinstance(numbers.parse(f"{text[:2]}1{text[3:]}"), numbers.CardNumber)
        if is_card and text[2] not in "12345":
            yield summary.finding("CODE_UNKNOWN", "MA_THE_BHYT", declared=text[2:3])


def _compared(
    summary: Record, rows: tuple[Record, ...], rules: Rules
) -> tuple[CheckedVisit, list[Finding]]:
    findings: list[Finding] = []
    cards = cards_of(summary)
    if cards is None:
        findings.append(summary.finding("CARD_NOT_VALID", "MA_THE_BHYT"))
    read = [read_line(row) for row in rows]
    result = _computed(summary, read, cards or [], rules, findings)
    lines = result.lines if result is not None else (None,) * len(rows)
    findings += comparing.of_totals(summary, rows)
    for one, covered in zip(read, lines, strict=True):
        findings += comparing.of_line(one, covered)
        # Without cards no level is known; that has been said.
        if covered is not None and cards is not None:
            findings += comparing.of_levels(one.record, covered)
    if result is not None and cards is not None:
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
    except (CategoryVisitTypeMismatch, OtherSourceNotBelowCost) as refusal:
        findings.append(summary.finding(refusal.wire, "MA_DOITUONG_KCB"))
    except CodeUnknown:
        # A category that follows another case: its factor stands in no field of the file.
        return None
    return None
