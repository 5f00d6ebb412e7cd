"""
The data objects of a merchant-presented payment code, by the names of the standards.

EMVCo QRCPS-MPM v1.1 for the root, ID 62 and ID 64; NAPAS VietQR format v1.0 for what lies in
ID 38; the VNPAY-QR codes in circulation for ID 26. Limits are in characters.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

PAYLOAD_FORMAT_INDICATOR: Final = "00"
POINT_OF_INITIATION: Final = "01"
MERCHANT_ACCOUNTS: Final = tuple(f"{number:02d}" for number in range(2, 52))
VNPAY_ACCOUNT: Final = "26"
NAPAS_ACCOUNT: Final = "38"
MERCHANT_CATEGORY_CODE: Final = "52"
TRANSACTION_CURRENCY: Final = "53"
TRANSACTION_AMOUNT: Final = "54"
TIP_INDICATOR: Final = "55"
FEE_FIXED: Final = "56"
FEE_PERCENTAGE: Final = "57"
COUNTRY_CODE: Final = "58"
MERCHANT_NAME: Final = "59"
MERCHANT_CITY: Final = "60"
POSTAL_CODE: Final = "61"
ADDITIONAL_DATA: Final = "62"
CRC: Final = "63"
LANGUAGE_TEMPLATE: Final = "64"
RESERVED: Final = tuple(f"{number:02d}" for number in range(65, 100))

#: Inside an account template.
GLOBALLY_UNIQUE_IDENTIFIER: Final = "00"
NAPAS_BENEFICIARY: Final = "01"
NAPAS_SERVICE: Final = "02"
VNPAY_MERCHANT_ID: Final = "01"
#: Inside the NAPAS beneficiary.
ACQUIRER_BIN: Final = "00"
CONSUMER_ID: Final = "01"

#: Inside ID 62.
BILL_NUMBER: Final = "01"
STORE_LABEL: Final = "03"
REFERENCE_LABEL: Final = "05"
TERMINAL_LABEL: Final = "07"
PURPOSE: Final = "08"

ADDITIONAL_NAMES: Final = MappingProxyType(
    {
        BILL_NUMBER: "bill_number",
        "02": "mobile",
        STORE_LABEL: "store_label",
        "04": "loyalty_number",
        REFERENCE_LABEL: "reference",
        "06": "customer_label",
        TERMINAL_LABEL: "terminal",
        PURPOSE: "purpose",
        "09": "data_request",
    }
)
LANGUAGE_NAMES: Final = MappingProxyType({"00": "code", "01": "name", "02": "city"})

ROOT_LIMITS: Final = MappingProxyType({MERCHANT_NAME: 25, MERCHANT_CITY: 15, POSTAL_CODE: 10})
ADDITIONAL_LIMITS: Final = MappingProxyType(
    {name: 3 if name == "09" else 25 for name in ADDITIONAL_NAMES}
)
AMOUNT_LIMIT: Final = 13
PAYLOAD_LIMIT: Final = 512

NAPAS_GUID: Final = "A000000727"
VNPAY_GUID: Final = "A000000775"
FORMAT_VERSION: Final = "01"
STATIC: Final = "11"
DYNAMIC: Final = "12"
DONG: Final = "704"
VIETNAM: Final = "VN"

#: NAPAS VietQR format v1.0: a transfer is below this, in đồng.
TRANSFER_LIMIT: Final = 500_000_000


class Service(StrEnum):
    """What the payer's bank does with a NAPAS code (ID 38-02)."""

    TO_ACCOUNT = "QRIBFTTA"
    TO_CARD = "QRIBFTTC"
    MERCHANT = "QRPUSH"
    CASH = "QRCASH"


TRANSFERS: Final = frozenset({Service.TO_ACCOUNT, Service.TO_CARD})
