"""Bed-days, exams, ceilings, categories and card numbers, asked as cases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payments.insurance.cases.answering import answer
from payments.insurance.coverage import Rules
from payments.insurance.coverage.refusals import CodeUnknown
from tests.support.bhyt import RULES, at


def asked(kind: str, **given: object) -> Any:
    case = {"id": "F", "kind": kind, "input": given}
    told = answer(json.dumps(case).encode(), 1, Rules.shipped(), "en")
    return told["expected"] if "expected" in told else (told["expected_error"], told["field"])


@pytest.mark.parametrize(
    ("ends", "status", "days"),
    [
        ("2026-08-10T08:00", "normal", 0),
        ("2026-08-10T12:00", "normal", 0),
        ("2026-08-10T12:01", "normal", 1),
        ("2026-08-10T12:00", "death", 0),
        ("2026-08-11T07:59", "normal", 1),
        ("2026-08-11T07:59", "death", 1),
        ("2026-08-11T08:00", "normal", 1),
        ("2026-08-11T08:00", "death", 2),
        ("2026-08-12T07:00", "worse_home", 3),
        ("2026-08-12T07:00", "emergency_transfer", 3),
        ("2026-09-10T07:00", "normal", 31),
    ],
)
def test_circular_39_2024_bed_days(ends: str, status: str, days: int) -> None:
    assert asked("bed_days", a="2026-08-10T08:00", b=ends, status=status) == days


def test_bed_days_refuse_what_cannot_be() -> None:
    given = {"a": "2026-08-10T08:00", "b": "2026-08-10T07:59", "status": "normal"}
    assert asked("bed_days", **given) == ("INPUT_INVALID", "input.b")
    given |= {"b": "2026-08-10T08:30", "status": "well"}
    assert asked("bed_days", **given) == ("CODE_UNKNOWN", "input.status")


def test_circular_39_2024_exams_sum_to_twice_the_price_at_most() -> None:
    assert asked("exam_rates", n=0) == []
    assert asked("exam_rates", n=1) == [100]
    assert asked("exam_rates", n="4") == [100, 30, 30, 30]
    assert asked("exam_rates", n=8) == [100, 30, 30, 30, 10, 0, 0, 0]
    assert sum(asked("exam_rates", n=1000)) == 200


@pytest.mark.parametrize("n", [-1, 1.5, "x", None, 1001])
def test_exams_are_counted_in_whole_numbers(n: object) -> None:
    assert asked("exam_rates", n=n) == ("INPUT_INVALID", "input.n")


@pytest.mark.parametrize(
    ("situation", "number", "rate"),
    [
        ("people_in_bed", 1, 100),
        ("people_in_bed", 2, 50),
        ("people_in_bed", 3, 33),
        ("people_in_bed", 4, 33),
        ("operation_same_team", 2, 50),
        ("operation_other_team", 2, 80),
        ("procedure", 2, 80),
    ],
)
def test_circular_39_2024_ratios_of_beds_and_operations(
    situation: str, number: int, rate: int
) -> None:
    day = at("2026-08-10T00:00").date()

    assert RULES.service_rate(situation, number, day).rate == rate


def test_a_ratio_that_no_row_has_is_refused() -> None:
    with pytest.raises(CodeUnknown):
        RULES.service_rate("people_in_bed", 0, at("2026-08-10T00:00").date())


@pytest.mark.parametrize(
    ("paid", "over", "remaining", "ceiling"),
    [
        (14_040_000, False, "0", "14040000"),
        ("14040000.01", True, "0", "14040000"),
        (14_039_999, False, "1", "14040000"),
        ("100.5", False, "15179891", "15179991.5"),
    ],
)
def test_decree_188_article_18_2_ceiling_of_a_year_with_a_change(
    paid: object, over: bool, remaining: str, ceiling: str
) -> None:
    assert asked("copay_ceiling_on_change", paid_before=paid, old=2_340_000, new=2_530_000) == {
        "already_over": over,
        "remaining": remaining,
        "year_ceiling": ceiling,
    }


def test_an_old_salary_of_nothing_is_refused() -> None:
    told = asked("copay_ceiling_on_change", paid_before=1, old=0, new=1)

    assert told == ("INPUT_INVALID", "input.old")


def _row(day: str | None, total: object) -> dict[str, object]:
    return {"ngayRa": day, "tBNCCTLuyKe": total}


@pytest.mark.parametrize(
    ("rows", "limit", "accumulated", "over", "since"),
    [
        ([], 5, "0", False, None),
        ([_row("01/02/2026", 5)], 5, "5", False, None),
        ([_row("01/02/2026", "5.01")], 5, "5.01", True, "20260201"),
        ([_row("", 6), _row("01/02/2026", 7)], 5, "7", True, None),
        ([_row(None, 6)], 5, "6", True, None),
        ([_row("09/03/2026", 6), _row("01/02/2026", 6)], 5, "6", True, "20260201"),
        ([_row("09/03/2026", 9), _row("01/02/2026", 4)], 5, "9", True, "20260309"),
    ],
)
def test_first_crossing_takes_the_highest_total_and_the_first_stay_above(
    rows: list[object], limit: int, accumulated: str, over: bool, since: str | None
) -> None:
    assert asked("first_crossing", rows=rows, limit=limit) == {
        "accumulated": accumulated,
        "over": over,
        "exempt_from": since,
    }


def test_a_day_of_discharge_is_real_or_empty() -> None:
    for day in ("31/02/2026", "2026-02-01", "1/2/2026", "x"):
        told = asked("first_crossing", rows=[_row(day, 1)], limit=5)
        assert told == ("INPUT_INVALID", "input.rows[0].ngayRa")


BASIC, SPECIALISED = {"level": "basic"}, {"level": "specialised"}


@pytest.mark.parametrize(
    ("facility", "visit", "category"),
    [
        ({**BASIC, "commune_type": True}, {"registered_here": True}, "1.2"),
        ({**BASIC, "commune_type": True}, {"not_insured": True}, "9"),
        ({"points": 10}, {"registered_here": True, "referral": True}, "1.1"),
        ({}, {"referral": True, "emergency": True}, "1.3"),
        ({}, {"moved": True}, "1.4"),
        ({}, {"appointment": True}, "1.5"),
        ({}, {"organ_donor": True}, "1.6"),
        ({}, {"newborn": True, "emergency": True}, "1.7"),
        ({}, {"emergency": True}, "2"),
        ({"level": "initial"}, {}, "1.11"),
        ({"level": "initial", "former_line": "district"}, {"inpatient": True}, "1.11"),
        ({**BASIC, "points": 60, "former_line": "district"}, {}, "3.3"),
        ({**BASIC, "former_line": "district"}, {"inpatient": True, "appendix_ii": True}, "3.3"),
        ({**SPECIALISED, "former_line": "district"}, {"appendix_i": True}, "3.3"),
        ({**BASIC, "points": 60}, {"inpatient": True}, "1.15"),
        ({**BASIC, "points": 90}, {"inpatient": True, "appendix_ii": True}, "1.15"),
        ({**BASIC, "former_line": "province"}, {"appendix_ii": True}, "1.16"),
        ({**BASIC, "points": 40, "former_line": "central"}, {}, "1.14"),
        ({**BASIC, "points": "49.99"}, {}, "1.12"),
        ({**BASIC, "points": 50}, {}, "1.13"),
        ({**BASIC, "points": "69.99"}, {}, "1.13"),
        ({**BASIC, "points": 90, "provisional": True}, {}, "1.12"),
        ({**BASIC, "points": 0}, {}, "1.12"),
        ({**SPECIALISED, "former_line": "province"}, {"appendix_i": True}, "1.17"),
        (SPECIALISED, {"appendix_i": True, "inpatient": True}, "1.17"),
        ({**SPECIALISED, "former_line": "central"}, {"hardship": True, "inpatient": True}, "3.6"),
        ({**SPECIALISED, "former_line": "central"}, {"hardship": True}, "3.1"),
        ({**SPECIALISED, "former_line": "central"}, {}, "3.1"),
        ({**SPECIALISED, "former_line": "province"}, {"inpatient": True}, "3.2"),
        ({**SPECIALISED, "former_line": "province"}, {}, "1.18"),
    ],
)
def test_decision_3276_first_category_that_fits(
    facility: dict[str, object], visit: dict[str, object], category: str
) -> None:
    assert asked("derive_category", facility=facility, visit=visit) == category


@pytest.mark.parametrize(
    ("facility", "visit"),
    [
        ({**BASIC, "points": 70}, {}),
        (BASIC, {}),
        (SPECIALISED, {}),
        (SPECIALISED, {"inpatient": True, "appendix_ii": True}),
        ({}, {}),
        ({"former_line": "central"}, {}),
    ],
)
def test_a_facility_that_no_row_fits_is_refused_and_not_guessed(
    facility: dict[str, object], visit: dict[str, object]
) -> None:
    told = asked("derive_category", facility=facility, visit=visit)

    assert told == ("CODE_UNKNOWN", "facility")


@pytest.mark.parametrize(
    ("facility", "visit", "error"),
    [
        ({"level": "top"}, {}, ("CODE_UNKNOWN", "input.facility.level")),
        ({"former_line": "x"}, {}, ("CODE_UNKNOWN", "input.facility.former_line")),
        ({"emergency": True}, {}, ("INPUT_INVALID", "input.facility.emergency")),
        ({}, {"emergency": "yes"}, ("INPUT_INVALID", "input.visit.emergency")),
        ({}, {"provisional": True}, ("INPUT_INVALID", "input.visit.provisional")),
    ],
)
def test_circumstances_are_read_strictly(
    facility: dict[str, object], visit: dict[str, object], error: tuple[str, str]
) -> None:
    assert asked("derive_category", facility=facility, visit=visit) == error


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (" dn 4 99 99000 00001 ", "card15"),
        ("te1990000000012", "card15"),
        ("99 0000 0013\t", "bhxh10"),
        ("099\u00a0000 000 014", "cccd12"),
        ("", "invalid"),
        ("DN0999900000001", "invalid"),
        ("DN499990000000", "invalid"),
        ("DN49999000000011", "invalid"),
        ("D14999900000001", "invalid"),
        ("DN4999A00000001", "invalid"),
        ("DN4-99-9900000001", "invalid"),
        ("99000000131", "invalid"),
        ("٩٩٠٠٠٠٠٠١٣", "invalid"),
        ("ıN4999900000001", "invalid"),
        ("ß4999900000001", "invalid"),
    ],
)
def test_a_look_up_key_is_read_as_the_portal_does(text: str, kind: str) -> None:
    told = asked("parse_card", text=text)

    assert told["kind"] == kind
    assert (
        set(told)
        == {
            "card15": {"kind", "object", "benefit", "province", "bhxh"},
            "bhxh10": {"kind", "bhxh"},
            "cccd12": {"kind", "cccd"},
            "invalid": {"kind"},
        }[kind]
    )


def test_a_function_needs_its_arguments_and_no_others() -> None:
    assert asked("parse_card") == ("INPUT_INVALID", "input.text")
    assert asked("parse_card", text="x", more=1) == ("INPUT_INVALID", "input.more")
    told = answer(b'{"id": 1, "kind": "parse_card"}', 1, RULES, "en")
    assert told["field"] == "input"
