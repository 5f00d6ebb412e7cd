"""Compares what a visit declares with its own formulas, its own sums, and the computed split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from payments.claims.fields import is_number
from payments.claims.findings import Finding, plain
from payments.claims.recomputing import ReadLine, near
from payments.claims.tables import Record
from payments.insurance.coverage import Coverage
from payments.insurance.coverage.model import ZERO, Mode, Scope, Table
from payments.insurance.coverage.result import CoveredLine
from payments.insurance.coverage.rounding import dong, round2
from payments.kernel.money import Money

#: What imported totals may differ by on a visit, in đồng.
VISIT_TOLERANCE: Final = Decimal(1)
_SUPPLIES: Final = (10, 11)
_FORCES: Final = ("QN", "CA", "CY")
_FOUR: Final = tuple(f"T_NGUONKHAC_{name}" for name in ("NSNN", "VTNN", "VTTN", "CL"))
#: Looking a member up in its class costs as much as a multiplication.
_XML2: Final = Table.XML2
_NOT_LISTED: Final = Scope.UNLISTED
_PERSONAL: Final = Mode.PERSONAL


def of_support(row: Record) -> Iterator[Finding]:
    """Decision 130: another payer's money is above 0 and below the cost of its line."""
    if not row["T_NGUONKHAC"].strip("0."):
        # Nearly all rows: there is none.
        return
    if not (is_number(row["T_NGUONKHAC"]) and is_number(row["THANH_TIEN_BV"])):
        # That has a finding of its own.
        return
    support, cost = row.amount("T_NGUONKHAC"), row.amount("THANH_TIEN_BV")
    if support > 0 and support >= cost:
        yield row.finding(
            "OTHER_SOURCE_NOT_BELOW_COST",
            "T_NGUONKHAC",
            declared=plain(support)[:40],
            expected=plain(cost)[:40],
        )


def of_line(read: ReadLine, covered: CoveredLine | None, left: Decimal) -> Iterator[Finding]:
    """
    Hold the figures of a row against each other.

    *covered* knows what a cap has left of the insured part; *left* says so where no card does.
    """
    row, found = read.record, read.formulas
    cost, insured, level, own, copayment, fund, support = read.declared
    if not near(cost, found.cost) and not near(cost, found.other_cost):
        yield _found(row, "LINE_BV_FORMULA", "THANH_TIEN_BV", cost, found.cost)
    if covered is not None and covered.entitlement.card is not None:
        left = covered.insured if covered.cut else found.insured
    if not (near(insured, found.insured) or near(insured, found.pooled) or near(insured, left)):
        yield _found(row, "LINE_BH_FORMULA", "THANH_TIEN_BH", insured, found.insured)
    share = round2(insured * level / 100)
    # Only support to the patient that has used up their parts takes off the fund's.
    is_personal = support > 0 and read.line.mode is _PERSONAL
    is_used_up = is_personal and own == 0 and copayment == 0 and fund < share
    if not near(fund, share) and not is_used_up:
        yield _found(row, "LINE_BHTT_FORMULA", "T_BHTT", fund, share)
    parts = own + copayment + fund + support
    if not near(cost, parts):
        yield _found(row, "LINE_SPLIT_SUM", "THANH_TIEN_BV", cost, parts)
    four = sum(map(row.amount, _FOUR), ZERO)
    if not near(support, four):
        yield _found(row, "LINE_NK_SUM", "T_NGUONKHAC", support, four)
    if read.line.scope is _NOT_LISTED and (insured > 0 or fund > 0):
        field = "THANH_TIEN_BH" if insured > 0 else "T_BHTT"
        yield _found(row, "SCOPE2_WITH_FUND", field, max(insured, fund), ZERO)


