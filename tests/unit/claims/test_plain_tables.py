"""Tables that are read without a parser of XML: what is read is what the parser reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.claims import tables
from payments.claims.tables import LINES_MAX, MONEY_TABLES, SHAPES, read_table
from payments.claims.usual import usual_rows
from tests.support.dossiers import SAMPLES, drop_field, packed, sample

NAMES = sorted(file.name.split("-")[0] for file in SAMPLES.glob("s*.xml"))
TABLES = [
    (kind, text) for name in NAMES for kind, text in sample(name).items() if kind in MONEY_TABLES
]
ODD = st.sampled_from(
    [
        *("&", "&amp;", "&#13;", "<", ">", "]]>", "<!-- -->", "<?x?>", "<![CDATA[1]]>", "<A/>"),
        *(" ", "\n", "\r\n", "\u00a0", "\u2028", "\x00", "\x0b", "\x1f", "\x7f", "\x85", "\ufeff"),
        *("\ufffe", "\uffff", "\U0001fffe", "-", "0", ".", ' a="1"', "<STT>1</STT>"),
        *("<!DOCTYPE a>", "<TONG_HOP>", "</CHI_TIET_THUOC>", "</TONG_HOP>", "ắ", "a\u0306\u0301"),
    ]
)


def by_parser(kind: str, text: str) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "usual_rows", lambda *_: None)
        return read_table(kind, packed(text))


def test_the_tables_of_every_sample_are_plain() -> None:
    assert {kind for kind, _ in TABLES} == set(MONEY_TABLES)
    for kind, text in TABLES:
        assert usual_rows(kind, SHAPES[kind], text, LINES_MAX) is not None


@pytest.mark.parametrize(("kind", "text"), TABLES)
def test_a_plain_table_is_read_as_the_parser_reads_it(kind: str, text: str) -> None:
    assert read_table(kind, packed(text)) == by_parser(kind, text)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(TABLES), st.data())
def test_an_odd_letter_anywhere_changes_nothing_of_what_is_found(
    table: tuple[str, str], data: st.DataObject
) -> None:
    kind, text = table
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        until = data.draw(st.sampled_from([place, place + 1, place + 40]))
        text = text[:place] + data.draw(ODD) + text[until:]

    assert read_table(kind, packed(text)) == by_parser(kind, text)


def test_a_table_with_a_field_less_or_a_row_too_many_is_left_to_the_parser() -> None:
    kind, text = next(one for one in TABLES if one[0] == "XML3")

    assert usual_rows(kind, SHAPES[kind], drop_field(text, "MA_KHOA"), LINES_MAX) is None
    assert usual_rows(kind, SHAPES[kind], text, text.count("<STT>")) is not None
    assert usual_rows(kind, SHAPES[kind], text, text.count("<STT>") - 1) is None


def test_a_summary_without_its_row_or_with_two_is_left_to_the_parser() -> None:
    text = next(text for kind, text in TABLES if kind == "XML1")
    inner = text[text.index("<MA_LK>") : text.index("</TONG_HOP>")]

    assert usual_rows("XML1", SHAPES["XML1"], "<TONG_HOP></TONG_HOP>", LINES_MAX) is None
    assert usual_rows("XML1", SHAPES["XML1"], text.replace(inner, inner * 2), LINES_MAX) is None
