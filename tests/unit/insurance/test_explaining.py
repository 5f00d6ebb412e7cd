"""A case told line by line: each figure with its rule, each rule with its article."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from payments.insurance.cases.bills import bill_of
from payments.insurance.cases.reading import read_case
from payments.insurance.coverage import Rules, cover, reasons
from payments.insurance.explaining import explanation
from payments.words.catalogue import LANGUAGES

_VECTORS = Path(__file__).parents[2] / "vectors" / "bhyt-coverage.json"
CASES: dict[str, Any] = {
    case["id"]: case
    for case in read_case(_VECTORS.read_bytes())["cases"]  # type: ignore[index]
    if "expected" in case and case["kind"] == "visit"
}
RULES = Rules.shipped()


def told(name: str, language: str = "vi") -> str:
    result = cover(bill_of(CASES[name]), RULES)
    return "\n".join(explanation(name, result, RULES, language))


@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_case_is_told_with_its_rules_and_no_gap(name: str, language: str) -> None:
    text = told(name, language)

    assert RULES.version in text
    assert "{" not in text
    assert "…" not in text
    for line in text.splitlines():
        if line.startswith(("  THANH_TIEN", "  MUC_HUONG")):
            assert re.search(r"\[.+\]$", line), line


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_figure_of_a_line_has_a_reason(name: str) -> None:
    result = cover(bill_of(CASES[name]), RULES)

    for line in result.lines:
        given = reasons(result, line, RULES)
        figures = {reason.figure for reason in given}
        assert {"THANH_TIEN_BV", "THANH_TIEN_BH"} <= figures
        assert ("MUC_HUONG" in figures) == (line.entitlement.uncovered is None)
        assert ("T_BHTT" in figures) == (line.entitlement.uncovered is None)
        assert ("T_NGUONKHAC" in figures) == bool(line.others)
        assert all(reason.bases for reason in given)


@pytest.mark.parametrize(
    ("name", "language", "parts"),
    [
        ("V02", "vi", ["dưới ngưỡng 379.500", "điều 22 khoản 1", "Người bệnh trả 0 đ"]),
        ("V05", "vi", ["Lương cơ sở 2.340.000 đ [Nghị định 73/2024/NĐ-CP, điều 3 khoản 2]"]),
        ("V10", "vi", ["thẻ CN3: mức 100% [Nghị quyết 261/2025/QH15, điều 2 khoản 1 điểm a"]),
        ("V10", "en", ["[Resolution 261/2025/QH15, art. 2(1)(a)"]),
        ("V10", "fr", ["[Resolution 261/2025/QH15, art. 2(1)(a)"]),
        ("V12", "vi", ["tuyến xã: 100% [Thông tư 01/2025/TT-BYT, điều 3]"]),
        ("V15", "en", ["level 95% × factor 50% of category 1.18 = 47,5%"]),
        ("V17", "en", ["not covered: the factor of category 3.1 is 0"]),
        ("V20", "vi", ["phạm vi 2", "tỷ lệ thanh toán 50%"]),
        ("V21", "en", ["insurance price 50.600, hospital price 150.000"]),
        ("V28", "vi", ["trừ vào tự trả, cùng chi trả, rồi quỹ", "mẫu 01/BH"]),
        ("V29", "en", ["support to the facility of 3.000.000"]),
        ("V30", "en", ["a programme pays the co-payment of 225.000"]),
        ("V32", "vi", ["miễn cùng chi trả trong năm", "điều 18 khoản 2"]),
        ("V34", "vi", ["vượt trần gói vật tư 113.850.000: bớt 26.150.000"]),
        ("V37", "vi", ["trước lúc xuất trình thẻ"]),
        ("V38", "vi", ["thẻ hết hạn 02/08/2026", "không có thẻ còn giá trị"]),
        ("V40", "en", ["2,333 × 15.217,125", "the co-payment", "30.942 đ"]),
        ("V45", "vi", ["đủ 5 năm liên tục"]),
    ],
)
def test_the_rule_that_decided_is_told(name: str, language: str, parts: list[str]) -> None:
    text = told(name, language)

    assert [part for part in parts if part not in text] == []
