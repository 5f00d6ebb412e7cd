"""Our own claims: read back they have nothing to find; what would be refused is not written."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from payments.claims.checking import Report, check
from payments.claims.documents import unpack
from payments.claims.envelope import open_envelope
from payments.claims.fields import registry
from payments.claims.findings import Verdict
from payments.claims.writing import Claim, NotWritable, envelope_of
from payments.insurance.cases.bills import bill_of
from payments.insurance.coverage import Bill, Coverage, Line, cover
from payments.insurance.coverage.model import Mode, Scope, Sources, Table
from payments.kernel.errors import Rejected
from tests.support.bhyt import RULES, a_card, a_drug, a_line, a_visit, aid, covered
from tests.support.random_visits import a_case

MADE_ON = date(2026, 9, 30)
#: Support for one patient breaks two identities of the tables by itself: coverage section 8.
KNOWN = {"BHTT_NE_BH_MINUS_CCT", "FORM01_COL2_NE_3_6_7"}
#: What stands in no field of a claim, so that nobody who reads it can compute with it.
NOT_IN_A_CLAIM = ("card_presented_at", "copay_ytd", "copay_ceiling", "five_years_from")
VISITS = 1_000


def claim(coverage: Coverage, ma_lk: str = "VPTEST0001", **what: Any) -> Claim:
    cards = tuple(f"{one.letters}{one.digit}999900000001" for one in coverage.bill.visit.cards)
    summary = {"HO_TEN": "NGƯỜI THỬ MỘT", "MA_BENH_CHINH": "I10"} | what.pop("summary", {})
    lines = what.pop("lines", None) or [{"MA_KHOA": "K01"} for _ in coverage.lines]
    return Claim(ma_lk, coverage, cards, summary, lines)


def read_back(*claims: Claim) -> Report:
    return check(envelope_of("99001", MADE_ON, claims), RULES)


def a_bill(chance: random.Random, number: int) -> Bill | None:
    case = a_case(chance, number)
    for key in NOT_IN_A_CLAIM:
        case["visit"].pop(key, None)
    case.pop("policy", None)
    try:
        bill = bill_of(case)
    except Rejected:
        return None
    return replace(bill, lines=tuple(map(_claimable, sorted(bill.lines, key=_table))))


def _table(line: Line) -> str:
    return line.table


def _claimable(line: Line) -> Line:
    """Make of any line one that a claim can tell: whole per cents, no package of drugs."""
    package = "" if line.table is Table.XML2 else line.package
    return line._replace(service_rate=Decimal(int(line.service_rate)), package=package)


def test_what_we_claim_is_what_a_reader_computes() -> None:
    chance = random.Random(20260930)
    claims = []
    for number in range(VISITS):
        bill = a_bill(chance, number)
        try:
            if bill is not None:
                claims.append(claim(cover(bill, RULES), f"VPTEST{number:05d}"))
        except Rejected:
            continue
    assert len(claims) > VISITS // 2

    report = read_back(*claims)

    supported = {
        one.ma_lk
        for one in claims
        if any(line.others and line.line.mode is not Mode.POOL for line in one.coverage.lines)
    }
    found = Counter(one.code for one in report.findings if one.code not in KNOWN)
    assert found == {}
    assert {one.ma_lk for one in report.findings} <= supported
    assert supported
    for ours, theirs in zip(claims, report.visits, strict=True):
        assert theirs.result is not None
        asked, computed = ours.coverage.totals, theirs.result.totals
        assert computed.fund == asked.fund
        # How support was meant stands in no field: read from figures it may be a hundredth off.
        if ours.ma_lk not in supported:
            assert computed == asked
            assert theirs.result.patient_pays == ours.coverage.patient_pays


def test_a_claim_without_other_payers_is_accepted() -> None:
    report = read_back(claim(covered(a_visit(), a_drug(50_000), a_line(300_000))))

    assert (report.verdict, report.findings) == (Verdict.ACCEPT, ())
    assert report.facility == "99001"


def test_every_column_is_there_in_the_order_of_the_decisions() -> None:
    content = envelope_of("99001", MADE_ON, [claim(covered(a_visit(), a_drug(), a_line()))])

    envelope, _ = open_envelope(content)
    assert envelope is not None
    [dossier] = envelope.dossiers
    assert list(dossier.tables) == ["XML1", "XML2", "XML3"]
    for table, packed in dossier.tables.items():
        root = etree.fromstring(unpack(packed))
        row = root if table == "XML1" else root[0][0]
        assert [cell.tag for cell in row] == list(registry()[table])


def test_a_visit_without_drugs_has_no_table_of_drugs() -> None:
    envelope, _ = open_envelope(
        envelope_of("99001", MADE_ON, [claim(covered(a_visit(), a_line()))])
    )

    assert envelope is not None
    assert list(envelope.dossiers[0].tables) == ["XML1", "XML3"]


def test_money_is_the_engines_whatever_the_texts_say() -> None:
    result = covered(a_visit(), a_line(300_000))
    told = claim(result, summary={"T_BHTT": "999"}, lines=[{"T_BHTT": "999", "MUC_HUONG": "100"}])

    report = read_back(told)

    assert report.findings == ()
    assert report.visits[0].rows[0].amount("T_BHTT") == result.totals.fund


@pytest.mark.parametrize(
    ("sources", "mode"),
    [
        (Sources(nsnn=Decimal(10_000), cl=Decimal("5000.25")), Mode.PERSONAL),
        (Sources(vtnn=Decimal(10_000)), Mode.POOL),
        (Sources(vttn=Decimal(1), cl=Decimal(1)), Mode.SPECIAL),
    ],
)
def test_support_is_the_sum_of_its_payers(sources: Sources, mode: Mode) -> None:
    line = a_line(500_000, sources=sources, mode=mode)

    report = read_back(claim(covered(a_visit(), line)))

    assert {one.code for one in report.findings} <= KNOWN
    assert report.visits[0].rows[0].amount("T_NGUONKHAC") > 0


def test_a_visit_that_has_not_ended_is_not_claimed() -> None:
    result = covered(a_visit(is_closed=False), a_line())

    with pytest.raises(NotWritable) as refused:
        envelope_of("99001", MADE_ON, [claim(result)])

    assert refused.value.extras["column"] == "NGAY_RA"


@pytest.mark.parametrize(
    ("summary", "line", "where", "finding"),
    [
        ({"MA_BENH_CHINH": "I10.123456"}, {}, ("XML1", "", "MA_BENH_CHINH"), "FIELD_TOO_LONG"),
        ({"NGAY_SINH": "19880230"}, {}, ("XML1", "", "NGAY_SINH"), "DATE_FORMAT"),
        ({"GIOI_TINH": "9"}, {}, ("XML1", "", "GIOI_TINH"), "CODE_UNKNOWN"),
        ({"TUOI": "40"}, {}, ("XML1", "", "TUOI"), "CODE_UNKNOWN"),
        ({"HO_TEN": "A\x00B"}, {}, ("XML1", "", "HO_TEN"), "XML_MALFORMED"),
        ({}, {"NGAY_KQ": "2026-08-10"}, ("XML3", "1", "NGAY_KQ"), "DATE_FORMAT"),
        ({}, {"TAI_SU_DUNG": "x"}, ("XML3", "1", "TAI_SU_DUNG"), "NUMBER_FORMAT"),
    ],
)
def test_what_a_reader_would_refuse_is_refused_by_its_field(
    summary: dict[str, str], line: dict[str, str], where: tuple[str, ...], finding: str
) -> None:
    told = claim(covered(a_visit(), a_line()), summary=summary, lines=[line or {"MA_KHOA": "K"}])

    with pytest.raises(NotWritable) as refused:
        envelope_of("99001", MADE_ON, [told])

    said = refused.value.extras
    assert (said["table"], said["stt"], said["column"], said["finding"]) == (*where, finding)


def test_a_package_of_drugs_cannot_be_told_and_is_not_written() -> None:
    with pytest.raises(NotWritable) as refused:
        envelope_of("99001", MADE_ON, [claim(covered(a_visit(), a_drug(package="G1")))])

    assert refused.value.extras["column"] == "GOI_VTYT"


def test_markup_in_a_name_stays_a_name() -> None:
    name = '<T_BHTT>1</T_BHTT> & ]]> "THỬ"'

    report = read_back(claim(covered(a_visit(), a_line()), summary={"HO_TEN": name}))

    assert report.findings == ()
    assert report.visits[0].summary["HO_TEN"] == name


def test_two_cards_are_told_with_their_days() -> None:
    visit = a_visit(a_card("DN4", "2024-01-01", "2026-08-09"), a_card("HT3", "2026-08-10"))

    report = read_back(claim(covered(visit, a_line(5_000_000, scope=Scope.LISTED))))

    assert report.findings == ()
    assert report.visits[0].summary["GT_THE_DEN"] == "20260809;20271231"


def test_no_dossier_makes_an_empty_envelope() -> None:
    report = check(envelope_of("99001", MADE_ON, []), RULES)

    assert (report.verdict, report.visits) == (Verdict.ACCEPT, ())


def test_aid_that_uses_up_the_patients_parts_takes_off_the_funds() -> None:
    report = read_back(claim(covered(a_visit(), a_line(500_000, sources=aid(450_000)))))

    assert {one.code for one in report.findings} <= KNOWN
