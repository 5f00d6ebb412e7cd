"""Answers cases one line at a time: a result, or a refusal that names the field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO, Final

from payments.insurance.cases import reading, writing
from payments.insurance.cases.bills import bill_of
from payments.insurance.cases.functions import FUNCTIONS
from payments.insurance.cases.reading import Case
from payments.insurance.coverage.covering import cover
from payments.insurance.coverage.refusals import (
    CategoryVisitTypeMismatch,
    CodeUnknown,
    OtherSourceNotBelowCost,
)
from payments.insurance.coverage.rules import Rules
from payments.kernel.errors import InvalidField, Rejected
from payments.words.explaining import sentence

#: What the text of the rules does not name: the line is no case that could be computed.
UNREADABLE: Final = "INPUT_INVALID"
#: A visit of 20,000 lines has some 5 MB.
LINE_MAX_BYTES: Final = 8_000_000
#: The kind of case that is a whole bill.
VISIT: Final = "visit"


def expected(case: Case, rules: Rules) -> object:
    """
    Compute one case.

    Raises:
        Rejected: InvalidField, or one of the refusals of ``coverage``.
    """
    if case.kind == VISIT:
        return writing.coverage(cover(bill_of(case.keys), rules))
    function = FUNCTIONS.get(case.kind)
    if function is None:
        raise CodeUnknown(field="kind", value=case.kind[:40], catalogue="kind")
    if case.keys.get("input") is None:
        raise InvalidField("input", "case_missing")
    return function(case.keys["input"], rules)


def answer(line: bytes, number: int, rules: Rules, language: str) -> dict[str, object]:
    """Answer line *number* of a file, whatever it holds."""
    value: object = None
    try:
        if len(line) > LINE_MAX_BYTES:
            raise InvalidField("case", "file_bytes", most=LINE_MAX_BYTES)
        value = reading.read_case(line)
        case = reading.case_of(value)
        return {"id": case.id, "expected": expected(case, rules)}
    except Rejected as refusal:
        return {
            "id": reading.id_of(value),
            "expected_error": wire(refusal),
            "line": number,
            "field": refusal.extras.get("field", "case"),
            "message": sentence(refusal, language),
        }


def wire(refusal: Rejected) -> str:
    """Name a refusal as claims and case files do."""
    match refusal:
        case CodeUnknown() | CategoryVisitTypeMismatch() | OtherSourceNotBelowCost():
            return refusal.wire
        case _:
            return UNREADABLE


def answers(source: BinaryIO, rules: Rules, language: str) -> Iterator[tuple[bytes, bool]]:
    """
    Answer every line of *source* that is not blank, as one line of JSON each.

    Yields:
        The line with its end, and whether what was asked could be read.
    """
    for number, line in enumerate(_lines(source), start=1):
        if not line.strip():
            continue
        told = answer(line, number, rules, language)
        yield line_of(told), told.get("expected_error") != UNREADABLE


def line_of(told: dict[str, object]) -> bytes:
    """Write an answer as one line of ASCII, which no terminal or pipe can take amiss."""
    return json.dumps(told, separators=(",", ":")).encode("ascii") + b"\n"


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Read lines; of one that is too long only what shows that it is, the rest is passed over."""
    while line := source.readline(LINE_MAX_BYTES + 1):
        yield line
        while len(line) > LINE_MAX_BYTES and not line.endswith(b"\n"):
            line = source.readline(LINE_MAX_BYTES + 1)
