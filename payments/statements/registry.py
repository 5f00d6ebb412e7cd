"""The table of files that finance takes out, and of the forms that each comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import InvalidField
from payments.keys import Keys
from payments.statements.files import layouts
from payments.statements.files.collection import COLLECTION
from payments.statements.files.deposits import DEPOSITS
from payments.statements.files.indicators import INDICATORS
from payments.statements.files.insurer import INSURER
from payments.statements.files.pairs import RECONCILIATION
from payments.statements.files.refund_register import REFUNDS
from payments.statements.files.vouchers import VOUCHERS
from payments.statements.files.waiting import EXCEPTIONS
from payments.statements.model import Statement
from payments.statements.writers.comma import CsvFile
from payments.statements.writers.heading import Heading, Sink, Writer
from payments.statements.writers.paper import PdfFile
from payments.statements.writers.signed import JsonFile
from payments.statements.writers.workbook import XlsxFile

STATEMENTS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        one.name: one
        for one in (
            COLLECTION,
            RECONCILIATION,
            EXCEPTIONS,
            DEPOSITS,
            INSURER,
            REFUNDS,
            VOUCHERS,
            INDICATORS,
        )
    }
)


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a file; *ending* is that of its name."""

    name: str
    ending: str
    content_type: str
    writer: Callable[[Heading, Sink, Keys], Writer]


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        one.name: one
        for one in (
            Form(
                "xlsx",
                "xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                lambda heading, sink, _: XlsxFile(heading, sink),
            ),
            Form("csv", "csv", "text/csv; charset=utf-8", lambda h, sink, _: CsvFile(h, sink)),
            #: Without the mark, which some programs take for a part of the first title.
            Form(
                "csv_plain",
                "csv",
                "text/csv; charset=utf-8",
                lambda heading, sink, _: CsvFile(heading, sink, has_mark=False),
            ),
            Form("pdf", "pdf", "application/pdf", lambda heading, sink, _: PdfFile(heading, sink)),
            Form("json", "json", "application/json", JsonFile),
        )
    }
)


def statement(name: str, on: date) -> Statement:
    """
    Find a file by its name; layouts of other programs are those of the day *on*.

    Raises:
        InvalidField: there is none, or none on that day.
    """
    found = STATEMENTS.get(name) or layouts.shipped(on).get(name)
    if found is None:
        raise InvalidField("file", "statement_file")
    return found


def offered(on: date) -> tuple[str, ...]:
    """List the files that can be asked for on *on*, those in another program's layout last."""
    return (*STATEMENTS, *layouts.shipped(on))


def form(name: str) -> Form:
    """Find a form by its name. Raises InvalidField."""
    if name not in FORMS:
        raise InvalidField("form", "statement_form")
    return FORMS[name]
