"""What we send to payOS, as bytes: pure, so that vectors can be held against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from adapters._wire.exchange import Call
from adapters.payos import signature
from adapters.payos.settings import PayosSettings
from payments.gateway import Attempt, AttemptRef, Declined, Trouble

LINKS_PATH: Final = "/v2/payment-requests"
#: 2^53 - 1: payOS's order codes are JavaScript's numbers.
ORDER_CODE_MAX: Final = 9_007_199_254_740_991
_REASON: Final = "Khong thu nua"


def create_call(settings: PayosSettings, attempt: Attempt) -> Call:
    """
    Ask for a link. Everything in it comes from the attempt, so that a repeat is the same bytes.

    Raises:
        Declined: the attempt has no number that payOS could take, or no amount.
    """
    if not 0 < attempt.number <= ORDER_CODE_MAX or attempt.amount.dong <= 0:
        raise Declined(Trouble.BAD_REQUEST, "payOS wants an order number and an amount")
    fields: dict[str, Any] = {
        "orderCode": attempt.number,
        "amount": attempt.amount.dong,
        # The end of the reference is what differs; payOS finds the payment by its own memo.
        "description": attempt.reference[-settings.memo_length :],
        "cancelUrl": attempt.return_url,
        "returnUrl": attempt.return_url,
    }
    signed = signature.sign_request(fields, settings.checksum_key.reveal())
    fields["expiredAt"] = int(attempt.expires_at.timestamp())
    return _call(settings, "POST", LINKS_PATH, {**fields, "signature": signed})


def query_call(settings: PayosSettings, attempt: AttemptRef) -> Call:
    return _call(settings, "GET", f"{LINKS_PATH}/{attempt.number}")


def cancel_call(settings: PayosSettings, attempt: AttemptRef) -> Call:
    fields = {"cancellationReason": _REASON}
    signed = signature.sign_object(dict(fields), settings.checksum_key.reveal())
    path = f"{LINKS_PATH}/{attempt.number}/cancel"
    return _call(settings, "POST", path, {**fields, "signature": signed})


def _call(
    settings: PayosSettings, method: str, path: str, fields: Mapping[str, Any] | None = None
) -> Call:
    headers = {
        "x-client-id": settings.client_id,
        "x-api-key": settings.api_key.reveal(),
        "accept": "application/json",
    }
    if fields is None:
        return Call(method, path, headers=headers)
    headers["content-type"] = "application/json"
    return Call(method, path, json.dumps(fields, ensure_ascii=False).encode(), headers)
