"""Results come in whole or not at all, once; what is strange is named by its row."""

from __future__ import annotations

from datetime import date

import pytest

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, vnd
from payments.settlement import assessing, refusing, writing_off
from payments.settlement.assessed_lines import close_orphan
from payments.settlement.assessing import Reach, Sheet
from payments.settlement.model import RefusedTooMuch, SamePerson
from payments.settlement.queries import orphans
from payments.settlement.reading import (
    BUILT_IN,
    ColumnMap,
    Status,
    amount,
    assessed,
    checked,
    reason_of,
)
from payments.settlement.status import IllegalRefusalStep, Refused, State
from payments.sheets.problems import UnreadableSheet
from tests.support.settlement import Fund, a_written

DAY = date(2026, 9, 3)
NAMES = ("VPTEST0001", "VPTEST0002", "VPTEST0003")


@pytest.fixture
def sent(fund: Fund) -> Fund:
    fund.bring(*(a_written(name, DAY, 300_000, 400_000) for name in NAMES))
    fund.send("202609")
    return fund


def refused(fund: Fund) -> Refused:
    [one] = fund.refusals("2026Q3")
    return one.state


def test_a_refused_line_has_owner_reason_and_deadline(sent: Fund) -> None:
    sent.assess("202609", ("VPTEST0001", "XML3", 1, 60_000, "Sai mức hưởng"), on="2026-10-20")

    [one] = sent.refusals("2026Q3")
    assert (one.reason_code, one.owner, one.amount) == ("LEVEL_WRONG", "user:test", vnd(60_000))
    assert one.deadline == HospitalDay.parse("2026-10-23")
    assert sent.hospital.balance("1420") == vnd(60_000)
    assert [sent.state(name) for name in NAMES] == [State.ASSESSED] * 3
    sent.assert_equal()


def test_the_same_batch_and_the_same_row_change_nothing(sent: Fund) -> None:
    row = ("VPTEST0001", "XML3", 1, 60_000, "Sai mức hưởng")
    first = sent.assess("202609", row)
    again = sent.assess("202609", row)
    more = sent.assess("202609", row, ("VPTEST0002", "XML3", 1, 10_000, "trùng"))

    assert (again.batch, again.is_new) == (first.batch, False)
    assert (more.refusals, more.repeated) == (1, 1)
    assert sent.hospital.balance("1420") == vnd(70_000)
    sent.assert_equal()


def test_unnamed_claims_stay_in_assessment_unless_the_month_is_whole(sent: Fund) -> None:
    sent.assess("202609", ("VPTEST0001", "XML3", 1, 0, ""), reach=Reach.LISTED)

    assert [sent.state(name) for name in NAMES] == [State.ASSESSED, State.SENT, State.SENT]


def test_one_wrong_row_refuses_the_whole_file_by_its_line(sent: Fund) -> None:
    with pytest.raises(UnreadableSheet) as refusal:
        sent.assess(
            "202609",
            ("VPTEST0001", "XML3", 1, 60_000, "Sai mức hưởng"),
            ("VPTEST0002", "XML3", 9, 1_000, "trùng"),
            ("VPTEST0003", "XML3", 1, 99_000_000, "trùng"),
        )

    told = [(one.line, one.key) for one in refusal.value.problems]
    assert told == [(3, "assessment_no_line"), (4, "assessment_too_much")]
    assert sent.refusals("2026Q3") == ()
    assert sent.hospital.balance("1420") == ZERO
    assert sent.state("VPTEST0001") is State.SENT


def test_a_preview_tells_all_and_writes_nothing(sent: Fund) -> None:
    content = (
        b"MA_LK,BANG_XML,STT,LY_DO,TIEN_DE_NGHI,TIEN_TU_CHOI\n"
        b"VPTEST0001,XML3,1,trung,,60000\nVPSTRANGE,XML3,1,trung,,5000\nVPTEST0002,XML3,9,x,,1\n"
    )
    sheet = Sheet(content, BUILT_IN, Reach.LISTED, HospitalDay.parse("2026-10-20"))

    plan = assessing.preview(sent.runtime, sent.scope, sent.period("202609"), sheet)

    assert (plan.refused, plan.orphaned, len(plan.problems)) == (vnd(60_000), vnd(5_000), 1)
    assert sent.refusals("2026Q3") == ()


def test_a_visit_that_was_never_claimed_is_an_orphan_with_an_owner(sent: Fund) -> None:
    told = sent.assess("202609", ("VPSTRANGE", "XML3", 1, 60_000, "trùng"))

    with sent.runtime.database.reading(sent.scope) as tx:
        [one] = orphans(tx)
    assert (one.owner, one.refused, told.orphans) == ("user:test", vnd(60_000), 1)
    close_orphan(sent.runtime, sent.scope, one.batch, one.line, "của cơ sở khác")
    with sent.runtime.database.reading(sent.scope) as tx:
        assert orphans(tx) == ()
    sent.assert_equal()


