"""
What we send to S-Invoice (web service of version 2, JSON), as pure functions.

The names are the provider's own; where its public clients differ, the choice is said here.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from adapters._wire.exchange import Call, form_call, json_call
from adapters._wire.fields import as_epoch_ms
from payments.external.einvoices import Account, Draft, Item, Kind
from payments.kernel.calendar import HospitalDay
from payments.kernel.secret import Secret

_API: Final = "/services/einvoiceapplication/api/InvoiceAPI/InvoiceWS"
LOGIN_PATH: Final = "/auth/login"
ISSUE_PATH: Final = f"{_API}/createInvoice/"
FIND_PATH: Final = f"{_API}/searchInvoiceByTransactionUuid"
_ADJUSTMENT_TYPES: Final = {Kind.ORIGINAL: "1", Kind.REPLACEMENT: "3", Kind.ADJUSTMENT: "5"}
#: Of an adjustment: it changes money, not the words.
_OF_MONEY: Final = "1"
#: Services of examination and treatment bear no value-added tax (Law on VAT, article 5).
_NOT_TAXED: Final = -2
#: Cash or transfer: the sources of one e-invoice may be of both.
_CASH_OR_TRANSFER: Final = "TM/CK"


def login_call(account: Account) -> Call:
    """Ask for a token; it is the only call that carries the password."""
    return json_call(LOGIN_PATH, {"username": account.user, "password": account.password.reveal()})


def issue_call(account: Account, token: Secret[str], draft: Draft) -> Call:
    path = ISSUE_PATH + quote(account.tax_code, safe="")
    return json_call(path, body(account, draft), _session(token))


def find_call(account: Account, token: Secret[str], draft: Draft) -> Call:
    fields = (("supplierTaxCode", account.tax_code), ("transactionUuid", str(draft.name)))
    return form_call(FIND_PATH, fields, _session(token))


def series_of(account: Account, draft: Draft) -> str:
    """Name the series of the year of issue: ``C26TVP`` (Circular 78/2021/TT-BTC, article 4)."""
    year = HospitalDay.of(draft.dated_at).date.year % 100
    return account.series.replace("{yy}", f"{year:02d}")


def body(account: Account, draft: Draft) -> dict[str, Any]:
    """Write *draft* as the provider wants it: amounts without sign, their direction beside them."""
    is_more = draft.amount.dong >= 0
    amount = abs(draft.amount).dong
    return {
        "generalInvoiceInfo": _general(account, draft),
        "buyerInfo": _buyer(draft),
        "payments": [{"paymentMethodName": _CASH_OR_TRANSFER}],
        "itemInfo": [
            _item(number, one, draft, is_more=is_more)
            for number, one in enumerate(draft.items, start=1)
        ],
        "taxBreakdowns": [
            {
                "taxPercentage": _NOT_TAXED,
                "taxableAmount": amount,
                "taxAmount": 0,
                "taxableAmountPos": is_more,
                "taxAmountPos": is_more,
            }
        ],
        "summarizeInfo": {
            "totalAmountWithoutTax": amount,
            "totalTaxAmount": 0,
            "totalAmountWithTax": amount,
            "isTotalAmountPos": is_more,
        },
    }


def _general(account: Account, draft: Draft) -> dict[str, Any]:
    told: dict[str, Any] = {
        "transactionUuid": str(draft.name),
        "invoiceType": account.template.split("/")[0],
        "templateCode": account.template,
        "invoiceSeries": series_of(account, draft),
        "invoiceIssuedDate": as_epoch_ms(draft.dated_at),
        "currencyCode": "VND",
        "adjustmentType": _ADJUSTMENT_TYPES[draft.kind],
        "paymentStatus": True,
        "cusGetInvoiceRight": True,
    }
    if draft.corrects is not None:
        told |= {
            "originalInvoiceId": draft.corrects.number,
            "originalInvoiceIssueDate": as_epoch_ms(draft.corrects.issued_at),
            "originalTemplateCode": draft.corrects.template,
            "additionalReferenceDesc": draft.reason,
            "additionalReferenceDate": as_epoch_ms(draft.dated_at),
        }
    if draft.kind is Kind.ADJUSTMENT:
        told["adjustmentInvoiceType"] = _OF_MONEY
    return told


def _buyer(draft: Draft) -> dict[str, str]:
    told = {
        "buyerName": draft.buyer.name,
        "buyerLegalName": draft.buyer.unit,
        "buyerTaxCode": draft.buyer.tax_code,
        "buyerAddressLine": draft.buyer.address,
    }
    return {name: value for name, value in told.items() if value}


def _item(number: int, item: Item, draft: Draft, *, is_more: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "lineNumber": number,
        "selection": 1,
        "itemName": item.name,
        "quantity": item.quantity,
        "unitPrice": abs(item.price).dong,
        "itemTotalAmountWithoutTax": abs(item.amount).dong,
        "taxPercentage": _NOT_TAXED,
        "taxAmount": 0,
        "itemTotalAmountWithTax": abs(item.amount).dong,
    }
    if draft.kind is Kind.ADJUSTMENT:
        told["isIncreaseItem"] = is_more
    return told


def _session(token: Secret[str]) -> dict[str, str]:
    return {"cookie": f"access_token={token.reveal()}"}
