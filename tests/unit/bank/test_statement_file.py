"""A statement is read whole, or refused with every line that is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters._sandbox.bank import Account, Bank, Order
from adapters._sandbox.journal import MemoryJournal
from adapters._sandbox.statement import statement
from payments.bank.statement_file import read
from payments.bank.statement_map import BUILT_IN, ColumnMap, checked, from_json, to_json
from payments.bank.statement_model import PROBLEMS_MAX, Problem, Statement, UnreadableStatement
from payments.bank.statement_text import SIZE_MAX_BYTES
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.support.hospital import PAYEE
from tests.support.statements import Moved, a_statement, as_1258

TODAY = HospitalDay.parse("2026-11-24")
TRIAL = BUILT_IN["thu-nghiem"]
ONE_AMOUNT = ColumnMap(
    name="mot-cot", date="Ngày", memo="Diễn giải", amount="Số tiền", balance="Số dư", footer="Cộng"
)


def reading(content: bytes, columns: ColumnMap = TRIAL) -> Statement:
    return read(content, columns, account=PAYEE.account, today=TODAY)


def refused(content: bytes, columns: ColumnMap = TRIAL) -> tuple[Problem, ...]:
    with pytest.raises(UnreadableStatement) as caught:
        reading(content, columns)
    return caught.value.problems


def test_lines_are_read_with_sign_time_and_memo() -> None:
    told = reading(a_statement(Moved(150_000, "FT1", "VPH CK"), Moved(-1_100, "PHI", "Phí")))

    assert [(one.amount, one.reference, one.memo) for one in told.lines] == [
        (vnd(150_000), "FT1", "VPH CK"),
        (vnd(-1_100), "PHI", "Phí"),
    ]
    assert told.first_day == told.last_day == TODAY
    assert [one.number for one in told.lines] == [8, 9]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_each_encoding_gives_the_same_lines(encoding: str) -> None:
    content = a_statement(Moved(5_000, "", "Nguyễn Văn Thử chuyển"), encoding=encoding)

    assert reading(content) == reading(a_statement(Moved(5_000, "", "Nguyễn Văn Thử chuyển")))


def test_windows_1258_is_read_with_its_marks_composed() -> None:
    content = as_1258(a_statement(Moved(5_000, "", "Viện phí")))

    assert reading(content).lines[0].memo == "Viện phí"


@pytest.mark.parametrize(
    "content",
    [
        a_statement(Moved(5_000)).decode().encode("utf-16-le"),
        b"PK\x03\x04" + bytes(100),
        a_statement(Moved(5_000)).replace("Số".encode(), b"\xff\xfe"),
        a_statement(Moved(5_000, memo="Vi\ufffdn")),
        a_statement(Moved(5_000, memo="A\x00B")),
        b"",
        bytes(range(256)) * 4,
    ],
)
def test_a_wrong_encoding_is_refused(content: bytes) -> None:
    assert refused(content)


def test_a_wrong_encoding_names_its_line() -> None:
    content = a_statement(Moved(5_000), Moved(6_000, memo="Vi\ufffdn"))

    [problem] = refused(content)

    assert problem.line == 9


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    content = a_statement(Moved(5_000, memo="khong dau")).decode().replace(",", delimiter).encode()

    assert reading(content).lines[0].amount == vnd(5_000)


def test_a_formula_is_text() -> None:
    told = reading(a_statement(Moved(5_000, memo='=HYPERLINK(""x"")')))

    assert told.lines[0].memo == '=HYPERLINK("x")'


def test_all_wrong_lines_are_named_up_to_fifty() -> None:
    lines = [Moved(1_000, at="31/02/2026") for _ in range(80)]

    problems = refused(a_statement(*lines))

    assert len(problems) == PROBLEMS_MAX
    assert [one.line for one in problems[:3]] == [8, 9, 10]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (",5000,1005000,", ",5000,1005001,"),
        (",5000,1005000,", ",5001,1005000,"),
        (",5000,1005000,", ",5.5,1005000,"),
        (",5000,1005000,", ",,1005000,"),
        (",,5000,1005000,", ",5000,5000,1005000,"),
        ("24/11/2026 08:00:00", "25/11/2026 08:00:00"),
    ],
)
def test_a_line_that_does_not_fit_is_named(was: str, becomes: str) -> None:
    content = a_statement(Moved(5_000)).decode()
    assert was in content

    problems = refused(content.replace(was, becomes).encode())

    assert {one.line for one in problems} <= {8, 3}
    assert problems[-1].line == 8


def test_a_missing_line_is_seen_by_the_sum() -> None:
    whole = a_statement(Moved(5_000), Moved(6_000), Moved(7_000)).decode().split("\r\n")

    problems = refused("\r\n".join([*whole[:8], *whole[9:]]).encode())

    assert problems[0].line == 9


def test_a_missing_last_line_is_seen_by_the_closing_balance() -> None:
    whole = a_statement(Moved(5_000), Moved(6_000)).decode().split("\r\n")

    problems = refused("\r\n".join([*whole[:8], ""]).encode())

    assert problems[0].line == 5


def test_a_statement_of_another_account_is_refused() -> None:
    problems = refused(a_statement(Moved(5_000), account="0000000001"))

    assert problems[0].field == "account"


def test_too_large_a_file_is_refused() -> None:
    assert refused(b"x" * (SIZE_MAX_BYTES + 1))


def test_a_zero_line_is_no_movement() -> None:
    assert reading(a_statement(Moved(0), Moved(5_000))).lines[0].amount == vnd(5_000)


def test_one_signed_column_newest_first_with_a_footer() -> None:
    columns = replace(ONE_AMOUNT, newest_first=True)
    content = (
        "Ngày;Diễn giải;Số tiền;Số dư\n24/11/2026;phí;-1.100;98.900\n"
        "23/11/2026;VPH;98.000;100.000\nCộng;;96.900;\n"
    )

    told = reading(content.encode(), columns)

    assert [one.amount.dong for one in told.lines] == [-1_100, 98_000]
    assert (str(told.first_day), str(told.last_day)) == ("2026-11-23", "2026-11-24")


def test_the_sandbox_bank_is_read_by_its_map(clock: FrozenClock) -> None:
    bank = Bank([Account(PAYEE.account, PAYEE.holder)], clock, MemoryJournal(), is_empty=True)
    bank.transfer(Order(PAYEE.account, 150_000, 'VPH8K3M2Q7XA, chuyen "tien"'))
    bank.transfer(Order(PAYEE.account, -1_100, "=Phi"))
    content = statement(bank, PAYEE.account, TODAY).encode()

    told = reading(content)

    assert [one.amount.dong for one in told.lines] == [150_000, -1_100]
    assert told.lines[1].memo == "=Phi"


def test_an_empty_day_covers_its_day() -> None:
    told = reading(a_statement())

    assert (told.lines, told.first_day) == ((), TODAY)


def test_a_map_survives_being_saved() -> None:
    assert from_json(to_json(TRIAL)) == TRIAL == checked(TRIAL)


@pytest.mark.parametrize(
    "changes",
    [
        {"date": ""},
        {"amount": "Số tiền"},
        {"debit": ""},
        {"balance": "", "closing": ""},
        {"memo": "Ghi có"},
        {"memo": "x" * 200},
    ],
)
def test_a_map_that_cannot_work_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidField):
        checked(replace(TRIAL, **changes))
