"""Writes results as case files spell them: official names, amounts as plain decimals."""

from __future__ import annotations

from decimal import Decimal

from payments.insurance.coverage.result import Coverage, CoveredLine, Totals


def coverage(result: Coverage) -> dict[str, object]:
    """Write the ``expected`` of a visit."""
    return {
        "base_salary": whole(result.base_salary.amount),
        "threshold": whole(result.threshold),
        "below_threshold": result.is_small,
        "route_factor": whole(result.factor),
        "lines": [_line(line) for line in result.lines],
        "totals": _totals(result.totals),
        "patient_payable_vnd": result.patient_pays.dong,
        "warnings": [warned.value for warned in result.warnings],
    }


def plain(amount: Decimal) -> str:
    """Write no exponent and no zeros at the end: ``3998134.8``."""
    if not amount:
        return "0"
    text = str(amount)
    # Nearly all are whole đồng with the decimals of a claim.
    if text.endswith(".00"):
        return text[:-3]
    if "E" in text:
        text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(amount: Decimal) -> int | str:
    """Write a number of JSON where the amount is whole, else its decimals."""
    return int(amount) if amount == amount.to_integral_value() else plain(amount)


def _line(line: CoveredLine) -> dict[str, object]:
    return {
        "line": line.number,
        "THANH_TIEN_BV": plain(line.cost),
        "THANH_TIEN_BH": plain(line.insured),
        "MUC_HUONG": plain(line.entitlement.percent),
        "T_NGUONKHAC": plain(line.others),
        "T_BNTT": plain(line.own),
        "T_BNCCT": plain(line.copayment),
        "T_BHTT": plain(line.fund),
    }


def _totals(totals: Totals) -> dict[str, object]:
    return {
        "T_THUOC": plain(totals.drugs),
        "T_VTYT": plain(totals.supplies),
        "T_TONGCHI_BV": plain(totals.cost),
        "T_TONGCHI_BH": plain(totals.insured),
        "T_BNTT": plain(totals.own),
        "T_BNCCT": plain(totals.copayment),
        "T_BHTT": plain(totals.fund),
        "T_NGUONKHAC": plain(totals.others),
        "T_BHTT_GDV": plain(totals.fund_for_service),
    }
