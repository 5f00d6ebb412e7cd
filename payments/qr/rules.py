"""
The rules between the objects of a payment code, in the order in which they are checked.

An object of no length counts as absent, so ``root.get(id)`` is false for both; the mandatory ones
(``id in root``) must have content. Strict on purpose: what readers show differently is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from payments.qr import emv, tlv
from payments.qr.emv import Service
from payments.qr.tlv import Unreadable

Objects = Mapping[str, str]
Scheme = Literal["napas", "vnpay", "other"]

_BIN: Final = re.compile("[0-9]{6}")
#: Wallets and collection services use letters: ``99ZP24009M07248267``.
ACCOUNT: Final = re.compile("[A-Za-z0-9]{1,19}")
_CARD: Final = re.compile("[0-9]{16,19}")
_CURRENCY: Final = re.compile("[0-9]{3}")
_COUNTRY: Final = re.compile("[A-Z]{2}")
CATEGORY: Final = re.compile("[0-9]{4}")
_AMOUNT: Final = re.compile(r"([0-9]+)(?:\.([0-9]*))?")
#: Which fee object each tip indicator calls for (EMVCo QRCPS-MPM v1.1, IDs 55 to 57).
_FEE_OF_TIP: Final = {"": None, "01": None, "02": emv.FEE_FIXED, "03": emv.FEE_PERCENTAGE}


@dataclass(frozen=True, slots=True)
class Content:
    """A payload that breaks no rule, taken apart as far as its scheme is known."""

    scheme: Scheme
    root: Objects
    napas: Objects
    vnpay: Objects
    beneficiary: Objects
    additional: Objects
    language: Objects

    @property
    def in_dong(self) -> bool:
        return self.root[emv.TRANSACTION_CURRENCY] == emv.DONG


def examine(root: Objects) -> Content:
    """
    Check the objects against each other, and open the templates that are known.

    Raises:
        Unreadable: with the first rule that is broken.
    """
    napas = _account_template(root, emv.NAPAS_ACCOUNT, emv.NAPAS_GUID)
    vnpay = _account_template(root, emv.VNPAY_ACCOUNT, emv.VNPAY_GUID)
    scheme = _scheme(napas, vnpay)
    _require_objects(root, scheme)
    initiation = root.get(emv.POINT_OF_INITIATION)
    # NAPAS makes it mandatory, so that an empty one is a wrong value there; elsewhere it is absent.
    if initiation not in (None, emv.STATIC, emv.DYNAMIC) and (initiation or scheme == "napas"):
        raise Unreadable("E_VALUE:01")
    beneficiary = _beneficiary(napas) if scheme == "napas" else {}
    if scheme == "vnpay" and not vnpay.get(emv.VNPAY_MERCHANT_ID):
        raise Unreadable("E_MISSING:26-01")
    _check_currency_and_country(root, scheme)
    if root.get(emv.MERCHANT_CATEGORY_CODE) and not CATEGORY.fullmatch(
        root[emv.MERCHANT_CATEGORY_CODE]
    ):
        raise Unreadable("E_VALUE:52")
    _check_amount(root)
    _check_tip(root)
    additional = tlv.read(root.get(emv.ADDITIONAL_DATA, ""), emv.ADDITIONAL_DATA)
    language = tlv.read(root.get(emv.LANGUAGE_TEMPLATE, ""), emv.LANGUAGE_TEMPLATE)
    return Content(scheme, root, napas, vnpay, beneficiary, additional, language)


def _account_template(root: Objects, object_id: str, guid: str) -> Objects:
    """Open an account template that speaks of *guid*; any other is somebody else's business."""
    value = root.get(object_id, "")
    return tlv.read(value, object_id) if guid in value else {}


def _scheme(napas: Objects, vnpay: Objects) -> Scheme:
    if napas.get(emv.GLOBALLY_UNIQUE_IDENTIFIER) == emv.NAPAS_GUID:
        return "napas"
    if vnpay.get(emv.GLOBALLY_UNIQUE_IDENTIFIER) == emv.VNPAY_GUID:
        return "vnpay"
    return "other"


def _require_objects(root: Objects, scheme: Scheme) -> None:
    if not any(root.get(object_id) for object_id in emv.MERCHANT_ACCOUNTS):
        raise Unreadable("E_MISSING:MAI")
    mandatory = [emv.TRANSACTION_CURRENCY, emv.COUNTRY_CODE]
    if scheme == "napas":
        mandatory.insert(0, emv.POINT_OF_INITIATION)
    for object_id in mandatory:
        if object_id not in root:
            raise Unreadable(f"E_MISSING:{object_id}")


def _beneficiary(napas: Objects) -> Objects:
    value = napas.get(emv.NAPAS_BENEFICIARY)
    if not value:
        raise Unreadable("E_MISSING:38-01")
    beneficiary = tlv.read(value, "38-01")
    for object_id in (emv.ACQUIRER_BIN, emv.CONSUMER_ID):
        if object_id not in beneficiary:
            raise Unreadable(f"E_MISSING:38-01-{object_id}")
    account = beneficiary[emv.CONSUMER_ID]
    service = napas.get(emv.NAPAS_SERVICE)
    if not _BIN.fullmatch(beneficiary[emv.ACQUIRER_BIN]):
        raise Unreadable("E_VALUE:38-01-00")
    if not ACCOUNT.fullmatch(account):
        raise Unreadable("E_VALUE:38-01-01")
    if service and service not in list(Service):
        raise Unreadable("E_VALUE:38-02")
    if service == Service.TO_CARD and not _CARD.fullmatch(account):
        raise Unreadable("E_VALUE:38-01-01")
    return beneficiary


def _check_currency_and_country(root: Objects, scheme: Scheme) -> None:
    currency, country = root[emv.TRANSACTION_CURRENCY], root[emv.COUNTRY_CODE]
    if scheme == "other":
        currency_fits = _CURRENCY.fullmatch(currency) is not None
        country_fits = _COUNTRY.fullmatch(country) is not None
    else:
        currency_fits, country_fits = currency == emv.DONG, country == emv.VIETNAM
    if not currency_fits:
        raise Unreadable("E_VALUE:53")
    if not country_fits:
        raise Unreadable("E_VALUE:58")


def _check_amount(root: Objects) -> None:
    amount = root.get(emv.TRANSACTION_AMOUNT)
    if not amount:
        return
    written = _AMOUNT.fullmatch(amount)
    if not written or len(amount) > emv.AMOUNT_LIMIT or not amount.strip("0."):
        raise Unreadable("E_VALUE:54")
    # The đồng has no smaller unit: 50000.00 is a habit, 50000.50 is a mistake.
    if root[emv.TRANSACTION_CURRENCY] == emv.DONG and (written[2] or "").strip("0"):
        raise Unreadable("E_VALUE:54")


def _check_tip(root: Objects) -> None:
    indicator = root.get(emv.TIP_INDICATOR, "")
    if indicator not in _FEE_OF_TIP:
        raise Unreadable("E_VALUE:55")
    for fee in (emv.FEE_FIXED, emv.FEE_PERCENTAGE):
        if bool(root.get(fee)) is not (fee == _FEE_OF_TIP[indicator]):
            raise Unreadable("E_TIP")
