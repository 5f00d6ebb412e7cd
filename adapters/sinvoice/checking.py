"""What the stand-in of S-Invoice refuses: shape, sums, and what a correction must name."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

_SERIES: Final = re.compile("[CK][0-9]{2}[TDLMNBGHX][A-Z]{2}")
_TEMPLATE: Final = re.compile("[1-6]/[0-9]{3}")
_TYPES: Final = ("1", "3", "5")
_CORRECTS: Final = (
    ("originalInvoiceId", "ORIGINAL_INVOICE_ID_REQUIRED"),
    ("originalInvoiceIssueDate", "ORIGINAL_INVOICE_ISSUE_DATE_REQUIRED"),
    ("additionalReferenceDesc", "ADDITIONAL_REFERENCE_DESC_REQUIRED"),
    ("additionalReferenceDate", "ADDITIONAL_REFERENCE_DATE_REQUIRED"),
)


def fault_of(body: Any, tax_code: str, ours: str) -> str:
    """Give the code of what is wrong with *body*; empty where it can be issued."""
    if tax_code != ours:
        return "SUPPLIER_TAX_CODE_INVALID"
    if not isinstance(body, dict):
        return "BAD_REQUEST"
    general = body.get("generalInvoiceInfo")
    if not isinstance(general, dict):
        return "BAD_REQUEST_GENERAL_INVOICE_INFO_REQUIRED"
    return _general(general) or _buyer(body.get("buyerInfo")) or _sums(body, general)


def _general(general: dict[str, Any]) -> str:
    try:
        UUID(str(general.get("transactionUuid")))
    except ValueError:
        return "TRANSACTION_UUID_REQUIRED"
    if not _TEMPLATE.fullmatch(str(general.get("templateCode"))):
        return "TEMPLATE_NOT_FOUND"
    if not _SERIES.fullmatch(str(general.get("invoiceSeries"))):
        return "INVOICE_SERIES_INVALID"
    if type(general.get("invoiceIssuedDate")) is not int or general.get("currencyCode") != "VND":
        return "BAD_REQUEST_INVOICE_ISSUED_DATE"
    kind = general.get("adjustmentType")
    if kind not in _TYPES:
        return "ADJUSTMENT_TYPE_INVALID"
    if kind == "1":
        return "ORIGINAL_INVOICE_ID_NOT_ALLOWED" if general.get("originalInvoiceId") else ""
    return next((code for name, code in _CORRECTS if not general.get(name)), "")


def _buyer(buyer: Any) -> str:
    if not isinstance(buyer, dict) or not (buyer.get("buyerName") or buyer.get("buyerLegalName")):
        return "BUYER_NAME_REQUIRED"
    return ""


def _sums(body: dict[str, Any], general: dict[str, Any]) -> str:
    items, total = body.get("itemInfo"), body.get("summarizeInfo")
    if not isinstance(items, list) or not items or not isinstance(total, dict):
        return "BAD_REQUEST_ITEM_INFO_REQUIRED"
    if not body.get("payments"):
        return "BAD_REQUEST_PAYMENT_INFO_REQUIRED"
    amounts = [one.get("itemTotalAmountWithTax") for one in items]
    if any(type(one) is not int or one < 0 for one in amounts):
        return "ITEM_TOTAL_AMOUNT_INVALID"
    if sum(amounts) != total.get("totalAmountWithTax"):
        return "TOTAL_AMOUNT_WITH_TAX_INVALID"
    is_adjusting = general["adjustmentType"] == "5"
    if is_adjusting and any(type(one.get("isIncreaseItem")) is not bool for one in items):
        return "IS_INCREASE_ITEM_REQUIRED"
    return ""
