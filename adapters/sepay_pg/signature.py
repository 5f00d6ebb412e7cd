"""
SePay's signature of the form: HMAC-SHA256 in base64 over ``name=value`` pairs with commas between.

The pairs stand in the order of the form, not sorted, and only names of the list count. A value with
a comma could be read as two pairs, so none is ever sent (``requests``).

Source: npm sepay-pg-node 1.0.0; vectors computed with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Final

SIGNATURE: Final = "signature"
SIGNED: Final = frozenset(
    {
        "merchant",
        "env",
        "operation",
        "payment_method",
        "order_amount",
        "currency",
        "order_invoice_number",
        "order_description",
        "customer_id",
        "agreement_id",
        "agreement_name",
        "agreement_type",
        "agreement_payment_frequency",
        "agreement_amount_per_payment",
        "success_url",
        "error_url",
        "cancel_url",
        "order_id",
    }
)

Fields = Iterable[tuple[str, str]]


def canonical(fields: Fields) -> str:
    """Write *fields* as they are signed, in their order."""
    return ",".join(f"{name}={value}" for name, value in fields if name in SIGNED)


def sign(fields: Fields, secret: str) -> str:
    signed = canonical(fields).encode(errors="surrogatepass")
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def is_authentic(fields: Sequence[tuple[str, str]], secret: str) -> bool:
    """Tell whether a form carries a signature over itself; a name that stands twice proves none."""
    names = [name for name, _ in fields]
    if len(names) != len(set(names)):
        return False
    given = dict(fields).get(SIGNATURE, "").encode(errors="surrogatepass")
    return hmac.compare_digest(given, sign(fields, secret).encode())


def has_key(given: str, key: str) -> bool:
    """Compare the header ``X-Secret-Key``, which is all that proves a message."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), key.encode())
