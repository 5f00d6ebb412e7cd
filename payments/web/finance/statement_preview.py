"""Puts the page of a statement together that is looked at before it is taken in."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import fields
from typing import Final

from payments.bank.statement_map import ColumnMap
from payments.bank.statement_preview import Preview, Proof
from payments.bank.statement_text import SIZE_MAX_BYTES
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.reconciliation.importing import look_at
from payments.web.chips import Chip
from payments.web.current import explain_problem, runtime, scope, words
from payments.web.finance.statement_pages import Cell, SampleRow, StatementPage
from payments.words.formats import local_date, local_time, vnd

#: A form carries a megabyte of fields at most; statements of 20,000 lines stay below this.
_CARRIED_MAX: Final = 700_000
#: A cell is looked at, not read to its end.
_CELL_SHOWN_MAX: Final = 120
MAP_FIELDS: Final = tuple(one.name for one in fields(ColumnMap) if one.name != "newest_first")


def pack(content: bytes) -> str:
    """Write a file as a field of a form; empty where it is too large for one."""
    packed = base64.b64encode(zlib.compress(content)).decode("ascii")
    return packed if len(packed) <= _CARRIED_MAX else ""


def unpack(field: str) -> bytes:
    """Read what ``pack`` wrote. Raises InvalidField where somebody changed it."""
    packed = zlib.decompressobj()
    try:
        content = packed.decompress(base64.b64decode(field, validate=True), SIZE_MAX_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise InvalidField("file", "statement_carried") from error
    if packed.unconsumed_tail or not packed.eof:
        raise InvalidField("file", "statement_carried")
    return content


def statement_page(
    day: HospitalDay,
    account: str,
    content: bytes,
    columns: ColumnMap | None = None,
    failure: str = "",
) -> StatementPage:
    """Show *content*, by the map *columns* that is being tried, or by the saved one."""
    shown, before = look_at(runtime(), scope(), account, content, columns)
    tried = columns or shown.columns
    values = [(name, getattr(tried, name, "")) for name in MAP_FIELDS]
    is_table = shown.form.has_columns
    return StatementPage(
        day=day,
        account=account,
        told=_told(day, shown, before, failure),
        titles=_titles(shown),
        rows=_rows(shown),
        line_count=shown.line_count,
        problems=tuple((one.line, explain_problem(one)) for one in shown.problems),
        proof=shown.proof,
        proof_chip=None if shown.proof is None else _proof(shown.proof),
        may_take=shown.statement is not None and not failure,
        carried=pack(content),
        fields=values if is_table else (),
        newest_first=tried is not None and tried.newest_first,
        is_map_wanted=is_table and (not shown.titles or bool(failure)),
    )


def _told(day: HospitalDay, shown: Preview, before: int, failure: str) -> list[tuple[Chip, str]]:
    told: list[tuple[Chip, str]] = []
    if failure:
        told.append((Chip("bad", "stop", failure), ""))
    if shown.statement is not None:
        more = words("preview.before", n=before) if before else ""
        told.append((Chip("ok", "check", words("preview.ready", n=shown.line_count)), more))
    elif shown.problems:
        told.append((Chip("bad", "stop", words("finance.refused")), words("finance.refused.more")))
    else:
        told.append((Chip("odd", "ask", words("preview.no_map")), words("preview.no_map.more")))
    first, last = shown.first_day, shown.last_day
    if first is not None and last is not None and not first <= day <= last:
        days = {"first": local_date(first.starts_at), "last": local_date(last.starts_at)}
        text = words("preview.period", day=local_date(day.starts_at), **days)
        told.append((Chip("warn", "late", text), words("preview.period.more")))
    if shown.outside:
        text = words("preview.outside", n=shown.outside)
        told.append((Chip("warn", "late", text), words("preview.outside.more")))
    return told


def _proof(proof: Proof) -> Chip:
    if proof.is_proven:
        return Chip("ok", "check", words("preview.proof.fits"))
    if proof.expected is None or proof.closing is None:
        return Chip("warn", "ask", words("preview.proof.untold"))
    difference = vnd(abs(proof.closing - proof.expected))
    return Chip("bad", "stop", words("preview.proof.differs", amount=difference))


def _titles(shown: Preview) -> tuple[str, ...]:
    if shown.lines:
        return tuple(words(f"statement.col.{one}") for one in ("at", "amount", "reference", "memo"))
    return shown.titles


def _rows(shown: Preview) -> tuple[SampleRow, ...]:
    if shown.lines:
        return tuple(
            SampleRow(
                line.number,
                [
                    Cell(_short(text))
                    for text in (
                        local_time(line.occurred_at),
                        vnd(line.amount),
                        line.reference,
                        line.memo,
                    )
                ],
            )
            for line in shown.lines
        )
    return tuple(
        SampleRow(
            row.line,
            [
                Cell(_short(text), explain_problem(row.wrong[place]) if place in row.wrong else "")
                for place, text in enumerate(row.cells)
            ],
        )
        for row in shown.rows
    )


def _short(text: str) -> str:
    return text if len(text) <= _CELL_SHOWN_MAX else f"{text[: _CELL_SHOWN_MAX - 1]}…"
