"""Reads XML1 to XML3 of a visit into rows, by the names of their fields and never by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from lxml import etree

from payments.claims.documents import TABLE_MAX_BYTES, unpack
from payments.claims.fields import is_number, registry
from payments.claims.findings import Finding
from payments.claims.usual import is_usual, usual_rows
from payments.foreign_xml import TAGS_MAX, Unreadable, root_of
from payments.insurance.coverage.model import ZERO

LINES_MAX: Final = 20_000
#: Root, list and row of each table that holds money; XML1 is one row.
SHAPES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "XML1": ("TONG_HOP", "", ""),
        "XML2": ("CHITIEU_CHITIET_THUOC", "DSACH_CHI_TIET_THUOC", "CHI_TIET_THUOC"),
        "XML3": ("CHITIEU_CHITIET_DVKT_VTYT", "DSACH_CHI_TIET_DVKT", "CHI_TIET_DVKT"),
    }
)
MONEY_TABLES: Final = tuple(SHAPES)


@dataclass(frozen=True, slots=True)
class Record:
    """One row: field → text, trimmed."""

    table: str
    values: Mapping[str, str]

    def __getitem__(self, field: str) -> str:
        return self.values.get(field, "")

    def amount(self, field: str) -> Decimal:
        """Read an amount of a row that was found in order; an empty one is 0."""
        text = self.values.get(field)
        return Decimal(text) if text else ZERO

    def finding(self, code: str, field: str, **what: str) -> Finding:
        stt = "" if self.table == "XML1" else self["STT"][:20]
        return Finding(code, self.table, self["MA_LK"][:100], stt, field, **what)


def read_table(table: str, content: str) -> tuple[list[Record], list[Finding]]:
    """Read the packed *content* of *table*: its rows, and all that is wrong with them."""
    try:
        document = unpack(content)
        plain = _plain(table, document)
        if plain is not None:
            return plain, list(_twice(plain))
        root = root_of(document, most=TABLE_MAX_BYTES)
    except Unreadable as refusal:
        return [], [Finding(refusal.code, table)]
    expected, listed, row = SHAPES[table]
    if root.tag != expected:
        return [], [Finding("XML_MALFORMED", table, field=expected, found=str(root.tag)[:40])]
    if not listed:
        elements = [root]
    else:
        lists = root.findall(listed)
        # Rows of a second list would be claimed and never seen here.
        if len(lists) != 1:
            return [], [Finding("XML_MALFORMED", table, field=listed, found=str(len(lists)))]
        elements = lists[0].findall(row)
    if len(elements) > LINES_MAX:
        return [], [Finding("LIMIT_EXCEEDED", table, found=str(len(elements)))]
    findings: list[Finding] = []
    records = [_record(table, element, findings) for element in elements]
    findings += [one for record in records for one in _of_record(record)]
    return records, findings + list(_twice(records))


def _plain(table: str, document: bytes) -> list[Record] | None:
    """Read a document in which nothing is odd without a parser; None leaves it to the parser."""
    if len(document) > TABLE_MAX_BYTES:
        return None
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if text.count("<") > TAGS_MAX:
        return None
    rows = usual_rows(table, SHAPES[table], text, LINES_MAX)
    return None if rows is None else [Record(table, row) for row in rows]


def _record(table: str, element: etree._Element, findings: list[Finding]) -> Record:
    """Take the cells of a row; one that is there twice or holds others is no cell."""
    values: dict[str, str] = {}
    record = Record(table, values)
    for cell in element:
        # Comments and instructions are not read: a tag is a text.
        name = cell.tag
        if name in values or len(cell):
            findings.append(record.finding("XML_MALFORMED", name[:40]))
        text = cell.text
        values[name] = text.strip() if text else ""
    return record


def missing(found: Mapping[str, str], records: Mapping[str, list[Record]]) -> Iterator[Finding]:
    """Name tables that should be there: XML1 always, the others where money says so."""
    if "XML1" not in found:
        yield Finding("TABLE_MISSING", "XML1")
        return
    if not records["XML1"]:
        return
    [summary] = records["XML1"]
    drugs, whole = (_amount(summary, field) for field in ("T_THUOC", "T_TONGCHI_BV"))
    ma_lk = summary["MA_LK"][:100]
    if "XML2" not in found and drugs > 0:
        yield Finding("TABLE_MISSING", "XML2", ma_lk)
    if "XML3" not in found and whole > drugs:
        yield Finding("TABLE_MISSING", "XML3", ma_lk)


def _amount(summary: Record, field: str) -> Decimal:
    """Read a total to compare it; one that is no number has a finding of its own."""
    value = summary[field]
    return Decimal(value) if is_number(value) else ZERO


def _of_record(record: Record) -> Iterator[Finding]:
    values = record.values
    if is_usual(record.table, values):
        return
    for name, field in registry()[record.table].items():
        value = values.get(name)
        if not value:
            if value is None or field.is_needed:
                yield record.finding("FIELD_MISSING", name)
            continue
        for wrong in field.wrong(value):
            # Texts are names and illnesses: a report says where they stand and not what.
            is_private = field.form == "text" and not field.values
            shown = f"({len(value)})" if is_private else value[:40]
            yield record.finding(wrong, name, declared=shown)


def _twice(records: list[Record]) -> Iterator[Finding]:
    seen: set[str] = set()
    for record in records:
        stt = record["STT"]
        # 1 and 01 are one number; a missing one has been said.
        number = stt.lstrip("0") if stt.isdecimal() else stt
        if stt and number in seen:
            yield record.finding("STT_DUPLICATE", "STT", declared=stt[:20])
        seen.add(number)
