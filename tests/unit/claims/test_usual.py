"""Rows in which nothing is odd: what the expression of a table lets through is never wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.claims.fields import Field, registry
from payments.claims.usual import is_usual

TEXTS = st.one_of(
    st.text("0123456789.-;KX ", max_size=16),
    st.dates().map(lambda day: f"{day:%Y%m%d}"),
    st.datetimes().map(lambda when: f"{when:%Y%m%d%H%M}"),
    st.sampled_from(["", "0", "100", "101", "33.3", "20260229", "202609312400", "\x1f"]),
)
USUAL = {"text": "1", "number": "1", "birth": "199001010000"}


def usual(field: Field) -> str:
    if field.values:
        return min(field.values)
    is_time = field.form == "time"
    return USUAL.get(field.form, "202609071430" if is_time else "20260907")


def row(table: str) -> dict[str, str]:
    return {name: usual(field) for name, field in registry()[table].items()}


@pytest.mark.parametrize("table", ["XML1", "XML2", "XML3"])
def test_a_plain_row_is_usual_and_one_without_a_field_is_not(table: str) -> None:
    plain = row(table)

    assert is_usual(table, plain)
    for name in plain:
        assert not is_usual(table, {key: plain[key] for key in plain if key != name}), name


@given(
    st.sampled_from([(table, name) for table in ("XML1", "XML2", "XML3") for name in row(table)]),
    TEXTS,
)
def test_what_is_usual_is_never_wrong(place: tuple[str, str], text: str) -> None:
    table, name = place
    field = registry()[table][name]

    if is_usual(table, row(table) | {name: text}):
        assert not field.wrong(text) if text else not field.is_needed


@pytest.mark.parametrize("table", ["XML1", "XML2", "XML3"])
def test_no_field_may_be_too_long_or_hold_a_foreign_text(table: str) -> None:
    for name, field in registry()[table].items():
        if field.letters_max is not None:
            assert not is_usual(table, row(table) | {name: "1" * (field.letters_max + 1)}), name
        if field.form != "text" or field.values:
            assert not is_usual(table, row(table) | {name: "abc"}), name
        if field.is_needed:
            assert not is_usual(table, row(table) | {name: ""}), name
