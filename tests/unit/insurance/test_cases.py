"""Cases in JSON: what is read, what is refused and by which name, and that the run goes on."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from payments.insurance.cases.answering import LINE_MAX_BYTES, answer, answers
from payments.insurance.coverage import Rules
from payments.words.catalogue import LANGUAGES

RULES = Rules.shipped()
CASE: dict[str, Any] = {
    "id": "A1",
    "kind": "visit",
    "visit": {
        "date_in": "2026-08-10T08:00",
        "date_out": "2026-08-10T10:00",
        "visit_type": "01",
        "category": "1.1",
        "cards": [{"object": "DN", "code": "4", "from": "2024-01-01", "to": "2027-12-31"}],
    },
    "lines": [
        {"table": "XML3", "qty": 1, "price_bv": 1000000, "group": 2},
        {"table": "XML2", "qty": "2.5", "price_bv": 1000.125, "group": 4},
    ],
}


def told(case: object) -> dict[str, Any]:
    return answer(json.dumps(case).encode(), 7, RULES, "en")


def changed(path: str, value: object) -> dict[str, Any]:
    """Copy the case with one value of it replaced."""
    case = copy.deepcopy(CASE)
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    inside: Any = case
    for step in way:
        inside = inside.setdefault(step, {}) if isinstance(inside, dict) else inside[step]
    inside[last] = value
    return case


def without(path: str) -> dict[str, Any]:
    return changed(path, None)


WRONG = [
    ("visit", None, "INPUT_INVALID", "visit"),
    ("visit", [], "INPUT_INVALID", "visit"),
    ("lines", None, "INPUT_INVALID", "lines"),
    ("lines", {}, "INPUT_INVALID", "lines"),
    ("lines", [[]], "INPUT_INVALID", "lines[0]"),
    ("visit/date_in", None, "INPUT_INVALID", "visit.date_in"),
    ("visit/date_in", "2026-08-10", "INPUT_INVALID", "visit.date_in"),
    ("visit/date_in", "2026-02-30T08:00", "INPUT_INVALID", "visit.date_in"),
    ("visit/date_in", "2026-08-10T24:30", "INPUT_INVALID", "visit.date_in"),
    ("visit/date_in", "2026-08-10 08:00", "INPUT_INVALID", "visit.date_in"),
    ("visit/date_in", "2026-W33-1T08:00", "INPUT_INVALID", "visit.date_in"),
    ("visit/date_in", "２０２６-08-10T08:00", "INPUT_INVALID", "visit.date_in"),
    ("visit/date_in", 20260810, "INPUT_INVALID", "visit.date_in"),
    ("visit/date_out", "2026-08-10T07:59", "INPUT_INVALID", "visit.date_out"),
    ("visit/visit_type", "1", "CODE_UNKNOWN", "visit.visit_type"),
    ("visit/visit_type", "99", "CODE_UNKNOWN", "visit.visit_type"),
    ("visit/visit_type", None, "INPUT_INVALID", "visit.visit_type"),
    ("visit/category", "5.5", "CODE_UNKNOWN", "visit.category"),
    ("visit/category", "1.15", "CATEGORY_VISIT_TYPE_MISMATCH", "visit.category"),
    ("visit/category", ["1.1"], "INPUT_INVALID", "visit.category"),
    ("visit/cards", "DN4", "INPUT_INVALID", "visit.cards"),
    ("visit/cards/0/object", "dn", "INPUT_INVALID", "visit.cards[0].object"),
    ("visit/cards/0/object", "ĐN", "INPUT_INVALID", "visit.cards[0].object"),
    ("visit/cards/0/code", "6", "CODE_UNKNOWN", "visit.cards[0].code"),
    ("visit/cards/0/from", None, "INPUT_INVALID", "visit.cards[0].from"),
    ("visit/cards/0/to", "2023-01-01", "INPUT_INVALID", "visit.cards[0].to"),
    ("visit/cards/0/level", 100, "INPUT_INVALID", "visit.cards[0].level"),
    ("visit/exempt_from", "20260810", "INPUT_INVALID", "visit.exempt_from"),
    ("visit/copay_ytd", -1, "INPUT_INVALID", "visit.copay_ytd"),
    ("visit/copay_yt", 1, "INPUT_INVALID", "visit.copay_yt"),
    ("lines/1/table", "XML4", "CODE_UNKNOWN", "lines[1].table"),
    ("lines/1/qty", None, "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", -1, "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", "-0", "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", True, "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", "1,5", "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", "1e3", "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", "NaN", "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", "１", "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", "", "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", 10**15, "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/qty", "0." + "1" * 13, "INPUT_INVALID", "lines[1].qty"),
    ("lines/1/price_bv", [], "INPUT_INVALID", "lines[1].price_bv"),
    ("lines/1/price", 5, "INPUT_INVALID", "lines[1].price"),
    ("lines/1/rate_insurance", 100.01, "INPUT_INVALID", "lines[1].rate_insurance"),
    ("lines/1/rate_service", -1, "INPUT_INVALID", "lines[1].rate_service"),
    ("lines/1/scope", 4, "CODE_UNKNOWN", "lines[1].scope"),
    ("lines/1/group", None, "INPUT_INVALID", "lines[1].group"),
    ("lines/1/group", 20, "CODE_UNKNOWN", "lines[1].group"),
    ("lines/1/method", "0", "CODE_UNKNOWN", "lines[1].method"),
    ("lines/1/ordered_at", "2026-08-10", "INPUT_INVALID", "lines[1].ordered_at"),
    ("lines/1/other", 5, "INPUT_INVALID", "lines[1].other"),
    ("lines/1/other", {"bhyt": 5}, "INPUT_INVALID", "lines[1].other.bhyt"),
    ("lines/1/other", {"cl": "x"}, "INPUT_INVALID", "lines[1].other.cl"),
    ("lines/1/other", {"cl": 2500.31}, "OTHER_SOURCE_NOT_BELOW_COST", "lines[1].other"),
    ("lines/1/other", {"cl": -5, "nsnn": 10}, "OTHER_SOURCE_NOT_BELOW_COST", "lines[1].other"),
    ("lines/1/other_mode", "special", "CODE_UNKNOWN", "lines[1].other_mode"),
    ("lines/1/no_extra_charge", 1, "INPUT_INVALID", "lines[1].no_extra_charge"),
    ("policy", [], "INPUT_INVALID", "policy"),
    ("policy/base_salary_key", "NGAY", "CODE_UNKNOWN", "policy.base_salary_key"),
    ("policy/package_cap_mode", "fund", "CODE_UNKNOWN", "policy.package_cap_mode"),
    ("policy/split_crossing_line", True, "CODE_UNKNOWN", "policy.split_crossing_line"),
    ("policy/threshold", True, "INPUT_INVALID", "policy.threshold"),
    ("policy/exempt_on_reduced_route", "no", "INPUT_INVALID", "policy.exempt_on_reduced_route"),
    ("kind", "vist", "CODE_UNKNOWN", "kind"),
    ("kind", None, "INPUT_INVALID", "kind"),
]


@pytest.mark.parametrize(("path", "value", "error", "field"), WRONG)
def test_what_is_wrong_is_refused_by_its_name_and_field(
    path: str, value: object, error: str, field: str
) -> None:
    refused = told(changed(path, value))

    assert (refused["expected_error"], refused["field"]) == (error, field)
    assert "expected" not in refused
    assert (refused["id"], refused["line"]) == ("A1", 7)
    assert refused["message"]
    assert "…" not in refused["message"]


def test_a_refusal_speaks_three_languages() -> None:
    line = json.dumps(changed("visit/category", "1.15")).encode()
    messages = [answer(line, 1, RULES, language)["message"] for language in LANGUAGES]

    assert len(set(messages)) == 3
    assert all("1.15" in str(message) for message in messages)


def test_an_unknown_code_names_the_list_and_the_day() -> None:
    message = told(changed("visit/category", "5.5"))["message"]

    assert "MA_DOITUONG_KCB" in message
    assert "2026-08-10" in message


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"id": 1e999999999999999999999999}',
        b'{"id": NaN}',
        b'{"id": Infinity}',
        b"1" * 5_000,
        b'{"id": "A1", "id": "A2"}',
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"id": {}}',
        b'{"id": true, "kind": "visit"}',
        b'{"id": "A1"}',
        b'{"id": "\\ud800", "kind": "\\ud800"}',
        b'{"id": "A1", "kind": "\x1b[31m"}',
    ],
)
def test_a_hostile_line_is_refused_and_the_run_goes_on(line: bytes) -> None:
    good = json.dumps(CASE).encode()

    lines = list(answers(io.BytesIO(line + b"\n" + good + b"\n"), RULES, "vi"))

    assert len(lines) == 2
    refusal, result = (json.loads(told) for told, _ in lines)
    assert refusal["expected_error"]
    assert refusal["field"]
    assert refusal["line"] == 1
    assert result["expected"]["patient_payable_vnd"] == 200_500
    assert all(told.isascii() and told.count(b"\n") == 1 for told, _ in lines)


def test_a_line_without_end_is_passed_over_within_limits() -> None:
    source = io.BytesIO(b" " * 10 + b'"' + b"x" * (3 * LINE_MAX_BYTES) + b"\n{}\n")

    told = [json.loads(line) for line, _ in answers(source, RULES, "en")]

    assert [(one["line"], one["expected_error"]) for one in told] == [
        (1, "INPUT_INVALID"),
        (2, "INPUT_INVALID"),
    ]
    assert str(LINE_MAX_BYTES) in told[0]["message"]


def test_blank_lines_are_no_cases_and_the_last_needs_no_end() -> None:
    source = io.BytesIO(b"\n  \r\n" + json.dumps(CASE).encode())

    assert [json.loads(line)["id"] for line, _ in answers(source, RULES, "en")] == ["A1"]


def test_a_byte_order_mark_is_no_mistake() -> None:
    line = b"\xef\xbb\xbf" + json.dumps(CASE).encode()

    assert answer(line, 1, RULES, "en")["id"] == "A1"


def test_too_many_lines_are_refused_with_their_limit() -> None:
    refused = told(changed("lines", [{}] * 20_001))

    assert refused["field"] == "lines"
    assert "20000" in refused["message"]


@pytest.mark.parametrize("path", ["visit/cards", "visit/exempt_from", "lines/0/price_bh", "policy"])
def test_null_is_left_out(path: str) -> None:
    assert "expected" in told(without(path))


def test_a_number_and_its_text_are_the_same_exact_decimal() -> None:
    for price in (b"0.1", b'"0.1"', b"0.10", b"1e-1"):
        line = json.dumps(CASE).replace("1000.125", "@").encode().replace(b"@", price)
        assert answer(line, 1, RULES, "en")["expected"]["totals"]["T_THUOC"] == "0.25", price  # type: ignore[index]


def test_a_day_of_exemption_begins_at_midnight_and_a_time_at_its_minute() -> None:
    def percent(begins: str) -> str:
        case = changed("visit/exempt_from", begins)
        return str(told(case)["expected"]["lines"][0]["MUC_HUONG"])

    assert percent("2026-08-10") == "100"
    assert percent("2026-08-10T08:00") == "100"
    assert percent("2026-08-10T08:01") == "80"


def test_codes_may_be_numbers_and_the_name_comes_back_as_it_was() -> None:
    case = changed("lines/0/method", 1)
    case["id"], case["visit"]["category"] = 17, 2

    result = told(case)

    assert result["id"] == 17
    assert result["expected"]["route_factor"] == 100


def test_what_is_for_the_reader_is_not_read() -> None:
    assert "expected" in told({**CASE, "title": 5, "note": [], "rules": None, "source": {}})


def test_an_empty_bill_costs_nothing() -> None:
    result = told(changed("lines", []))["expected"]

    assert result["lines"] == []
    assert set(result["totals"].values()) == {"0"}
    assert result["below_threshold"] is False


_LARGE = "999999999999999.999999999999"


@pytest.mark.parametrize("change", [lambda one: one, lambda one: {**one, "rate_service": "33.3"}])
def test_the_largest_numbers_stay_exact(change: Callable[[dict[str, Any]], Any]) -> None:
    line = {"table": "XML3", "qty": _LARGE, "price_bv": _LARGE, "group": 2}

    result = told(changed("lines", [change(line)]))["expected"]

    [one] = result["lines"]
    assert "E" not in one["THANH_TIEN_BV"]
    assert len(one["THANH_TIEN_BV"].split(".")[0]) == 30
