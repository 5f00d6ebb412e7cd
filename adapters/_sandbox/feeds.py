"""The two firms that watch the sandbox bank and tell us: what they send, signed anew each time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from adapters._sandbox.bank import BANK_NAME, Transfer
from adapters._wire.fields import as_local
from adapters._wire.strict_json import Json
from adapters.casso import signature as casso_signature
from adapters.casso.settings import SANDBOX_SETTINGS as CASSO
from adapters.sepay import signature as sepay_signature
from adapters.sepay.settings import SANDBOX_SETTINGS as SEPAY

#: Each firm numbers by itself: an id of one means nothing to the other.
_SEPAY_IDS_FROM: Final = 90_000
_CASSO_IDS_FROM: Final = 5_000_000
#: Signs forgeries: nobody has agreed on it.
_WRONG_KEY: Final = "forged"
_JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Message:
    body: bytes
    headers: Mapping[str, str]


class Feed(Protocol):
    @property
    def url(self) -> str: ...

    def message(self, transfer: Transfer, now: datetime, *, forged: bool) -> Message:
        """Write what is sent about *transfer*, signed at *now*, with a wrong key if *forged*."""
        ...


@dataclass(frozen=True, slots=True)
class SepayFeed:
    url: str
    auth: str = "hmac"
    body: str = "json"
    credential: str = field(default=SEPAY["webhook_secret"], repr=False)

    def message(self, transfer: Transfer, now: datetime, *, forged: bool) -> Message:
        fields = sepay_fields(transfer)
        content_type = "application/x-www-form-urlencoded" if self.body == "form" else _JSON
        body = urlencode(_as_form(fields)) if self.body == "form" else _json(fields)
        headers = {"content-type": content_type}
        key = _WRONG_KEY if forged else self.credential
        if self.auth == "apikey":
            return Message(body.encode(), headers | {"authorization": f"Apikey {key}"})
        timestamp = str(int(now.timestamp()))
        signed = sepay_signature.sign(body.encode(), timestamp, key)
        headers |= {"x-sepay-timestamp": timestamp, "x-sepay-signature": signed}
        return Message(body.encode(), headers)


@dataclass(frozen=True, slots=True)
class CassoFeed:
    url: str
    webhook: str = "v2"
    credential: str = field(default=CASSO["checksum_key"], repr=False)

    def message(self, transfer: Transfer, now: datetime, *, forged: bool) -> Message:
        key = _WRONG_KEY if forged else self.credential
        headers = {"content-type": _JSON}
        if self.webhook == "v1":
            body = _json({"error": 0, "data": [casso_row(transfer)]})
            return Message(body.encode(), headers | {"secure-token": key})
        message: dict[str, Json] = {"error": 0, "data": casso_fields(transfer)}
        time_ms = str(int(now.timestamp() * 1000))
        signed = casso_signature.sign(message, time_ms, key)
        return Message(_json(message).encode(), headers | {"x-casso-signature": signed})


def sepay_fields(transfer: Transfer) -> dict[str, Any]:
    """The 12 fields of SePay's webhook."""
    return {
        "id": sepay_id(transfer),
        "gateway": BANK_NAME,
        "transactionDate": as_local(transfer.at),
        "accountNumber": transfer.account,
        "subAccount": "",
        "code": None,
        "content": transfer.memo,
        "transferType": "in" if transfer.amount > 0 else "out",
        "description": f"{transfer.payer_name} {transfer.memo}",
        "transferAmount": abs(transfer.amount),
        "accumulated": transfer.balance,
        "referenceCode": transfer.reference,
    }


def casso_fields(transfer: Transfer) -> dict[str, Any]:
    """The data of Casso's webhook, version 2."""
    return {
        "id": casso_id(transfer),
        "reference": transfer.reference,
        "description": transfer.memo,
        "amount": transfer.amount,
        "runningBalance": transfer.balance,
        "transactionDateTime": as_local(transfer.at),
        "accountNumber": transfer.account,
        "bankName": BANK_NAME,
        "bankAbbreviation": "TEST",
        "virtualAccountNumber": "",
        "virtualAccountName": "",
        "counterAccountName": transfer.payer_name,
        "counterAccountNumber": transfer.payer_account,
        "counterAccountBankId": "999999",
        "counterAccountBankName": BANK_NAME,
    }


def casso_row(transfer: Transfer) -> dict[str, Any]:
    """A transaction as Casso's webhook version 1 and its list write it."""
    return {
        "id": casso_id(transfer),
        "tid": transfer.reference,
        "description": transfer.memo,
        "amount": transfer.amount,
        "cusum_balance": transfer.balance,
        "when": as_local(transfer.at),
        "bank_sub_acc_id": transfer.account,
        "subAccId": transfer.account,
        "corresponsiveName": transfer.payer_name,
        "corresponsiveAccount": transfer.payer_account,
    }


def sepay_row_v1(transfer: Transfer) -> dict[str, Any]:
    amount = transfer.amount
    return {
        "id": str(sepay_id(transfer)),
        "bank_brand_name": BANK_NAME,
        "account_number": transfer.account,
        "transaction_date": as_local(transfer.at),
        "amount_out": f"{max(-amount, 0)}.00",
        "amount_in": f"{max(amount, 0)}.00",
        "accumulated": f"{transfer.balance}.00",
        "transaction_content": transfer.memo,
        "reference_number": transfer.reference,
        "code": None,
        "sub_account": None,
        "bank_account_id": "1",
    }


def sepay_row_v2(transfer: Transfer) -> dict[str, Any]:
    amount = transfer.amount
    return {
        "id": str(transfer.uuid),
        "transaction_date": as_local(transfer.at),
        "account_number": transfer.account,
        "va": "",
        "transfer_type": "in" if amount > 0 else "out",
        "amount_in": max(amount, 0),
        "amount_out": max(-amount, 0),
        "accumulated": transfer.balance,
        "transaction_content": transfer.memo,
        "reference_number": transfer.reference,
        "code": None,
        "bank_brand_name": BANK_NAME,
        "bank_account_id": "00000000-0000-0000-0000-000000000001",
        "va_id": None,
        "webhook_success": 1,
    }


def sepay_id(transfer: Transfer) -> int:
    return _SEPAY_IDS_FROM + transfer.number


def casso_id(transfer: Transfer) -> int:
    return _CASSO_IDS_FROM + transfer.number


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_form(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in fields.items()}
