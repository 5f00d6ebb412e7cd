"""Dossiers: the public samples, each finding by one change, and what hostile files get."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from payments.claims.checking import Report, against_ledger, check
from payments.claims.findings import Verdict
from payments.claims.reporting import as_object
from payments.claims.writing import Claim, envelope_of
from payments.insurance.coverage import Line
from payments.insurance.coverage.model import Mode
from payments.kernel.money import Money
from tests.support.bhyt import RULES, a_line, a_visit, aid, covered
from tests.support.dossiers import (
    SAMPLES,
    dossier,
    drop_field,
    envelope,
    file_of,
    packed,
    sample,
    set_field,
    unpacked,
)

EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))["files"]


def checked(tables: dict[str, str]) -> Report:
    return check(envelope(dossier(tables)), RULES)


def codes(report: Report) -> set[str]:
    return {one.code for one in report.findings}


def places(report: Report) -> set[tuple[str, str, str, str]]:
    return {(one.code, one.where, one.stt, one.field) for one in report.findings}


def _sorted(lines: list[dict[str, Any]]) -> list[str]:
    """Lines as a set: the samples list them in the order of the bill."""
    return sorted(json.dumps({**line, "line": 0}, sort_keys=True) for line in lines)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_gets_its_verdict_findings_and_totals(name: str) -> None:
    wanted = EXPECTED[name]

    told: dict[str, Any] = as_object(name, check((SAMPLES / name).read_bytes(), RULES))

    assert told["verdict"] == wanted["verdict"]
    keys = ("MA_LK", "base_salary", "below_threshold", "route_factor", "correct_totals")
    for key in (*keys, "patient_payable_vnd"):
        assert told[key] == wanted[key], key
    assert _sorted(told["correct_lines"]) == _sorted(wanted["correct_lines"])
    found = {(one["code"], one["table"], one.get("stt"), one["field"]) for one in told["findings"]}
    for one in wanted["findings"]:
        assert (one["code"], one["table"], one.get("stt"), one["field"]) in found
    if not wanted["findings"]:
        assert told["findings"] == []


Change = Callable[[dict[str, str]], dict[str, str]]


def _set(table: str, field: str, value: str, row: int = 1) -> Change:
    return lambda tables: tables | {table: set_field(tables[table], field, value, row=row)}


def _all(*changes: Change) -> Change:
    def change(tables: dict[str, str]) -> dict[str, str]:
        for one in changes:
            tables = one(tables)
        return tables

    return change


REJECTED = [
    (_set("XML1", "T_BHTT", "1,5"), ("NUMBER_FORMAT", "XML1", "", "T_BHTT")),
    (_set("XML1", "T_BHTT", "1e3"), ("NUMBER_FORMAT", "XML1", "", "T_BHTT")),
    (_set("XML3", "SO_LUONG", "-1"), ("AMOUNT_NEGATIVE", "XML3", "1", "SO_LUONG")),
    (_set("XML1", "NGAY_SINH", "19880412"), ("DATE_FORMAT", "XML1", "", "NGAY_SINH")),
    (_set("XML1", "NGAY_VAO", "20260903074500"), ("FIELD_TOO_LONG", "XML1", "", "NGAY_VAO")),
    (_set("XML1", "NGAY_VAO", "20260903074500"), ("DATE_FORMAT", "XML1", "", "NGAY_VAO")),
    (_set("XML2", "PHAM_VI", "-1"), ("AMOUNT_NEGATIVE", "XML2", "1", "PHAM_VI")),
    (_set("XML2", "PHAM_VI", "-1"), ("CODE_UNKNOWN", "XML2", "1", "PHAM_VI")),
    (_set("XML1", "NGAY_VAO", "202609310745"), ("DATE_FORMAT", "XML1", "", "NGAY_VAO")),
    (_set("XML1", "NGAY_VAO", "20260903"), ("DATE_FORMAT", "XML1", "", "NGAY_VAO")),
    (_set("XML1", "NGAY_VAO", ""), ("FIELD_MISSING", "XML1", "", "NGAY_VAO")),
    (_set("XML1", "GT_THE_TU", "2026-01-01"), ("DATE_FORMAT", "XML1", "", "GT_THE_TU")),
    (_set("XML1", "MA_LOAI_KCB", "17"), ("CODE_UNKNOWN", "XML1", "", "MA_LOAI_KCB")),
    (_set("XML1", "MA_LOAI_KCB", "1"), ("CODE_UNKNOWN", "XML1", "", "MA_LOAI_KCB")),
    (_set("XML1", "MA_LOAI_KCB", "017"), ("CODE_UNKNOWN", "XML1", "", "MA_LOAI_KCB")),
    (_set("XML1", "MA_DOITUONG_KCB", "1.8"), ("CODE_UNKNOWN", "XML1", "", "MA_DOITUONG_KCB")),
    (
        _set("XML1", "MA_DOITUONG_KCB", "1.15"),
        ("CATEGORY_VISIT_TYPE_MISMATCH", "XML1", "", "MA_DOITUONG_KCB"),
    ),
    (_set("XML1", "MA_THE_BHYT", "DN6999900000001"), ("CODE_UNKNOWN", "XML1", "", "MA_THE_BHYT")),
    (_set("XML2", "PHAM_VI", "4"), ("CODE_UNKNOWN", "XML2", "1", "PHAM_VI")),
    (_set("XML3", "MA_NHOM", "20"), ("CODE_UNKNOWN", "XML3", "1", "MA_NHOM")),
    (_set("XML3", "MA_PTTT", "4"), ("CODE_UNKNOWN", "XML3", "1", "MA_PTTT")),
    (_set("XML1", "MA_TTDV", "9" * 256), ("FIELD_TOO_LONG", "XML1", "", "MA_TTDV")),
    (_set("XML3", "STT", "1", row=2), ("STT_DUPLICATE", "XML3", "1", "STT")),
    (_set("XML3", "MA_LK", "VPTEST0009", row=2), ("MA_LK_ORPHAN", "XML3", "2", "MA_LK")),
    (
        _all(
            _set("XML2", "T_NGUONKHAC", "999999999"),
            _set("XML2", "T_NGUONKHAC_CL", "999999999"),
        ),
        ("OTHER_SOURCE_NOT_BELOW_COST", "XML2", "1", "T_NGUONKHAC"),
    ),
    # 8 withdraws a request for payment: there is no cost to split.
    (_set("XML1", "MA_DOITUONG_KCB", "8"), ("CODE_UNKNOWN", "XML1", "", "MA_DOITUONG_KCB")),
    (_set("XML3", "STT", "01", row=2), ("STT_DUPLICATE", "XML3", "01", "STT")),
    (
        lambda tables: tables | {"XML3": drop_field(tables["XML3"], "MA_MAY")},
        ("FIELD_MISSING", "XML3", "1", "MA_MAY"),
    ),
    (
        lambda tables: {kind: text for kind, text in tables.items() if kind != "XML2"},
        ("TABLE_MISSING", "XML2", "", ""),
    ),
    (
        lambda tables: {kind: text for kind, text in tables.items() if kind != "XML3"},
        ("TABLE_MISSING", "XML3", "", ""),
    ),
    (lambda tables: {"XML3": tables["XML3"]}, ("TABLE_MISSING", "XML1", "", "")),
    (lambda tables: tables | {"XML99": "<x/>"}, ("CODE_UNKNOWN", "envelope", "", "LOAIHOSO")),
    (
        lambda tables: tables | {"XML2": tables["XML2"].replace("CHITIEU_CHITIET", "CHITIEU")},
        ("XML_MALFORMED", "XML2", "", "CHITIEU_CHITIET_THUOC"),
    ),
    (
        lambda tables: (
            tables
            | {
                "XML2": tables["XML2"].replace(
                    "<DSACH_CHI_TIET_THUOC>", "<DSACH_CHI_TIET_THUOC/><DSACH_CHI_TIET_THUOC>"
                )
            }
        ),
        ("XML_MALFORMED", "XML2", "", "DSACH_CHI_TIET_THUOC"),
    ),
    (
        lambda tables: tables | {"XML1": tables["XML1"].replace("<STT>", "<MA_LK>x</MA_LK><STT>")},
        ("XML_MALFORMED", "XML1", "", "MA_LK"),
    ),
]


@pytest.mark.parametrize(("change", "finding"), REJECTED)
def test_what_cannot_be_trusted_rejects_the_file_and_is_not_computed(
    change: Change, finding: tuple[str, str, str, str]
) -> None:
    report = checked(change(sample("s1")))

    assert finding in places(report)
    assert report.verdict is Verdict.REJECT
    assert all(visit.result is None for visit in report.visits)


FOUND = [
    (_set("XML3", "THANH_TIEN_BH", "50000"), ("LINE_BH_FORMULA", "XML3", "1", "THANH_TIEN_BH")),
    (_set("XML3", "T_BHTT", "40000"), ("LINE_BHTT_FORMULA", "XML3", "1", "T_BHTT")),
    (_set("XML3", "TYLE_TT_DV", "101"), ("LINE_BV_FORMULA", "XML3", "1", "THANH_TIEN_BV")),
    (_set("XML3", "TYLE_TT_BH", "150"), ("LINE_BH_FORMULA", "XML3", "1", "THANH_TIEN_BH")),
    (_set("XML3", "MUC_HUONG", "120"), ("LEVEL_ABOVE_ENTITLEMENT", "XML3", "1", "MUC_HUONG")),
    (_set("XML1", "MA_THE_BHYT", "DN499990000001"), ("CARD_NOT_VALID", "XML1", "", "MA_THE_BHYT")),
    (_set("XML1", "MA_THE_BHYT", "DN499990000001"), ("CARD_NOT_VALID", "XML3", "1", "NGAY_YL")),
    (_set("XML3", "T_BNTT", "5"), ("LINE_SPLIT_SUM", "XML3", "1", "THANH_TIEN_BV")),
    (_set("XML3", "T_NGUONKHAC_CL", "5"), ("LINE_NK_SUM", "XML3", "1", "T_NGUONKHAC")),
    (_set("XML1", "T_THUOC", "55852"), ("SUM_T_THUOC", "XML1", "", "T_THUOC")),
    (_set("XML1", "T_BHTT_GDV", "0"), ("SUM_T_BHTT_GDV", "XML1", "", "T_BHTT_GDV")),
    (_set("XML1", "T_BNTT", "9"), ("FORM01_COL2_NE_3_6_7", "XML1", "", "T_TONGCHI_BV")),
    (_set("XML2", "PHAM_VI", "2"), ("SCOPE2_WITH_FUND", "XML2", "1", "THANH_TIEN_BH")),
    (_set("XML2", "MUC_HUONG", "95"), ("LEVEL_ABOVE_ENTITLEMENT", "XML2", "1", "MUC_HUONG")),
    (_set("XML2", "MUC_HUONG", "120"), ("LEVEL_ABOVE_ENTITLEMENT", "XML2", "1", "MUC_HUONG")),
    (_set("XML2", "MUC_HUONG", "32"), ("LEVEL_BELOW_ENTITLEMENT", "XML2", "1", "MUC_HUONG")),
    (_set("XML1", "GT_THE_DEN", "20260902"), ("CARD_NOT_VALID", "XML3", "1", "NGAY_YL")),
    (
        _set("XML1", "GT_THE_DEN", "20260902;20261231"),
        ("CARD_NOT_VALID", "XML1", "", "MA_THE_BHYT"),
    ),
    (_set("XML1", "MA_DOITUONG_KCB", "1.13"), ("EXPECTED_SHORT_PAYMENT", "XML1", "", "T_BHTT")),
]


@pytest.mark.parametrize(("change", "finding"), FOUND)
def test_what_differs_is_found_and_the_file_kept(
    change: Change, finding: tuple[str, str, str, str]
) -> None:
    report = checked(change(sample("s1")))

    assert finding in places(report)
    assert report.verdict is Verdict.WITH_FINDINGS
    assert report.visits[0].result is not None


def test_a_line_without_a_valid_card_gets_no_finding_about_its_level() -> None:
    report = checked(_set("XML1", "GT_THE_DEN", "20260902")(sample("s1")))

    assert not {one for one in codes(report) if one.startswith("LEVEL")}


def test_fund_money_without_a_card_is_that_also_where_the_route_pays_nothing() -> None:
    broken = _all(_set("XML1", "MA_DOITUONG_KCB", "9"), _set("XML1", "GT_THE_DEN", "20260902"))

    found = codes(checked(broken(sample("s1"))))

    assert "CARD_NOT_VALID" in found
    assert not {one for one in found if one.startswith("LEVEL")}


def test_only_support_to_the_patient_takes_off_what_the_fund_pays() -> None:
    """Pool money has made the base smaller already: the fund pays its whole share of that."""
    line = a_line(1_000_000, insurance_rate=Decimal(50), sources=aid(300_000), mode=Mode.POOL)
    tables = unpacked(_file(line))
    less = _all(_set("XML3", "T_BNTT", "0"), _set("XML3", "T_BNCCT", "0"))
    broken = checked(_all(less, _set("XML3", "T_BHTT", "270000"))(tables))

    assert checked(tables).verdict is Verdict.ACCEPT
    assert ("LINE_BHTT_FORMULA", "XML3", "1", "T_BHTT") in places(broken)


@pytest.mark.parametrize(
    ("field", "value", "more"),
    [
        ("GT_THE_DEN", "20271231;20281231", set()),
        ("GT_THE_DEN", "20200101", {"EXPECTED_SHORT_PAYMENT"}),
        ("MA_THE_BHYT", "DN499990000001", {"EXPECTED_SHORT_PAYMENT"}),
    ],
)
def test_what_a_package_has_left_is_known_without_a_card(
    field: str, value: str, more: set[str]
) -> None:
    tables = unpacked(_file(*(a_line(90_000_000, group=10, package="G1", service="X"),) * 2))
    uncarded = checked(_set("XML1", field, value)(tables))

    assert checked(tables).verdict is Verdict.ACCEPT
    assert codes(uncarded) == {"CARD_NOT_VALID"} | more


def test_support_above_the_cost_is_found_beside_what_else_is_wrong() -> None:
    broken = _all(
        _set("XML2", "T_NGUONKHAC", "999999999"), _set("XML3", "PHAM_VI", "9"),
        _set("XML1", "MA_DOITUONG_KCB", "1.15"), _set("XML1", "HO_TEN", "A" * 256),
    )  # fmt: skip

    assert codes(checked(broken(sample("s1")))) >= {
        "OTHER_SOURCE_NOT_BELOW_COST", "CODE_UNKNOWN", "CATEGORY_VISIT_TYPE_MISMATCH",
        "FIELD_TOO_LONG",
    }  # fmt: skip


@pytest.mark.parametrize(("more", "found"), [(0, set()), (-1, {"PAID_NE_PAYABLE"})])
def test_what_was_collected_is_held_against_the_patients_part(more: int, found: set[str]) -> None:
    report = checked(sample("s1"))
    [visit] = report.visits
    assert visit.result is not None
    paid = visit.result.patient_pays + Money(more)

    held = against_ledger(report, {visit.ma_lk: paid, "ANOTHER": Money(1)})

    assert codes(held) == found
    assert held.verdict is (Verdict.WITH_FINDINGS if found else Verdict.ACCEPT)
    assert against_ledger(report, {}) == report


def test_a_refused_file_is_not_held_against_the_ledger() -> None:
    report = checked(_set("XML3", "PHAM_VI", "9")(sample("s1")))

    assert against_ledger(report, {"VPTEST0001": Money(1)}) == report


def test_prices_below_the_support_are_a_wrong_formula_and_the_declared_cost_stands() -> None:
    report = checked(_set("XML2", "DON_GIA", "0.001")(sample("s5")))

    assert ("LINE_BV_FORMULA", "XML2", "1", "THANH_TIEN_BV") in places(report)
    assert report.verdict is Verdict.WITH_FINDINGS


def test_a_support_whose_sources_do_not_add_up_is_computed_as_it_is_declared() -> None:
    report = checked(_set("XML3", "T_NGUONKHAC", "150")(sample("s4")))

    assert {"LINE_NK_SUM", "EXPECTED_SHORT_PAYMENT"} <= codes(report)
    [result] = [visit.result for visit in report.visits]
    assert result is not None
    assert result.totals.others == 150


def test_a_short_payment_names_what_was_asked_for_and_what_is_expected() -> None:
    report = checked(_set("XML2", "MUC_HUONG", "95")(sample("s6")))
    found = as_object("s6.xml", report)["findings"]

    [short] = [one for one in found if one["code"] == "EXPECTED_SHORT_PAYMENT"]
    assert short["declared_T_BHTT"] == "522400"
    assert short["expected_T_BHTT"] == "472400"


def _file(*lines: Line) -> bytes:
    """Write the dossier of a visit with an 80 % card."""
    about = {"HO_TEN": "NGƯỜI THỬ MỘT", "MA_BENH_CHINH": "I10"}
    rows = [{"MA_KHOA": "K01"} for _ in lines]
    made = Claim("VPTEST0042", covered(a_visit(), *lines), ("DN4999900000001",), about, rows)
    return envelope_of("99001", date(2026, 9, 30), [made])


def test_a_hundredth_on_a_line_and_a_dong_on_a_visit_are_tolerated() -> None:
    tables = _all(_set("XML3", "T_BHTT", "40480.01"), _set("XML1", "T_THUOC", "55851"))
    report = checked(tables(sample("s1")))

    assert report.verdict is Verdict.ACCEPT


def test_everything_is_found_at_once() -> None:
    broken = _all(
        _set("XML1", "NGAY_RA", "x"), _set("XML3", "PHAM_VI", "9"), _set("XML2", "SO_LUONG", "a")
    )

    assert {"DATE_FORMAT", "CODE_UNKNOWN", "NUMBER_FORMAT"} <= codes(checked(broken(sample("s1"))))


def test_dossiers_in_a_second_list_are_not_overlooked() -> None:
    content = envelope(dossier(sample("s1")))
    twice = content.replace(b"<DANHSACHHOSO>", b"<DANHSACHHOSO/><DANSACHHOSO/><DANHSACHHOSO>")

    report = check(twice, RULES)

    assert places(report) == {("XML_MALFORMED", "envelope", "", "DANHSACHHOSO")}
    assert [one.found for one in report.findings] == ["3"]


@pytest.mark.parametrize("field", ["STT", "SO_LUONG", "T_NGUONKHAC"])
def test_a_number_of_five_thousand_digits_is_too_long_and_never_repeated(field: str) -> None:
    report = checked(_set("XML3", field, "9" * 5000)(sample("s1")))

    assert "FIELD_TOO_LONG" in {one.code for one in report.findings if one.field == field}
    assert max(len(one.declared + one.expected + one.stt) for one in report.findings) <= 100


def test_a_table_that_cannot_be_read_does_not_stop_the_others() -> None:
    tables = _set("XML3", "PHAM_VI", "9")(sample("s1"))
    files = "".join(
        file_of(kind, "%%" if kind == "XML2" else packed(text)) for kind, text in tables.items()
    )

    report = check(envelope(f"<HOSO>{files}</HOSO>"), RULES)

    assert codes(report) == {"BASE64_INVALID", "CODE_UNKNOWN"}


def test_one_visit_twice_is_found_in_a_file_and_between_files() -> None:
    one = dossier(sample("s1"))

    assert codes(check(envelope(one, one), RULES)) == {"MA_LK_DUPLICATE"}
    again = check(envelope(one), RULES, known=frozenset({"VPTEST0001"}))
    assert codes(again) == {"MA_LK_DUPLICATE"}


def test_two_visits_are_two_results() -> None:
    report = check(envelope(dossier(sample("s1")), dossier(sample("s2"))), RULES)

    assert report.verdict is Verdict.ACCEPT
    assert [visit.ma_lk for visit in report.visits] == ["VPTEST0001", "VPTEST0002"]


@pytest.mark.parametrize("count", [0, 2, "", "x", "1.0"])
def test_the_envelope_counts_its_dossiers(count: int | str) -> None:
    report = check(envelope(dossier(sample("s1")), count=count), RULES)

    assert codes(report) == {"ENVELOPE_COUNT"}


def test_the_other_spelling_of_the_list_is_read() -> None:
    content = envelope(dossier(sample("s1"))).replace(b"DANHSACHHOSO", b"DANSACHHOSO")

    assert check(content, RULES).verdict is Verdict.ACCEPT


def test_tables_without_money_are_not_opened() -> None:
    files = "".join(file_of(kind, packed(text)) for kind, text in sample("s1").items())
    report = check(envelope(f"<HOSO>{files}{file_of('XML6', '%%%')}</HOSO>"), RULES)

    assert report.verdict is Verdict.ACCEPT


def test_a_category_that_follows_another_case_is_checked_but_not_computed() -> None:
    report = checked(_set("XML1", "MA_DOITUONG_KCB", "7.2")(sample("s1")))

    assert report.verdict is Verdict.ACCEPT
    assert report.visits[0].result is None


def test_no_name_stands_in_a_finding() -> None:
    report = checked(_set("XML1", "HO_TEN", "NGUYEN VAN THU " * 30)(sample("s1")))

    assert codes(report) == {"FIELD_TOO_LONG"}
    assert "NGUYEN" not in repr(report.findings)


BOMB = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]>'
HOSTILE = [
    (f"{BOMB}<TONG_HOP>&c;</TONG_HOP>".encode(), "XML_DTD_FORBIDDEN"),
    (b'<!doctype a SYSTEM "file:///etc/passwd"><TONG_HOP/>', "XML_DTD_FORBIDDEN"),
    (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x"><TONG_HOP/>', "XML_DTD_FORBIDDEN"),
    (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><a/>', "XML_DTD_FORBIDDEN"),
    ("<TONG_HOP/>".encode("utf-16"), "ENCODING_NOT_UTF8"),
    ("<TONG_HOP/>".encode("utf-16-le"), "ENCODING_NOT_UTF8"),
    (b'<?xml version="1.0" encoding="windows-1258"?><TONG_HOP/>', "ENCODING_NOT_UTF8"),
    (b"<TONG_HOP>\xff</TONG_HOP>", "ENCODING_NOT_UTF8"),
    (b"<TONG_HOP>", "XML_MALFORMED"),
    (b"", "XML_MALFORMED"),
    (b"<TONG_HOP>&unknown;</TONG_HOP>", "XML_MALFORMED"),
    (b"<other/>", "XML_MALFORMED"),
    (b"<a>" * 100 + b"</a>" * 100, "LIMIT_EXCEEDED"),
    (b"<a>" * 100_000, "LIMIT_EXCEEDED"),
    (b"<a " + b" ".join(b'b%d=""' % n for n in range(100_000)) + b"/>", "LIMIT_EXCEEDED"),
    (b"<TONG_HOP>" + b"<a/>" * 400_000 + b"</TONG_HOP>", "LIMIT_EXCEEDED"),
    (b"<" * 1_000_000, "LIMIT_EXCEEDED"),
    (b"<TONG_HOP>" + b" " * 5_000_000 + b"</TONG_HOP>", "LIMIT_EXCEEDED"),
]


@pytest.mark.parametrize(("content", "code"), HOSTILE)
def test_a_hostile_table_is_refused_by_its_name(content: bytes, code: str) -> None:
    files = file_of("XML1", packed(content))

    report = check(envelope(f"<HOSO>{files}</HOSO>"), RULES)

    assert report.verdict is Verdict.REJECT
    assert (code, "XML1") in {(one.code, one.where) for one in report.findings}


@pytest.mark.parametrize(("content", "code"), HOSTILE[:-1])
def test_a_hostile_envelope_is_refused_by_its_name(content: bytes, code: str) -> None:
    report = check(content, RULES)

    assert report.verdict is Verdict.REJECT
    assert [(one.code, one.where) for one in report.findings] == [(code, "envelope")]


def test_xinclude_is_only_a_tag() -> None:
    text = '<TONG_HOP xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/>'
    files = file_of("XML1", packed(f"{text}</TONG_HOP>"))

    report = check(envelope(f"<HOSO>{files}</HOSO>"), RULES)

    assert codes(report) == {"FIELD_MISSING"}


@pytest.mark.parametrize("content", ["%%%%", "PD94 bWw=", "PD94bWw", "Zg=", "ấ", "Zg==Zg==", "Z"])
def test_base64_is_strict(content: str) -> None:
    report = check(envelope(f"<HOSO>{file_of('XML1', content)}</HOSO>"), RULES)

    expected = "XML_MALFORMED" if content == "PD94 bWw=" else "BASE64_INVALID"
    assert codes(report) == {expected}


def test_blanks_and_ends_of_lines_may_stand_in_base64() -> None:
    tables = sample("s4")
    files = "".join(
        file_of(kind, "\n ".join(packed(text)[at : at + 76] for at in range(0, 90_000, 76)))
        for kind, text in tables.items()
    )

    assert check(envelope(f"<HOSO>{files}</HOSO>"), RULES).verdict is Verdict.ACCEPT


def test_the_hash_is_that_of_the_bytes_as_they_came() -> None:
    content = (SAMPLES / "s1-outpatient-80.xml").read_bytes()

    assert check(content, RULES).sha256 != check(content + b"\n", RULES).sha256
