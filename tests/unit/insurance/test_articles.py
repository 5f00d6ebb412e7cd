"""Each rule of the law with an example, named after where it stands; boundaries on both sides."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments.insurance.coverage import Policy
from payments.insurance.coverage.model import Mode, SalaryDay, Sources
from payments.insurance.coverage.refusals import (
    CategoryVisitTypeMismatch,
    CodeUnknown,
    OtherSourceNotBelowCost,
)
from payments.insurance.coverage.result import LevelBy, Uncovered, Warned
from payments.kernel.money import vnd
from tests.support.bhyt import (
    FOR_THE_FORCES,
    UNLISTED,
    a_card,
    a_drug,
    a_line,
    a_visit,
    aid,
    at,
    covered,
    percents,
)


@pytest.mark.parametrize(
    ("day", "salary"),
    [
        ("2018-07-01", 1_390_000),
        ("2019-06-30", 1_390_000),
        ("2019-07-01", 1_490_000),
        ("2023-07-01", 1_800_000),
        ("2024-06-30", 1_800_000),
        ("2024-07-01", 2_340_000),
        ("2026-06-30", 2_340_000),
        ("2026-07-01", 2_530_000),
    ],
)
def test_base_salary_changes_on_the_day_of_its_decree(day: str, salary: int) -> None:
    visit = a_visit(date_in=at(f"{day}T08:00"), date_out=at(f"{day}T09:00"))

    assert covered(visit, a_line()).base_salary.amount == salary


def test_no_salary_is_guessed_for_a_day_before_the_first() -> None:
    visit = a_visit(date_in=at("2018-06-30T08:00"), date_out=at("2018-06-30T09:00"))

    with pytest.raises(CodeUnknown):
        covered(visit, a_line())


@pytest.mark.parametrize(
    ("card", "level"),
    [("TE1", "100"), ("HN2", "100"), ("HT3", "95"), ("DN4", "80"), ("QN5", "100"), ("ZZ4", "80")],
)
def test_decision_1018_level_by_the_benefit_digit(card: str, level: str) -> None:
    assert percents(covered(a_visit(a_card(card)), a_line())) == [level]


@pytest.mark.parametrize("card", ["CN3", "LH4"])
def test_resolution_261_article_2_near_poor_and_old_are_whole_from_2026(card: str) -> None:
    stay = a_visit(
        a_card(card),
        date_in=at("2025-12-31T08:00"),
        date_out=at("2026-01-02T08:00"),
        visit_type="03",
    )
    before, after = at("2025-12-31T23:59"), at("2026-01-01T00:00")

    result = covered(stay, a_line(ordered_at=before), a_line(ordered_at=after))

    assert percents(result) == [{"CN3": "95", "LH4": "80"}[card], "100"]


@pytest.mark.parametrize("card", ["CN4", "LH3", "LH2"])
def test_resolution_261_names_object_and_digit_together(card: str) -> None:
    visit = a_visit(a_card(card))

    assert percents(covered(visit, a_line())) == [{"CN4": "80", "LH3": "95", "LH2": "100"}[card]]


def test_decree_188_article_21_highest_entitlement_counts() -> None:
    visit = a_visit(a_card("DN4"), a_card("HT3"))

    assert percents(covered(visit, a_line())) == ["95"]


def test_decree_188_article_21_of_equal_levels_the_first_card_counts() -> None:
    line = a_line(scope=FOR_THE_FORCES)

    assert percents(covered(a_visit(a_card("HN2"), a_card("QN5")), line)) == ["0"]
    assert percents(covered(a_visit(a_card("QN5"), a_card("HN2")), line)) == ["100"]


def test_a_card_counts_on_its_first_and_on_its_last_day() -> None:
    visit = a_visit(
        a_card("DN4", "2026-08-11", "2026-08-12"), date_out=at("2026-08-20T08:00"), visit_type="03"
    )
    days = ("2026-08-10T23:59", "2026-08-11T00:00", "2026-08-12T23:59", "2026-08-13T00:00")

    result = covered(visit, *(a_line(ordered_at=at(day)) for day in days))

    assert percents(result) == ["0", "80", "80", "0"]


@pytest.mark.parametrize("visit_type", ["02", "03", "04", "06", "09"])
def test_decree_188_article_50_4_an_ended_card_pays_15_days_of_a_treatment(
    visit_type: str,
) -> None:
    visit = a_visit(
        a_card("DN4", "2025-08-11", "2026-08-10"),
        date_out=at("2026-09-10T08:00"),
        visit_type=visit_type,
    )
    lines = (a_line(ordered_at=at("2026-08-25T23:59")), a_line(ordered_at=at("2026-08-26T00:00")))

    result = covered(visit, *lines)

    assert percents(result) == ["80", "0"]
    assert result.lines[0].entitlement.after_expiry


@pytest.mark.parametrize("visit_type", ["01", "05", "07", "08"])
def test_decree_188_article_50_4_pays_no_other_visit(visit_type: str) -> None:
    visit = a_visit(
        a_card("DN4", "2025-08-11", "2026-08-10"),
        date_out=at("2026-08-12T08:00"),
        visit_type=visit_type,
    )

    assert percents(covered(visit, a_line(ordered_at=at("2026-08-11T08:00")))) == ["0"]


def test_decree_188_article_50_4_asks_for_a_card_that_was_valid_on_arrival() -> None:
    visit = a_visit(
        a_card("DN4", "2025-08-10", "2026-08-09"), date_out=at("2026-08-12T08:00"), visit_type="03"
    )

    assert percents(covered(visit, a_line())) == ["0"]


def test_decree_188_article_50_4_gives_way_to_a_valid_card() -> None:
    visit = a_visit(
        a_card("TE1", "2025-08-11", "2026-08-10"),
        a_card("DN4", "2026-08-11", "2027-08-10"),
        date_out=at("2026-08-12T08:00"),
        visit_type="03",
    )

    assert percents(covered(visit, a_line(ordered_at=at("2026-08-11T08:00")))) == ["80"]


def test_decree_188_article_50_6_a_late_card_pays_from_its_minute_but_in_an_emergency() -> None:
    lines = (a_line(ordered_at=at("2026-08-10T08:59")), a_line(ordered_at=at("2026-08-10T09:00")))
    shown = at("2026-08-10T09:00")

    assert percents(covered(a_visit(card_shown_at=shown), *lines)) == ["0", "80"]
    emergency = a_visit(card_shown_at=shown, category="2")
    assert percents(covered(emergency, *lines)) == ["80", "80"]


_IN, _OUT = "03", "01"
_ALWAYS_FULL = "1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.11 1.16 1.17 2 3.3 7"


@pytest.mark.parametrize("category", _ALWAYS_FULL.split())
@pytest.mark.parametrize("visit_type", [_IN, _OUT])
def test_decision_3276_full_route_in_every_stay(category: str, visit_type: str) -> None:
    result = covered(a_visit(category=category, visit_type=visit_type), a_line())

    assert result.factor == 100
    assert percents(result) == ["100" if category == "1.2" else "80"]


@pytest.mark.parametrize(
    ("category", "stays", "factor"),
    [
        ("1.12", _OUT, 100),
        ("1.13", _OUT, 50),
        ("1.14", _OUT, 50),
        ("1.18", _OUT, 50),
        ("1.15", _IN, 100),
        ("3.2", _IN, 100),
        ("3.6", _IN, 100),
    ],
)
def test_decision_3276_a_category_of_one_stay_is_refused_for_the_other(
    category: str, stays: str, factor: int
) -> None:
    result = covered(a_visit(category=category, visit_type=stays), a_line())
    assert result.factor == factor

    other = _IN if stays == _OUT else _OUT
    with pytest.raises(CategoryVisitTypeMismatch):
        covered(a_visit(category=category, visit_type=other), a_line())


@pytest.mark.parametrize("visit_type", ["03", "04", "09"])
def test_inpatient_is_03_04_and_09(visit_type: str) -> None:
    assert covered(a_visit(category="3.1", visit_type=visit_type), a_line()).factor == 40


@pytest.mark.parametrize("visit_type", ["01", "02", "05", "06", "07", "08", "10"])
def test_outpatient_is_every_other_type(visit_type: str) -> None:
    assert covered(a_visit(category="3.1", visit_type=visit_type), a_line()).factor == 0


@pytest.mark.parametrize("category", ["1.13", "1.14", "1.18"])
def test_decree_188_article_19_half_a_level_from_july_2026_by_the_day_of_arrival(
    category: str,
) -> None:
    before = a_visit(
        category=category, date_in=at("2026-06-30T23:59"), date_out=at("2026-07-01T01:00")
    )
    after = a_visit(
        category=category, date_in=at("2026-07-01T00:00"), date_out=at("2026-07-01T01:00")
    )

    assert percents(covered(before, a_line())) == ["0"]
    assert percents(covered(after, a_line())) == ["40"]


def test_factor_0_makes_everything_own_money() -> None:
    result = covered(a_visit(category="3.1"), a_line())

    assert result.lines[0].own == 1_000_000
    assert result.lines[0].entitlement.uncovered is Uncovered.ROUTE


@pytest.mark.parametrize("category", ["1.8", "1.9", "4", "", "1.10", "11", "9.0"])
def test_a_category_outside_the_table_is_refused(category: str) -> None:
    with pytest.raises(CodeUnknown):
        covered(a_visit(category=category), a_line())


@pytest.mark.parametrize("category", ["7.2", "7.3", "7.4", "10"])
def test_a_category_that_follows_another_case_needs_its_factor(category: str) -> None:
    with pytest.raises(CodeUnknown):
        covered(a_visit(category=category), a_line())

    given = a_visit(category=category, followed_factor=Decimal(50))
    assert percents(covered(given, a_line())) == ["40"]


def test_category_8_carries_no_lines() -> None:
    assert covered(a_visit(category="8")).patient_pays == vnd(0)
    with pytest.raises(CodeUnknown):
        covered(a_visit(category="8"), a_line())


def test_scope_2_is_the_patients_and_scope_3_is_for_digit_5_alone() -> None:
    lines = (a_line(scope=UNLISTED), a_line(scope=FOR_THE_FORCES), a_line())

    assert percents(covered(a_visit(a_card("DN2")), *lines)) == ["0", "0", "100"]
    assert percents(covered(a_visit(a_card("DN5")), *lines)) == ["0", "100", "100"]


def test_the_ratio_of_an_item_holds_for_digit_1_too() -> None:
    result = covered(a_visit(a_card("TE1")), a_drug(insurance_rate=Decimal(50)))

    assert (result.lines[0].insured, result.lines[0].own) == (500_000, 500_000)


def test_decree_188_article_20_the_difference_of_prices_is_own_money() -> None:
    result = covered(a_visit(), a_line(900_000, fund_price=Decimal(536_000)))

    assert result.lines[0].own == 364_000


def test_the_funds_price_is_never_above_the_hospitals() -> None:
    result = covered(a_visit(), a_line(500_000, fund_price=Decimal(900_000)))

    assert (result.lines[0].insured, result.lines[0].own) == (500_000, 0)


def test_a_service_without_a_price_of_the_fund_is_own_money_at_the_cards_level() -> None:
    result = covered(a_visit(), a_line(fund_price=Decimal(0)), a_line())

    assert result.lines[0].own == 1_000_000
    assert percents(result) == ["80", "80"]


def test_decision_4750_ratio_of_the_service_takes_off_cost_and_insured_part() -> None:
    line = a_line(1_000_000, fund_price=Decimal(800_000), service_rate=Decimal(50))

    [split] = covered(a_visit(), line).lines

    assert (split.cost, split.insured, split.own) == (500_000, 400_000, 100_000)


def test_decision_4750_alternative_cost_collects_no_difference_on_the_reduced_part() -> None:
    line = a_line(
        1_000_000,
        fund_price=Decimal(800_000),
        service_rate=Decimal(50),
        without_difference=True,
    )

    [split] = covered(a_visit(), line).lines

    # 1,000,000 - 800,000 x 50 %.
    assert (split.cost, split.insured, split.own) == (600_000, 400_000, 200_000)


def test_xml2_has_no_ratio_of_service_and_no_second_price() -> None:
    line = a_drug(1_000, fund_price=Decimal(1), service_rate=Decimal(50), without_difference=True)

    [split] = covered(a_visit(), line).lines

    assert (split.cost, split.insured) == (1_000, 1_000)


@pytest.mark.parametrize(("total", "level"), [(379_499, "100"), (379_500, "80")])
def test_law_article_22_1_below_15_per_cent_of_the_salary_is_whole(total: int, level: str) -> None:
    assert percents(covered(a_visit(), a_line(total))) == [level]


def test_law_article_22_1_counts_insured_parts_only() -> None:
    small = covered(
        a_visit(),
        a_line(379_000),
        a_line(5_000_000, scope=UNLISTED),
        a_drug(900, insurance_rate=Decimal(50)),
    )

    assert small.is_small
    assert percents(small) == ["100", "0", "100"]


def test_law_article_22_1_counts_after_the_cap_and_before_support_to_the_facility() -> None:
    pooled = a_line(400_000, sources=aid(100_000), mode=Mode.POOL)

    result = covered(a_visit(), pooled)

    assert not result.is_small
    assert result.totals.insured == 300_000


def test_law_article_22_1_nothing_insured_is_no_small_visit() -> None:
    assert not covered(a_visit(), a_line(100, scope=UNLISTED)).is_small


def test_coverage_d1_the_salary_of_admission_or_by_policy_of_discharge() -> None:
    stay = a_visit(visit_type="03", date_in=at("2026-06-30T08:00"), date_out=at("2026-07-02T08:00"))
    by_discharge = Policy(base_salary_key=SalaryDay.DISCHARGE)

    assert covered(stay, a_line(360_000)).threshold == 351_000
    result = covered(stay, a_line(360_000), policy=by_discharge)
    assert (result.threshold, result.is_small) == (379_500, True)


def test_coverage_d2_a_small_visit_on_a_reduced_route_is_paid_at_the_factor() -> None:
    visit = a_visit(category="1.13")

    assert percents(covered(visit, a_line(1_000))) == ["50"]
    other = Policy(threshold_on_reduced_route=False)
    result = covered(visit, a_line(1_000), policy=other)
    assert percents(result) == ["40"]
    assert result.is_small


def test_circular_01_article_3_commune_level_is_whole_whatever_the_card() -> None:
    result = covered(a_visit(a_card("DN4"), category="1.2"), a_line())

    assert result.lines[0].entitlement.level_by is LevelBy.COMMUNE
    assert percents(result) == ["100"]


@pytest.mark.parametrize(
    ("certificate", "ordered", "level"),
    [
        ("2026-08-10T00:00", "2026-08-10T00:00", "100"),
        ("2026-08-10T09:00", "2026-08-10T08:59", "80"),
        ("2026-08-10T09:00", "2026-08-10T09:00", "100"),
        ("2025-12-31T00:00", "2026-08-10T09:00", "80"),
        ("2026-01-01T00:00", "2026-08-10T09:00", "100"),
    ],
)
def test_decree_188_article_18_2_certificate_by_order_time_in_its_year(
    certificate: str, ordered: str, level: str
) -> None:
    visit = a_visit(exempt_from=at(certificate))

    assert percents(covered(visit, a_line(ordered_at=at(ordered)))) == [level]


def test_decree_188_article_18_2_exemption_ends_with_the_year() -> None:
    stay = a_visit(
        visit_type="03",
        exempt_from=at("2026-12-30T00:00"),
        date_in=at("2026-12-30T08:00"),
        date_out=at("2027-01-02T08:00"),
    )
    lines = (a_line(ordered_at=at("2026-12-31T23:59")), a_line(ordered_at=at("2027-01-01T00:00")))

    assert percents(covered(stay, *lines)) == ["100", "80"]


@pytest.mark.parametrize(("paid", "level"), [(15_180_000, "80"), ("15180000.01", "100")])
def test_decree_188_article_18_2_strictly_above_six_salaries(paid: int | str, level: str) -> None:
    visit = a_visit(copay_of_the_year=Decimal(paid), five_years_from=at("2020-01-01T00:00").date())

    assert percents(covered(visit, a_line())) == [level]


def test_decree_188_article_18_2_needs_five_years_by_the_day_of_the_order() -> None:
    visit = a_visit(
        copay_of_the_year=Decimal(20_000_000),
        five_years_from=at("2026-08-11T00:00").date(),
        date_out=at("2026-08-12T08:00"),
        visit_type="03",
    )
    lines = (a_line(ordered_at=at("2026-08-10T23:59")), a_line(ordered_at=at("2026-08-11T00:00")))

    assert percents(covered(visit, *lines)) == ["80", "100"]


def test_decree_188_article_18_2_ceiling_is_that_of_the_day_of_discharge() -> None:
    stay = a_visit(
        visit_type="03",
        date_in=at("2026-06-30T08:00"),
        date_out=at("2026-07-01T08:00"),
        copay_of_the_year=Decimal(14_500_000),
        five_years_from=at("2020-01-01T00:00").date(),
    )

    # Above 14,040,000 of June and below 15,180,000 of July.
    assert percents(covered(stay, a_line())) == ["80"]


def test_the_ceiling_is_crossed_in_the_order_of_the_orders_not_of_the_bill() -> None:
    visit = a_visit(
        copay_of_the_year=Decimal(15_000_000), five_years_from=at("2020-01-01T00:00").date()
    )
    later, earlier = at("2026-08-10T09:30"), at("2026-08-10T09:00")

    result = covered(visit, a_line(ordered_at=later), a_line(ordered_at=earlier))

    assert percents(result) == ["100", "80"]


def test_only_what_the_patient_pays_himself_counts_towards_the_ceiling() -> None:
    visit = a_visit(
        copay_of_the_year=Decimal(15_000_000), five_years_from=at("2020-01-01T00:00").date()
    )

    result = covered(visit, a_line(sources=aid(200_000)), a_line())

    assert percents(result) == ["80", "80"]


def test_co_payments_of_reduced_routes_do_not_count_towards_the_ceiling() -> None:
    visit = a_visit(
        category="3.1",
        visit_type="03",
        copay_of_the_year=Decimal(15_180_000),
        five_years_from=at("2020-01-01T00:00").date(),
    )
    everywhere = Policy(exempt_on_reduced_route=True)

    assert percents(covered(visit, a_line(), a_line(), policy=everywhere)) == ["32", "32"]


def test_coverage_d4_exemption_on_a_reduced_route_only_by_policy() -> None:
    visit = a_visit(category="3.1", visit_type="03", exempt_from=at("2026-08-01T00:00"))

    assert percents(covered(visit, a_line())) == ["32"]
    everywhere = Policy(exempt_on_reduced_route=True)
    assert percents(covered(visit, a_line(), policy=everywhere)) == ["40"]


def test_circular_04_2017_package_is_capped_at_45_salaries_in_the_order_of_the_bill() -> None:
    lines = [
        a_line(60_000_000, group=10, package="G1", service="S", ordered_at=at(f"2026-08-10T{t}"))
        for t in ("09:00", "08:30", "08:00")
    ]

    result = covered(a_visit(), *lines)

    assert [line.insured for line in result.lines] == [60_000_000, 53_850_000, 0]
    assert [line.cut for line in result.lines] == [0, 6_150_000, 60_000_000]
    assert [line.own for line in result.lines] == [0, 6_150_000, 60_000_000]
    assert result.warnings == (Warned.PACKAGE_CAPPED,)


def test_circular_04_2017_one_use_is_one_service_and_one_package() -> None:
    lines = (
        a_line(100_000_000, package="G1", service="A"),
        a_line(100_000_000, package="G1", service="B"),
        a_line(100_000_000, package="G2", service="A"),
        a_line(200_000_000, service="A"),
    )

    result = covered(a_visit(), *lines)

    assert result.warnings == ()
    assert result.totals.insured == 500_000_000


def test_circular_04_2017_the_cap_itself_is_not_cut() -> None:
    line = a_line(113_850_000, package="G1", service="A")

    assert covered(a_visit(), line).warnings == ()


def test_coverage_d6_the_forty_salaries_of_one_service_are_off_unless_chosen() -> None:
    line = a_line(150_000_000, service="A")

    assert covered(a_visit(), line).totals.insured == 150_000_000
    capped = covered(a_visit(), line, policy=Policy(service_cap=True))
    assert capped.totals.insured == 101_200_000
    assert capped.warnings == ()


def test_decision_130_support_to_the_patient_pays_own_money_co_payment_then_the_fund() -> None:
    def split(amount: int) -> tuple[Decimal, ...]:
        line = a_line(fund_price=Decimal(800_000), sources=aid(amount))
        [one] = covered(a_visit(), line).lines
        return one.own, one.copayment, one.fund, one.others

    assert split(150_000) == (50_000, 160_000, 640_000, 150_000)
    assert split(300_000) == (0, 60_000, 640_000, 300_000)
    assert split(999_999) == (0, 0, 1, 999_999)


def test_decision_130_support_to_the_facility_comes_off_the_cost_first() -> None:
    line = a_line(fund_price=Decimal(500_000), sources=aid(300_000), mode=Mode.POOL)

    [one] = covered(a_visit(), line).lines

    # 500,000 x (1,000,000 - 300,000) / 1,000,000.
    assert one.insured == 350_000
    assert (one.own, one.copayment, one.fund) == (350_000, 70_000, 280_000)


def test_decision_130_a_programme_pays_the_co_payment_whatever_was_typed() -> None:
    line = a_drug(mode=Mode.SPECIAL, sources=aid(5_000_000))

    [one] = covered(a_visit(), line).lines

    assert (one.others, one.copayment, one.fund) == (200_000, 0, 800_000)


@pytest.mark.parametrize("mode", [Mode.PERSONAL, Mode.POOL])
@pytest.mark.parametrize("amount", ["1000000", "1000000.01", "999999.995", "-1"])
def test_decision_130_other_payers_stand_between_0_and_the_cost(mode: Mode, amount: str) -> None:
    with pytest.raises(OtherSourceNotBelowCost) as refused:
        covered(a_visit(), a_line(), a_line(sources=aid(amount), mode=mode))

    assert refused.value.extras["field"] == "lines[1].other"


def test_decision_130_four_sources_of_nothing_are_no_support() -> None:
    assert covered(a_visit(), a_line(0, sources=Sources())).totals.others == 0


def test_other_payers_on_an_uncovered_line_pay_own_money() -> None:
    [one] = covered(a_visit(), a_line(scope=UNLISTED, sources=aid(400_000))).lines

    assert (one.own, one.others, one.fund) == (600_000, 400_000, 0)


def test_decision_130_fund_for_service_leaves_capitation_and_case_groups_out() -> None:
    lines = [a_line(method=method) for method in "123"]

    assert covered(a_visit(), *lines).totals.fund_for_service == 800_000


@pytest.mark.parametrize("letters", ["QN", "CA", "CY"])
def test_decision_130_fund_for_service_is_nothing_with_any_card_of_the_forces(
    letters: str,
) -> None:
    visit = a_visit(a_card("HN2"), a_card(f"{letters}5", "2020-01-01", "2020-12-31"))

    assert covered(visit, a_line()).totals.fund_for_service == 0


def test_co_payment_is_the_rest_and_never_rounded_by_itself() -> None:
    [one] = covered(a_visit(a_card("HT3")), a_line("1000000.1", quantity=Decimal(1))).lines

    assert (one.fund, one.copayment) == (Decimal("950000.10"), Decimal("50000.00"))


def test_the_patient_pays_whole_dong_half_up() -> None:
    assert covered(a_visit(), a_drug("0.5", scope=UNLISTED)).patient_pays == vnd(1)
    assert covered(a_visit(), a_drug("0.49", scope=UNLISTED)).patient_pays == vnd(0)


def test_supplies_are_groups_10_and_11_of_xml3() -> None:
    lines = (a_line(group=10), a_line(group=11), a_line(group=12), a_drug())

    totals = covered(a_visit(), *lines).totals

    assert (totals.supplies, totals.drugs) == (2_000_000, 1_000_000)


def test_no_card_covers_nothing() -> None:
    result = covered(a_visit(a_card("DN4", "2020-01-01", "2020-12-31")), a_line())

    assert result.lines[0].entitlement.uncovered is Uncovered.NO_CARD
    assert result.patient_pays == vnd(1_000_000)
