"""A statement tells the same movements as a table, a workbook, an MT940 or a camt.053."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.bank.statement_file import Form, form_of, read
from payments.bank.statement_map import ColumnMap
from payments.bank.statement_model import Problem, Statement, UnreadableStatement
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from tests.support.bank_forms import Booked, camt053, mt940, workbook

ACCOUNT = "970499000001"
TODAY = HospitalDay.parse("2026-11-24")
COLUMNS = ColumnMap(
    name="hai-cot", date="Ngày", memo="Nội dung", reference="Số CT", debit="Nợ", credit="Có",
    balance="Số dư",
)  # fmt: skip
LINES = (
    Booked(350_000, "FT26328001", "MBVCB.123.VPHABCDEFGH2 chuyen tien kham benh va tien thuoc dai"),
    Booked(-1_100, "FT26328002", "PHI"),
    Booked(350_000, "FT26328003", "CT DEN:0123 vien phi"),
)


def reading(content: bytes, columns: ColumnMap | None = None) -> Statement:
    return read(content, columns, account=ACCOUNT, today=TODAY)


def refused(content: bytes, columns: ColumnMap | None = None) -> list[tuple[str, int | None]]:
    with pytest.raises(UnreadableStatement) as caught:
        reading(content, columns)
    problems: tuple[Problem, ...] = caught.value.problems
    return [(one.key, one.line) for one in problems]


def told(statement: Statement) -> list[tuple[int, str, str]]:
    return [(one.amount.dong, one.reference, one.memo) for one in statement.lines]


def sheet(lines: tuple[Booked, ...], *, opening: int = 0) -> bytes:
    """Titles over two rows, as banks merge them; amounts as numbers and as text."""
    rows: list[list[object]] = [
        ["NGÂN HÀNG THỬ NGHIỆM"],
        ["Ngày", "Số CT", "Nội dung", "Số tiền", None, "Số dư"],
        [None, None, None, "Nợ", "Có", None],
    ]
    running = opening
    for one in lines:
        running += one.amount
        debit = -one.amount if one.amount < 0 else None
        credit = f"{one.amount:,}".replace(",", ".") if one.amount > 0 else None
        at = datetime(one.day.year, one.day.month, one.day.day, 8, 15)
        rows.append([at, one.reference, one.memo, debit, credit, running])
    return workbook(rows, merged=("A1:F1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:F3"))


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (mt940(LINES, account=ACCOUNT), Form.MT940),
        (b"{1:F01BANKVNVXAXXX0000000000}{2:I940}{4:\r\n:20:X\r\n", Form.MT940),
        (camt053(LINES, account=ACCOUNT), Form.CAMT053),
        (sheet(LINES), Form.WORKBOOK),
        ("Ngày,Nội dung".encode(), Form.TABLE),
    ],
    ids=["mt940", "swift", "camt053", "xlsx", "csv"],
)
def test_the_form_is_told_by_the_first_bytes(content: bytes, form: Form) -> None:
    assert form_of(content) is form


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (mt940(LINES, account=ACCOUNT), None),
        (camt053(LINES, account=ACCOUNT), None),
        (sheet(LINES), COLUMNS),
    ],
    ids=["mt940", "camt053", "xlsx"],
)
def test_each_form_tells_the_same(content: bytes, columns: ColumnMap | None) -> None:
    statement = reading(content, columns)

    assert told(statement) == [(one.amount, one.reference, one.memo) for one in LINES]
    assert {one.day for one in statement.lines} == {TODAY}


def test_a_workbook_keeps_the_time_of_a_line() -> None:
    assert reading(sheet(LINES), COLUMNS).lines[0].occurred_at.strftime("%H:%M") == "08:15"


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**12), 10**12).filter(bool),
            st.from_regex(r"FT[0-9]{4,12}", fullmatch=True),
            st.text("ABCDEFGHJKMNPQRSTVWXYZ0123456789.", min_size=1, max_size=180).map(
                lambda text: "VPH" + text
            ),
        ),
        max_size=6,
    ),
    st.integers(0, 10**13),
)
def test_what_is_written_is_read(moved: list[tuple[int, str, str]], opening: int) -> None:
    """In both standards, whatever the length of a memo: a code is whole across a cut line."""
    lines = [Booked(*one) for one in moved]

    for write in (mt940, camt053):
        statement = reading(write(lines, account=ACCOUNT, opening=opening))
        assert told(statement) == moved
        assert statement.opening == vnd(opening)
        assert statement.closing == vnd(opening + sum(one.amount for one in lines))


@pytest.mark.parametrize("write", [mt940, camt053])
def test_sums_that_do_not_fit_are_refused_at_the_closing_balance(write: object) -> None:
    content = write(LINES, account=ACCOUNT, closing=1)  # type: ignore[operator]

    assert [key for key, _ in refused(content)] == ["statement_sum"]


@pytest.mark.parametrize("write", [mt940, camt053])
def test_another_account_is_refused(write: object) -> None:
    content = write(LINES, account="970499000009")  # type: ignore[operator]

    assert [key for key, _ in refused(content)] == ["statement_account"]


@pytest.mark.parametrize("write", [mt940, camt053])
def test_a_day_to_come_is_refused_with_its_line(write: object) -> None:
    late = (*LINES, Booked(5_000, "FT9", "X", date(2026, 11, 25)))

    [(key, line)] = refused(write(late, account=ACCOUNT))  # type: ignore[operator]

    assert key == "statement_future"
    assert line is not None
    assert line > 1


def test_a_reversed_credit_is_money_that_left() -> None:
    content = mt940(LINES[:1], account=ACCOUNT, closing=-350_000).replace(
        b"C350000,N", b"RC350000,N"
    )

    assert told(reading(content))[0][0] == -350_000


def test_a_line_that_the_library_passes_over_is_missed() -> None:
    content = mt940(LINES, account=ACCOUNT).replace(b":61:2611241124D", b":61:2611241124?")

    assert refused(content)[0][0] in ("statement_mt940", "statement_mt940_lines")


def test_a_day_that_is_none_is_not_repaired() -> None:
    content = mt940(LINES, account=ACCOUNT).replace(b":61:2611241124", b":61:2602300230")

    assert [key for key, _ in refused(content)] == ["statement_mt940"]


def test_a_cut_mt940_lacks_its_closing_balance() -> None:
    content = mt940(LINES, account=ACCOUNT).split(b":62F:")[0]

    assert refused(content) == [("statement_mt940_balance", None)]


def test_pages_follow_each_other_by_their_balances() -> None:
    first = mt940(LINES[:1], account=ACCOUNT)
    second = mt940(LINES[1:], account=ACCOUNT, opening=350_000)

    assert len(reading(first + second).lines) == 3
    missing = mt940(LINES[1:], account=ACCOUNT, opening=350_001)
    assert refused(first + missing)[0][0] == "statement_page"


def test_pages_of_two_accounts_are_refused() -> None:
    content = mt940(LINES[:1], account=ACCOUNT) + mt940(LINES[1:], account="970499000009")

    assert [key for key, _ in refused(content)] == ["statement_accounts"]


def test_another_currency_is_refused() -> None:
    assert refused(mt940(LINES, account=ACCOUNT).replace(b"VND", b"USD"))[0][0] == (
        "statement_currency"
    )
    assert refused(camt053(LINES, account=ACCOUNT).replace(b'"VND"', b'"USD"'))[0][0] == (
        "statement_currency"
    )


def test_subfields_of_a_structured_detail_are_not_read_as_words() -> None:
    content = mt940([Booked(5_000, "FT1", "166?00CHUYEN TIEN?20VPHABCDE?21FGH2")], account=ACCOUNT)

    assert told(reading(content))[0][2] == "CHUYEN TIENVPHABCDEFGH2"


def test_what_is_not_booked_yet_is_no_movement() -> None:
    content = camt053(LINES, account=ACCOUNT, closing=348_900).replace(b"BOOK", b"PDNG", 1)

    assert [amount for amount, _, _ in told(reading(content))] == [-1_100, 350_000]


def test_a_bundle_that_says_how_much_each_is_becomes_its_transfers() -> None:
    details = "".join(
        f"<TxDtls><Refs><AcctSvcrRef>FT{n}</AcctSvcrRef></Refs><Amt Ccy='VND'>{n}000</Amt></TxDtls>"
        for n in (1, 2)
    ).encode()
    one = camt053([Booked(3_000, "FT0", "LO")], account=ACCOUNT)
    start, end = one.index(b"<TxDtls>"), one.index(b"</NtryDtls>")

    whole = reading(one[:start] + details + one[end:])
    short = reading(one[:start] + details.replace(b">2000<", b">1500<") + one[end:])

    assert [(amount, ref) for amount, ref, _ in told(whole)] == [(1_000, "FT1"), (2_000, "FT2")]
    assert [amount for amount, _, _ in told(short)] == [3_000]


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE x [<!ENTITY a 'aa'>]><Document/>",
        b"<Document><BkToCstmrStmt/></Document>",
        camt053(LINES, account=ACCOUNT)[:-40],
        camt053(LINES, account=ACCOUNT).replace(b"camt.053", b"camt.052"),
        camt053(LINES, account=ACCOUNT).replace(b"350000.00", b"350000.50"),
        camt053(LINES, account=ACCOUNT).replace(b"CRDT", b"PLUS"),
        camt053(LINES, account=ACCOUNT).replace(b"CLBD", b"CLAV"),
        camt053(LINES, account=ACCOUNT).replace(b"<Dt>2026-11-24</Dt></BookgDt>", b"</BookgDt>"),
        sheet(LINES)[:-60],
        b"PK\x03\x04" + bytes(100),
    ],
    # A workbook tells when it was made: its bytes are no name.
    ids=range(10),
)
def test_a_damaged_file_is_refused_whole(content: bytes) -> None:
    assert refused(content, COLUMNS)


def test_a_wrong_balance_in_a_workbook_names_its_row() -> None:
    rows = [
        ["Ngày", "Số CT", "Nội dung", "Nợ", "Có", "Số dư"],
        ["24/11/2026", "FT1", "A", "", "5.000", "5.000"],
        ["24/11/2026", "FT2", "B", "", "5.000", "9.000"],
    ]

    assert refused(workbook(rows), COLUMNS) == [("statement_balance", 3)]
