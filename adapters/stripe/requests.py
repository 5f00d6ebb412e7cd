"""What we send to Stripe, as bytes: pure, form-encoded; what makes something has a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from adapters._wire.exchange import Call
from adapters.stripe.settings import StripeSettings
from payments.gateway import Attempt, AttemptRef, Declined, RefundOrder, Trouble
from payments.kernel.money import vnd

API_VERSION: Final = "2026-10-28.endive"
SESSIONS: Final = "/v1/checkout/sessions"
PAYMENTS: Final = "/v1/payment_intents"
REFUNDS: Final = "/v1/refunds"
BALANCE: Final = "/v1/balance_transactions"
#: The worth of 0.50 USD, with room for the rate.
AMOUNT_MIN: Final = vnd(15_000)
#: Eight digits.
AMOUNT_MAX: Final = vnd(99_999_999)
EXPIRY_MIN: Final = timedelta(minutes=30)
EXPIRY_MAX: Final = timedelta(hours=24)
PAGE: Final = 100
#: How far the moment of our opening and Stripe's of creating may lie apart.
_APART: Final = timedelta(minutes=15)
#: A request under way must not fall below the least time to pay.
_MARGIN: Final = timedelta(minutes=5)
_LOCALES: Final = frozenset({"vi", "en", "fr"})
#: Names that Stripe gives: pi_…, cs_test_…, re_….
_ID: Final = re.compile(r"[a-z]{2}_\w{1,250}", re.ASCII)


def create_call(settings: StripeSettings, attempt: Attempt, opened_at: datetime) -> Call:
    """
    Ask for a page. Everything in it comes from the attempt, so that a repeat is the same bytes.

    Raises:
        Declined: the amount is outside of what Stripe takes.
    """
    if not AMOUNT_MIN.dong <= attempt.amount.dong <= AMOUNT_MAX.dong:
        raise Declined(Trouble.AMOUNT_OUT_OF_RANGE, f"Stripe takes {AMOUNT_MIN} to {AMOUNT_MAX}")
    earliest, latest = opened_at + EXPIRY_MIN + _MARGIN, opened_at + EXPIRY_MAX
    expires_at = min(max(attempt.expires_at, earliest), latest)
    item = "line_items[0]"
    fields = {
        "mode": "payment",
        "client_reference_id": attempt.reference,
        "metadata[reference]": attempt.reference,
        "payment_intent_data[metadata][reference]": attempt.reference,
        "payment_intent_data[capture_method]": settings.capture,
        f"{item}[price_data][currency]": "vnd",
        # The đồng has no minor unit: 250000 is 250 000 đ.
        f"{item}[price_data][unit_amount]": str(attempt.amount.dong),
        f"{item}[price_data][product_data][name]": f"Viện phí {attempt.reference}",
        f"{item}[quantity]": "1",
        "success_url": _back(attempt, "done"),
        "cancel_url": _back(attempt, "left"),
        "expires_at": str(int(expires_at.timestamp())),
        "locale": attempt.language if attempt.language in _LOCALES else "vi",
    }
    return _post(settings, SESSIONS, fields, attempt.reference)


def session_call(settings: StripeSettings, session: str) -> Call:
    query = urlencode({"expand[]": "payment_intent.latest_charge"})
    return _get(settings, f"{SESSIONS}/{known(session)}", query)


def sessions_call(settings: StripeSettings, attempt: AttemptRef, after: str) -> Call:
    """List the sessions made about when *attempt* was opened; *after* is the last one seen."""
    fields = {
        "created[gte]": str(int((attempt.opened_at - _APART).timestamp())),
        "created[lte]": str(int((attempt.opened_at + _APART).timestamp())),
        "limit": str(PAGE),
    }
    return _get(settings, SESSIONS, urlencode(fields | _after(after)))


def payment_call(settings: StripeSettings, payment: str) -> Call:
    query = urlencode({"expand[]": "latest_charge"})
    return _get(settings, f"{PAYMENTS}/{known(payment)}", query)


def expire_call(settings: StripeSettings, session: str) -> Call:
    return _post(settings, f"{SESSIONS}/{known(session)}/expire", {})


def cancel_call(settings: StripeSettings, payment: str) -> Call:
    return _post(settings, f"{PAYMENTS}/{known(payment)}/cancel", {})


def capture_call(settings: StripeSettings, attempt: AttemptRef, payment: str) -> Call:
    fields = {"amount_to_capture": str(attempt.amount.dong)}
    return _post(settings, f"{PAYMENTS}/{known(payment)}/capture", fields)


def check_refund(order: RefundOrder) -> None:
    """Refuse more than was paid. Raises Declined; asked of nobody."""
    most = order.attempt.amount.dong
    if order.amount.dong <= 0 or (order.refunded_before + order.amount).dong > most:
        raise Declined(Trouble.ALREADY_REFUNDED, "more than was paid would go back")


def refund_call(settings: StripeSettings, order: RefundOrder, payment: str) -> Call:
    fields = {
        "payment_intent": known(payment),
        "amount": str(order.amount.dong),
        "metadata[reference]": order.attempt.reference,
        "metadata[refund]": order.refund,
    }
    return _post(settings, REFUNDS, fields, order.refund)


def refund_query_call(settings: StripeSettings, refund: str) -> Call:
    return _get(settings, f"{REFUNDS}/{known(refund)}")


def refunds_call(settings: StripeSettings, payment: str, after: str) -> Call:
    fields = {"payment_intent": known(payment), "limit": str(PAGE)}
    return _get(settings, REFUNDS, urlencode(fields | _after(after)))


def balance_call(
    settings: StripeSettings, starts_at: datetime, ends_at: datetime, after: str
) -> Call:
    """List what moved on the balance from *starts_at* until before *ends_at*."""
    fields = {
        "created[gte]": str(int(starts_at.timestamp())),
        "created[lt]": str(int(ends_at.timestamp())),
        "expand[]": "data.source",
        "limit": str(PAGE),
    }
    return _get(settings, BALANCE, urlencode(fields | _after(after)))


def known(name: str) -> str:
    """Give a name of Stripe's that may stand in an address. Raises Declined for another."""
    if not _ID.fullmatch(name):
        raise Declined(Trouble.NOT_FOUND, "Stripe gives no such names")
    return name


def _after(name: str) -> dict[str, str]:
    return {"starting_after": known(name)} if name else {}


def _back(attempt: Attempt, how: str) -> str:
    query = urlencode({"stripe": how, "reference": attempt.reference})
    return f"{attempt.return_url}{'&' if '?' in attempt.return_url else '?'}{query}"


def _get(settings: StripeSettings, path: str, query: str = "") -> Call:
    return Call("GET", path, headers=_headers(settings), query=query)


def _post(settings: StripeSettings, path: str, fields: Mapping[str, str], key: str = "") -> Call:
    """Write a POST; without a *key* where doing it twice changes nothing more."""
    headers = _headers(settings) | {"content-type": "application/x-www-form-urlencoded"}
    if key:
        headers["idempotency-key"] = key
    return Call("POST", path, urlencode(fields).encode(), headers)


def _headers(settings: StripeSettings) -> dict[str, str]:
    return {
        "authorization": f"Bearer {settings.api_key.reveal()}",
        "stripe-version": API_VERSION,
        "accept": "application/json",
    }
