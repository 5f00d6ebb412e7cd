"""The fields that a sound payment code tells, and what is odd about it without making it wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypedDict, cast

from payments.qr import emv
from payments.qr.emv import Service
from payments.qr.rules import Content, Scheme

_POINT_OF_INITIATION: Final = {emv.STATIC: "static", emv.DYNAMIC: "dynamic"}
_BEFORE_ADDITIONAL: Final = {
    emv.TIP_INDICATOR: "tip",
    emv.FEE_FIXED: "fee_fixed",
    emv.FEE_PERCENTAGE: "fee_percent",
    emv.TRANSACTION_CURRENCY: "currency",
    emv.COUNTRY_CODE: "country",
    emv.MERCHANT_CATEGORY_CODE: "mcc",
    emv.MERCHANT_NAME: "merchant_name",
    emv.MERCHANT_CITY: "merchant_city",
    emv.POSTAL_CODE: "postal_code",
}
_PLAIN_EMV: Final = (emv.MERCHANT_CATEGORY_CODE, emv.MERCHANT_NAME, emv.MERCHANT_CITY)


class Parsed(TypedDict, total=False):
    """
    Fields by name; absent when not in the code. ``amount`` is in whole đồng.

    ``poi`` (for NAPAS also ``service``) is always there, and null when the code leaves it out.
    """

    scheme: Scheme
    poi: str | None
    bin: str
    account: str
    service: str | None
    merchant_id: str
    mai: dict[str, str]
    amount: int
    amount_text: str
    tip: str
    fee_fixed: str
    fee_percent: str
    currency: str
    country: str
    mcc: str
    merchant_name: str
    merchant_city: str
    postal_code: str
    bill_number: str
    mobile: str
    store_label: str
    loyalty_number: str
    reference: str
    customer_label: str
    terminal: str
    purpose: str
    data_request: str
    additional_other: dict[str, str]
    lang: dict[str, str]
    other: dict[str, str]
    crc: str


def parsed_from(content: Content) -> Parsed:
    """Name the fields of a sound payload."""
    root, additional = content.root, content.additional
    groups = {
        "additional_other": _present(additional, set(additional) - set(emv.ADDITIONAL_NAMES)),
        "lang": _named(content.language, emv.LANGUAGE_NAMES),
        "other": _present(root, emv.RESERVED),
    }
    named: dict[str, object] = {
        "scheme": content.scheme,
        "poi": _POINT_OF_INITIATION.get(root.get(emv.POINT_OF_INITIATION, "")),
        **_payee(content),
        **_amount(content),
        **_named(root, _BEFORE_ADDITIONAL),
        **_named(additional, emv.ADDITIONAL_NAMES),
        **{name: group for name, group in groups.items() if group},
        "crc": root[emv.CRC].upper(),
    }
    return cast(Parsed, named)


def warnings_of(text: str, content: Content) -> list[str]:
    """Tell, sorted, what is odd about a sound payload; *text* is the whole of it."""
    return sorted({*_oddities_of_form(text, content), *_oddities_of_payment(content)})


def _payee(content: Content) -> dict[str, object]:
    match content.scheme:
        case "napas":
            return {
                "bin": content.beneficiary[emv.ACQUIRER_BIN],
                "account": content.beneficiary[emv.CONSUMER_ID],
                "service": content.napas.get(emv.NAPAS_SERVICE) or None,
            }
        case "vnpay":
            return {"merchant_id": content.vnpay[emv.VNPAY_MERCHANT_ID]}
        case "other":
            return {"mai": _present(content.root, emv.MERCHANT_ACCOUNTS)}


def _amount(content: Content) -> dict[str, object]:
    text = content.root.get(emv.TRANSACTION_AMOUNT)
    if not text:
        return {}
    return {"amount": _dong(text)} if content.in_dong else {"amount_text": text}


def _dong(text: str) -> int:
    return int(text.partition(".")[0])


def _named(objects: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {name: objects[key] for key, name in names.items() if objects.get(key)}


def _present(objects: Mapping[str, str], keys: set[str] | tuple[str, ...]) -> dict[str, str]:
    return {key: value for key, value in objects.items() if key in keys and value}


def _oddities_of_form(text: str, content: Content) -> Iterator[str]:
    if not text.isascii():
        yield "W_NON_ASCII"
    if content.root[emv.CRC] != content.root[emv.CRC].upper():
        yield "W_CRC_LOWERCASE"
    levels = (
        content.root,
        content.napas,
        content.vnpay,
        content.beneficiary,
        content.additional,
        content.language,
    )
    if any("" in level.values() for level in levels):
        yield "W_ZERO_LENGTH"
    if _exceeds(content.root, emv.ROOT_LIMITS) or _exceeds(
        content.additional, emv.ADDITIONAL_LIMITS
    ):
        yield "W_FIELD_TOO_LONG"


def _exceeds(objects: Mapping[str, str], limits: Mapping[str, int]) -> bool:
    return any(len(objects.get(key, "")) > limit for key, limit in limits.items())


def _oddities_of_payment(content: Content) -> Iterator[str]:
    root, service = content.root, content.napas.get(emv.NAPAS_SERVICE)
    if content.scheme == "napas" and not service:
        yield "W_SERVICE_MISSING"
    if content.in_dong:
        yield from _oddities_of_amount(content, root.get(emv.TRANSACTION_AMOUNT, ""))
    is_plain_emv = content.scheme != "napas" or service in (Service.MERCHANT, Service.CASH)
    if is_plain_emv and not all(root.get(object_id) for object_id in _PLAIN_EMV):
        yield "W_EMV_FIELD_MISSING"


def _oddities_of_amount(content: Content, amount: str) -> Iterator[str]:
    initiation = content.root.get(emv.POINT_OF_INITIATION)
    if not amount:
        if initiation == emv.DYNAMIC:
            yield "W_DYNAMIC_WITHOUT_AMOUNT"
        return
    if initiation == emv.STATIC:
        yield "W_STATIC_WITH_AMOUNT"
    if "." in amount or amount.startswith("0"):
        yield "W_AMOUNT_FORMAT"
    is_transfer = (
        content.scheme == "napas" and content.napas.get(emv.NAPAS_SERVICE) in emv.TRANSFERS
    )
    if is_transfer and _dong(amount) >= emv.TRANSFER_LIMIT:
        yield "W_AMOUNT_OVER_LIMIT"
