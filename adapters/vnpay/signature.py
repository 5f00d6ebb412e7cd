"""
VNPAY's two signatures, both HMAC-SHA512 in hex.

A signs parameters (pay page, return, IPN): sorted by name, form-encoded, joined with ``&``.
B signs the JSON of querydr and refund: named values in a fixed order, joined with ``|``.

Source: VNPAY's pages pay.html and querydr&refund.html; vectors computed and published.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote_plus

HASH: Final = "vnp_SecureHash"
#: Names an algorithm, and never changes it: a caller does not choose how it is checked.
_HASH_TYPE: Final = "vnp_SecureHashType"
#: A message has 12 parameters; what has hundreds is no message.
_NAMES_MAX: Final = 100

_HEAD: Final = ("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode")
QUERY_FIELDS: Final = (
    *_HEAD,
    "vnp_TxnRef",
    "vnp_TransactionDate",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
)
REFUND_FIELDS: Final = (
    *_HEAD,
    "vnp_TransactionType",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_TransactionNo",
    "vnp_TransactionDate",
    "vnp_CreateBy",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
)
REFUND_ANSWER_FIELDS: Final = (
    "vnp_ResponseId",
    "vnp_Command",
    "vnp_ResponseCode",
    "vnp_Message",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_BankCode",
    "vnp_PayDate",
    "vnp_TransactionNo",
    "vnp_TransactionType",
    "vnp_TransactionStatus",
    "vnp_OrderInfo",
)
QUERY_ANSWER_FIELDS: Final = (*REFUND_ANSWER_FIELDS, "vnp_PromotionCode", "vnp_PromotionAmount")


def canonical(params: Mapping[str, str]) -> str:
    """Write *params* as they are signed, without the hash: this is also the query to send."""
    return "&".join(
        f"{name}={_encoded(params[name])}"
        for name in sorted(params, key=str.encode)
        if _is_signed(name) and params[name]
    )


def sign(params: Mapping[str, str], secret: str) -> str:
    return _digest(canonical(params), secret)


def is_authentic(raw_query: str, secret: str) -> bool:
    """
    Tell whether *raw_query* carries a hash over its ``vnp_`` parameters.

    The text is taken as it came first, for encoders differ in ``~*!'()``; then decoded and encoded
    again, for a proxy may have rewritten it. A name that stands twice proves nothing.
    """
    pairs = [_split(part) for part in raw_query.split("&") if part]
    names = [name for name, _ in pairs if name.startswith("vnp_")]
    if len(names) != len(set(names)) or len(pairs) > _NAMES_MAX:
        return False
    given = dict(pairs).get(HASH, "")
    if not given:
        return False
    as_sent = "&".join(
        f"{name}={value}"
        for name, value in sorted(pairs, key=lambda pair: pair[0].encode())
        if _is_signed(name) and value
    )
    decoded = dict(parse_qsl(raw_query, keep_blank_values=True, max_num_fields=_NAMES_MAX))
    expected = (_digest(as_sent, secret), _digest(canonical(decoded), secret))
    given_bytes = given.lower().encode(errors="surrogatepass")
    # Both are always computed and compared, so that the time tells nothing.
    matches = [hmac.compare_digest(given_bytes, one.encode()) for one in expected]
    return any(matches)


def covered(raw_query: str) -> tuple[tuple[str, ...], bool]:
    """Name the parameters that a hash of *raw_query* covers, in order; say whether it is there."""
    pairs = [_split(part) for part in raw_query.split("&") if part][:_NAMES_MAX]
    signed = {name for name, value in pairs if _is_signed(name) and value}
    return tuple(sorted(signed, key=str.encode)), bool(dict(pairs).get(HASH))


def sign_fields(fields: Mapping[str, str], names: Iterable[str], secret: str) -> str:
    """Sign the values of *names*, in that order; an absent one is empty (signature B)."""
    return _digest("|".join(fields.get(name, "") for name in names), secret)


def has_signed_fields(fields: Mapping[str, str], names: Iterable[str], secret: str) -> bool:
    given = fields.get(HASH, "").lower().encode(errors="surrogatepass")
    return hmac.compare_digest(given, sign_fields(fields, names, secret).encode())


def _digest(text: str, secret: str) -> str:
    signed = text.encode(errors="surrogatepass")
    return hmac.new(secret.encode(), signed, hashlib.sha512).hexdigest()


def _is_signed(name: str) -> bool:
    return name.startswith("vnp_") and name not in (HASH, _HASH_TYPE)


def _encoded(value: str) -> str:
    # What PHP's urlencode does: quote_plus leaves the tilde, PHP does not.
    return quote_plus(value, errors="surrogatepass").replace("~", "%7E")


def _split(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name, value
