"""
XLSX, row by row into a stream: typed cells, a frozen title row, text that is never a formula.

The format is a handful of XML files in a zip. Writing them ourselves costs a third of the time of
the library that was weighed, and holds one row (docs/adr/0009).
"""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from typing import IO, Final, cast
from xml.sax.saxutils import escape

from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.money import Money
from payments.statements.cells import is_formula
from payments.statements.model import LANGUAGE, Column, Kind, Row, Sums, Value
from payments.statements.writers.heading import Digest, Heading, Sink, Tap, plain, total_title
from payments.words import catalogue

#: Excel's own limit, less the title, a gap and the totals.
ROWS_MAX: Final = 1_048_576 - 3
_CELL_MAX: Final = 32_767
_EPOCH: Final = date(1899, 12, 30)
#: XML 1.0 has no place for these; ``_x0001_`` is how a workbook spells them.
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FAST: Final = 4
_WIDTHS: Final = {
    Kind.DAY: 11, Kind.TIME: 18, Kind.AMOUNT: 15, Kind.COUNT: 9, Kind.CODE: 14,
    Kind.IDENTIFIER: 20, Kind.TEXT: 22,
}  # fmt: skip
#: Numbers of the formats in ``_STYLES``.
_TITLE, _TEXT, _QUOTED, _DAY, _TIME, _AMOUNT, _SUM, _COUNT = range(1, 9)
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="#,##0"/>'
    '<numFmt numFmtId="165" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="166" formatCode="dd/mm/yyyy hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Arial"/></font>'
    '<font><b/><sz val="11"/><name val="Arial"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs>"
    "<xf/>"
    '<xf fontId="1" applyFont="1"/>'
    '<xf numFmtId="49" applyNumberFormat="1"/>'
    '<xf numFmtId="49" applyNumberFormat="1" quotePrefix="1"/>'
    '<xf numFmtId="165" applyNumberFormat="1"/>'
    '<xf numFmtId="166" applyNumberFormat="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="1" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="1" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)
_PARTS: Final = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
    '.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    + "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="application/vnd.openxmlformats-'
        f'officedocument.spreadsheetml.{kind}+xml"/>'
        for name, kind in (
            ("workbook", "sheet.main"), ("styles", "styles"),
            ("worksheets/sheet1", "worksheet"), ("worksheets/sheet2", "worksheet"),
        )
    )
    + "</Types>",
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    f'relationships"><Relationship Id="rId1" Type="{_REL}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/'
    f'package/2006/relationships"><Relationship Id="rId1" Type="{_REL}/worksheet" '
    f'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{_REL}/worksheet" '
    f'Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="{_REL}/styles" '
    'Target="styles.xml"/></Relationships>',
    "xl/styles.xml": _STYLES,
}  # fmt: skip


