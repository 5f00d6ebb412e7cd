"""The port: what we ask of a gateway and what it may tell us. Adapters implement it."""

from payments.gateway.port import (
    Answers,
    Capability,
    Lists,
    Malformed,
    NotAuthentic,
    Notifies,
    Opens,
    Proof,
)
from payments.gateway.registry import Gateways, Transport
from payments.gateway.schema import Setting, takes
from payments.gateway.values import (
    Attempt,
    Notification,
    Outcome,
    Payee,
    Presentation,
    RawNotification,
    Redirect,
    Reply,
    ShowQr,
    TransferTo,
    Verdict,
)

__all__ = [
    "Answers",
    "Attempt",
    "Capability",
    "Gateways",
    "Lists",
    "Malformed",
    "NotAuthentic",
    "Notification",
    "Notifies",
    "Opens",
    "Outcome",
    "Payee",
    "Presentation",
    "Proof",
    "RawNotification",
    "Redirect",
    "Reply",
    "Setting",
    "ShowQr",
    "TransferTo",
    "Transport",
    "Verdict",
    "takes",
]