def test_a_claim_refused_in_whole_leaves_nothing_behind(sent: Fund) -> None:
    claim_lines = ((1, 240_000), (2, 320_000))
    sent.assess(
        "202609",
        *(("VPTEST0001", "XML3", stt, asked, "thẻ BHYT") for stt, asked in claim_lines),
        ("VPTEST0001", "XML2", 1, 36_267, "thẻ BHYT"),
    )

    board = sent.board("2026Q3")
    assert board.refused == board.contested
    sent.assert_equal()


def test_two_people_write_off(sent: Fund) -> None:
    sent.assess("202609", ("VPTEST0001", "XML3", 1, 60_000, "Sai mức hưởng"))
    [one] = sent.refusals("2026Q3")
    with pytest.raises(IllegalRefusalStep):
        writing_off.write_off(sent.runtime, sent.scope, one.id)
    writing_off.ask_write_off(sent.runtime, sent.scope, one.id, "lỗi của khoa")

    with pytest.raises(SamePerson):
        writing_off.write_off(sent.runtime, sent.scope, one.id)
    chief = sent.hospital.by("user:chief")
    for _ in range(2):
        writing_off.write_off(sent.runtime, chief, one.id)

    assert refused(sent) is Refused.WRITTEN_OFF
    assert sent.hospital.balance("5200:LEVEL_WRONG") == vnd(60_000)
    assert sent.hospital.balance("1420") == ZERO
    sent.assert_equal()


def test_a_write_off_that_is_turned_down_waits_for_its_owner(sent: Fund) -> None:
    sent.assess("202609", ("VPTEST0001", "XML3", 1, 60_000, "Sai mức hưởng"))
    [one] = sent.refusals("2026Q3")
    writing_off.ask_write_off(sent.runtime, sent.scope, one.id, "lỗi của khoa")

    writing_off.turn_down(sent.runtime, sent.scope, one.id, "còn khiếu nại được")

    assert refused(sent) is Refused.UPHELD
    assert sent.hospital.balance("1420") == vnd(60_000)


def test_nobody_wins_more_than_was_refused(sent: Fund) -> None:
    sent.assess("202609", ("VPTEST0001", "XML3", 1, 60_000, "Sai mức hưởng"))
    [one] = sent.refusals("2026Q3")
    refusing.explain(sent.runtime, sent.scope, one.id, "gửi 09/BH")

    with pytest.raises(RefusedTooMuch):
        refusing.decide(sent.runtime, sent.scope, one.id, vnd(60_001), "BHXH trả lời")
    for _ in range(2):
        refusing.decide(sent.runtime, sent.scope, one.id, vnd(60_000), "BHXH trả lời")

    assert refused(sent) is Refused.ACCEPTED
    assert sent.hospital.balance("1420") == ZERO
    sent.assert_equal()


def test_any_layout_is_read_by_its_map() -> None:
    columns = checked(
        ColumnMap(
            "BHXH-Tinh",
            {
                "ma_lk": "Mã liên kết",
                "amount_refused": "Số tiền xuất toán",
                "amount_accepted": "Chấp nhận",
                "status": "Trạng thái",
            },
        )
    )
    text = "Mã liên kết;Số tiền xuất toán;Chấp nhận;Trạng thái\nVP1;1.234.567;10;Xuất toán\n"

    [row], problems = assessed(text.encode(), columns)

    assert problems == []
    assert (columns.name, row.asked, row.refused) == ("bhxh-tinh", vnd(1_234_577), vnd(1_234_567))
    assert (row.table, row.stt, row.status) == ("XML1", 0, Status.REFUSED)


@pytest.mark.parametrize(
    ("text", "dong"),
    [("", 0), ("1234567", 1_234_567), ("1.234.567", 1_234_567), ("1,234,567", 1_234_567),
     ("12.5", 13), ("12,49", 12)],
)  # fmt: skip
def test_amounts_are_read_as_offices_write_them(text: str, dong: int) -> None:
    assert amount(text, "amount_refused") == vnd(dong)


@pytest.mark.parametrize("text", ["1.23.4", "-5", "12 000", "1e3", "1.2345"])
def test_an_amount_that_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        amount(text, "amount_refused")


@pytest.mark.parametrize(
    ("text", "code"),
    [("Sai mức hưởng 100%", "LEVEL_WRONG"), ("Thừa ngày giường", "BED_DAY"),
     ("Chỉ định sau ra viện", "ORDER_AFTER_DISCHARGE"), ("không rõ", "OTHER")],
)  # fmt: skip
def test_words_of_the_insurer_get_a_code_of_ours(text: str, code: str) -> None:
    assert reason_of(text) == code