class XlsxFile:
    def __init__(self, heading: Heading, sink: Sink) -> None:
        self._heading = heading
        self._digest = Digest()
        self._tap = Tap(sink)
        self._zip = zipfile.ZipFile(
            cast("IO[bytes]", self._tap), "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST
        )
        for name, part in _PARTS.items():
            self._zip.writestr(name, _HEAD + part)
        names = (_said("statement.sheet.rows"), _said("statement.sheet.facts"))
        sheets = "".join(
            f'<sheet name="{escape(name)}" sheetId="{at}" r:id="rId{at}"/>'
            for at, name in enumerate(names, start=1)
        )
        self._zip.writestr(
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{sheets}</sheets>'
            "</workbook>",
        )
        self._sheet = self._zip.open("xl/worksheets/sheet1.xml", "w")
        self._written = 0
        self._put(_opening(heading.columns))
        self._line([_words(one.title, _TITLE) for one in heading.columns])

    def row(self, cells: Row) -> None:
        self._digest.add(cells)
        self._line(
            [_cell(value, one) for value, one in zip(cells, self._heading.columns, strict=True)]
        )

    def close(self, sums: Sums) -> None:
        if not self._heading.statement.is_bare:
            # A gap parts the totals from the rows: who filters or sorts does not take them along.
            self._line([])
            cells = [_words(total_title(sums.rows), _TITLE)]
            cells += [
                _sum(place, sums.rows, sums.at(place))
                for place in range(1, len(self._heading.columns))
            ]
            self._line(cells)
        self._put("</sheetData></worksheet>")
        self._sheet.close()
        self._zip.writestr("xl/worksheets/sheet2.xml", self._facts(sums))
        self._zip.close()

    def drop(self) -> None:
        """End both handles into nothing: left open, the zip would write its end when collected."""
        self._tap.is_shut = True
        self._sheet.close()
        self._zip.close()

    def _line(self, cells: list[str]) -> None:
        self._written += 1
        self._put(f'<row r="{self._written}">{"".join(cells)}</row>')

    def _put(self, markup: str) -> None:
        self._sheet.write(markup.encode())

    def _facts(self, sums: Sums) -> str:
        heading = self._heading
        told: list[tuple[str, Value]] = [
            (_said("statement.hospital"), f"{heading.hospital} ({heading.facility})"),
            (_said("statement.title"), heading.title),
            (_said("statement.period"), heading.period),
            (_said("statement.made_by"), heading.made_by),
            (_said("statement.made_at"), heading.made_at),
            (_said("statement.rows"), sums.rows),
            *((heading_of(heading, name), amount) for name, amount in sums.amounts().items()),
            (_said("statement.hash"), self._digest.hex()),
        ]
        if heading.is_trial:
            told.append((_said("banner.sandbox"), ""))
        lines = "".join(
            f"<row>{_words(title, _TITLE)}{_cell(value, _KINDS[type(value)])}</row>"
            for title, value in told
        )
        return (
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><cols><col min="1" max="1" width="24" '
            'customWidth="1"/><col min="2" max="2" width="70" customWidth="1"/></cols>'
            f"<sheetData>{lines}</sheetData></worksheet>"
        )


_KINDS: Final[dict[type, Column]] = {
    str: Column(""), int: Column("", Kind.COUNT), Money: Column("", Kind.AMOUNT),
    datetime: Column("", Kind.TIME),
}  # fmt: skip


def heading_of(heading: Heading, name: str) -> str:
    return next(one.title for one in heading.columns if one.name == name)


def _opening(columns: tuple[Column, ...]) -> str:
    widths = "".join(
        f'<col min="{at}" max="{at}" width="{_WIDTHS[one.kind]}" customWidth="1"/>'
        for at, one in enumerate(columns, start=1)
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{widths}</cols><sheetData>"
    )


def _cell(value: Value, column: Column) -> str:
    match value:
        case None | "":
            return "<c/>"
        case str():
            return _words(value, _QUOTED if is_formula(value) else _TEXT)
        case Money(dong=dong):
            return f'<c s="{_AMOUNT}"><v>{dong}</v></c>'
        case datetime():
            return f'<c s="{_TIME}"><v>{_serial(value):.8f}</v></c>'
        case date():
            return f'<c s="{_DAY}"><v>{(value - _EPOCH).days}</v></c>'
        case _:
            return f'<c s="{_COUNT}"><v>{value}</v></c>'


def _words(text: str, style: int) -> str:
    """A text cell, whatever it begins with: a program that opens it never calculates it."""
    shown = escape(_UNSEEN.sub(_spelt, text[:_CELL_MAX])) if text else ""
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{shown}</t></is></c>'


def _spelt(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _sum(place: int, rows: int, total: Money | None) -> str:
    if total is None:
        return "<c/>"
    name = _letters(place)
    formula = f"SUM({name}2:{name}{rows + 1})" if rows else "0"
    return f'<c s="{_SUM}"><f>{formula}</f><v>{plain(total)}</v></c>'


def _letters(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _serial(moment: datetime) -> float:
    local = moment.astimezone(HOSPITAL_ZONE)
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return (local.date() - _EPOCH).days + seconds / 86_400


def _said(key: str) -> str:
    return catalogue.say(key, LANGUAGE)
