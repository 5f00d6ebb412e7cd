"""
Writing a VietQR payment code: to an account at a bank, or to a merchant id from a contract.

NAPAS VietQR format v1.0 on EMVCo QRCPS-MPM v1.1. The result is read again before it is given out:
a wrong code sends a patient's money to a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd
from payments.kernel.text import unmarked
from payments.qr import emv, tlv
from payments.qr.banks import Bank
from payments.qr.emv import Service
from payments.qr.parsing import parse
from payments.qr.rules import ACCOUNT, CATEGORY

_BIN: Final = re.compile("[0-9]{6}")
#: Banks drop what lies outside when they carry the note along.
_NOT_CARRIED: Final = re.compile("[^A-Z0-9 .-]")
_SPACES: Final = re.compile(" +")
_PURPOSE_LIMIT: Final = emv.ADDITIONAL_LIMITS[emv.PURPOSE]
_AMOUNT_MAX: Final = 10**emv.AMOUNT_LIMIT - 1


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """
    What a code shall say. Put the payment code first in *purpose*: only what follows is cut.

    There is no field for a telephone or patient number: anybody can read a printed code.
    """

    bin: str
    account: str
    amount: Money | None = None
    purpose: str = ""
    bill_number: str = ""
    store_label: str = ""
    reference: str = ""
    terminal: str = ""
    merchant_name: str = ""
    merchant_city: str = ""
    mcc: str = ""
    service: Literal[Service.TO_ACCOUNT, Service.MERCHANT] = Service.TO_ACCOUNT


class BuiltWrong(RuntimeError):
    """A built code does not read back as asked: a fault of this program, not of its input."""


def build(request: BuildRequest, banks: Mapping[str, Bank] | None = None) -> str:
    """
    Write the text of a payment code; with *banks*, only to a bank that is known to receive.

    Raises:
        InvalidField: a field of *request* cannot be written.
        BuiltWrong: the text does not read back as asked.
    """
    _check_payee(request, banks)
    _check_amount(request)
    fields = _clean_fields(request)
    text = _write(fields)
    result = parse(text)
    if not result.valid or result.warnings or result.parsed != fields | {"crc": text[-4:]}:
        raise BuiltWrong(f"a built code does not read back: {result.error}, {result.warnings}")
    return text


def clean(text: str) -> str:
    """Reduce *text* to what a bank note carries: unmarked capitals, digits, space, ``.``, ``-``."""
    carried = _NOT_CARRIED.sub("", unmarked(text).upper())
    return _SPACES.sub(" ", carried).strip()


def _check_payee(request: BuildRequest, banks: Mapping[str, Bank] | None) -> None:
    if not _BIN.fullmatch(request.bin):
        raise InvalidField("bin", "bin_digits")
    if banks is not None:
        bank = banks.get(request.bin)
        if bank is None:
            raise InvalidField("bin", "bin_unknown", bin=request.bin)
        # None (nobody knows) is refused too: the patient would find out at the desk.
        if not bank.receives:
            raise InvalidField("bin", "bin_receives_not", bank=bank.short_name)
    if not ACCOUNT.fullmatch(request.account):
        raise InvalidField("account", "account_form")


def _check_amount(request: BuildRequest) -> None:
    if request.amount is None:
        return
    is_transfer = request.service in emv.TRANSFERS
    maximum = emv.TRANSFER_LIMIT - 1 if is_transfer else _AMOUNT_MAX
    if request.amount.dong <= 0:
        raise InvalidField("amount", "amount_none")
    if request.amount.dong > maximum:
        raise InvalidField("amount", "qr_amount_limit", most=vnd(maximum))


def _clean_fields(request: BuildRequest) -> dict[str, object]:
    """Say in the words of the reader what the code shall hold; what is empty is left out."""
    amount = request.amount
    texts = {
        "mcc": _category(request),
        "merchant_name": _cut(request.merchant_name, emv.ROOT_LIMITS[emv.MERCHANT_NAME]),
        "merchant_city": _cut(request.merchant_city, emv.ROOT_LIMITS[emv.MERCHANT_CITY]),
        "bill_number": _key("bill_number", request.bill_number),
        "store_label": _key("store_label", request.store_label),
        "reference": _key("reference", request.reference),
        "terminal": _key("terminal", request.terminal),
        "purpose": _purpose(request),
    }
    for name in ("mcc", "merchant_name", "merchant_city"):
        if request.service is Service.MERCHANT and not texts[name]:
            raise InvalidField(name, "qr_merchant")
    return {
        "scheme": "napas",
        "poi": "static" if amount is None else "dynamic",
        "bin": request.bin,
        "account": request.account,
        "service": str(request.service),
        "currency": emv.DONG,
        **({} if amount is None else {"amount": amount.dong}),
        "country": emv.VIETNAM,
        **{name: text for name, text in texts.items() if text},
    }


def _category(request: BuildRequest) -> str:
    if request.mcc and not CATEGORY.fullmatch(request.mcc):
        raise InvalidField("mcc", "qr_mcc")
    return request.mcc


def _purpose(request: BuildRequest) -> str:
    purpose = clean(request.purpose)
    if request.amount is not None and not purpose:
        raise InvalidField("purpose", "qr_purpose_needed")
    cut, bill_number = _cut(purpose, _PURPOSE_LIMIT), clean(request.bill_number)
    # The first word is the payment code, and half of a code finds no invoice.
    if not cut.startswith(purpose.partition(" ")[0]) or (
        bill_number in purpose and bill_number not in cut
    ):
        raise InvalidField("purpose", "qr_purpose_cut", most=_PURPOSE_LIMIT)
    return cut


def _cut(text: str, limit: int) -> str:
    return clean(text)[:limit].rstrip()


def _key(name: str, text: str) -> str:
    """Clean a text by which something is found again; cut short it would find something else."""
    key, limit = clean(text), _PURPOSE_LIMIT
    if len(key) > limit:
        raise InvalidField(name, "too_long", most=limit)
    return key


def _write(fields: Mapping[str, object]) -> str:
    try:
        open_text = "".join(tlv.write(*item) for item in _objects(fields)) + emv.CRC + "04"
    except ValueError as error:
        raise InvalidField("payload", "qr_too_much") from error
    return f"{open_text}{tlv.crc16(open_text.encode()):04X}"


def _objects(fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Give the objects in the order of the standard."""
    yield emv.PAYLOAD_FORMAT_INDICATOR, emv.FORMAT_VERSION
    yield emv.POINT_OF_INITIATION, emv.DYNAMIC if "amount" in fields else emv.STATIC
    yield emv.NAPAS_ACCOUNT, _payee(fields)
    for object_id, name in (
        (emv.MERCHANT_CATEGORY_CODE, "mcc"),
        (emv.TRANSACTION_CURRENCY, "currency"),
        (emv.TRANSACTION_AMOUNT, "amount"),
        (emv.COUNTRY_CODE, "country"),
        (emv.MERCHANT_NAME, "merchant_name"),
        (emv.MERCHANT_CITY, "merchant_city"),
    ):
        if name in fields:
            yield object_id, str(fields[name])
    additional = "".join(
        tlv.write(object_id, str(fields[name]))
        for object_id, name in emv.ADDITIONAL_NAMES.items()
        if name in fields
    )
    if additional:
        yield emv.ADDITIONAL_DATA, additional


def _payee(fields: Mapping[str, object]) -> str:
    beneficiary = tlv.write(emv.ACQUIRER_BIN, str(fields["bin"])) + tlv.write(
        emv.CONSUMER_ID, str(fields["account"])
    )
    return (
        tlv.write(emv.GLOBALLY_UNIQUE_IDENTIFIER, emv.NAPAS_GUID)
        + tlv.write(emv.NAPAS_BENEFICIARY, beneficiary)
        + tlv.write(emv.NAPAS_SERVICE, str(fields["service"]))
    )