def of_totals(summary: Record, lines: Sequence[ReadLine]) -> Iterator[Finding]:
    """Hold the totals of XML1 against the declared rows and against each other."""
    for field, expected in _sums(summary, lines).items():
        declared = summary.amount(field)
        if abs(declared - expected) > VISIT_TOLERANCE:
            yield summary.finding(
                f"SUM_{field}",
                field,
                declared=plain(declared),
                expected=plain(expected),
                found=plain(expected),
            )
    cost, insured, own, copayment, fund, support = (summary.amount(field) for field in _ORDER)
    if abs(fund - (insured - copayment)) > VISIT_TOLERANCE:
        yield _found(summary, "BHTT_NE_BH_MINUS_CCT", "T_BHTT", fund, insured - copayment)
    if abs(cost - (insured + support + own)) > VISIT_TOLERANCE:
        whole = insured + support + own
        yield _found(summary, "FORM01_COL2_NE_3_6_7", "T_TONGCHI_BV", cost, whole)


_ORDER: Final = ("T_TONGCHI_BV", "T_TONGCHI_BH", "T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC")


def of_levels(read: ReadLine, covered: CoveredLine) -> Iterator[Finding]:
    """Hold the declared level against that of the computed line; one finding a line."""
    row, declared, entitled = read.record, read.declared.level, covered.entitlement
    # Whatever else keeps the fund away, without a card no level can be said.
    if entitled.card is None and read.declared.fund > 0:
        yield row.finding("CARD_NOT_VALID", "NGAY_YL", declared=row["NGAY_YL"])
    elif declared > entitled.percent:
        yield _found(row, "LEVEL_ABOVE_ENTITLEMENT", "MUC_HUONG", declared, entitled.percent)
    elif declared < entitled.percent:
        yield _found(row, "LEVEL_BELOW_ENTITLEMENT", "MUC_HUONG", declared, entitled.percent)


def of_payment(summary: Record, result: Coverage) -> Iterator[Finding]:
    """Say once that the fund is asked for more than it will pay."""
    declared, expected = summary.amount("T_BHTT"), result.totals.fund
    if declared - expected > VISIT_TOLERANCE:
        yield _found(summary, "EXPECTED_SHORT_PAYMENT", "T_BHTT", declared, expected)


def of_collection(summary: Record, collected: Money) -> Iterator[Finding]:
    """Hold what the ledger says was collected against the patient's part, in whole đồng."""
    payable = dong(summary.amount("T_BNTT") + summary.amount("T_BNCCT"))
    if collected != payable:
        yield summary.finding(
            "PAID_NE_PAYABLE",
            "T_BNCCT",
            declared=str(payable.dong),
            expected=str(payable.dong),
            found=str(collected.dong),
        )


def _sums(summary: Record, lines: Sequence[ReadLine]) -> dict[str, Decimal]:
    """Add the declared rows up in one pass, under the names of XML1."""
    drugs = supplies = cost = insured = own = copayment = fund = support = for_service = ZERO
    for one in lines:
        declared, line = one.declared, one.line
        cost += declared.cost
        insured += declared.insured
        own += declared.own
        copayment += declared.copayment
        fund += declared.fund
        support += declared.support
        if line.table is _XML2:
            drugs += declared.cost
        elif line.group in _SUPPLIES:
            supplies += declared.cost
        if line.method == "1":
            for_service += declared.fund
    of_forces = any(card[:2] in _FORCES for card in summary["MA_THE_BHYT"].split(";"))
    return {
        "T_THUOC": drugs,
        "T_VTYT": supplies,
        "T_TONGCHI_BV": cost,
        "T_TONGCHI_BH": insured,
        "T_BNTT": own,
        "T_BNCCT": copayment,
        "T_BHTT": fund,
        "T_NGUONKHAC": support,
        "T_BHTT_GDV": ZERO if of_forces else for_service,
    }


def _found(record: Record, code: str, field: str, declared: Decimal, expected: Decimal) -> Finding:
    return record.finding(code, field, declared=plain(declared), expected=plain(expected))
