"""The port: what we ask of a gateway and what it may tell us. Adapters implement it."""

from payments.gateway.capabilities import (
    Capabilities,
    Capability,
    FailureTold,
    Proof,
    Query,
    Refunding,
    RefundPace,
    Settling,
    Shown,
    Telling,
    WireAmount,
)
from payments.gateway.doubts import WHOLE_BODY, Covered, Doubt, Explains
from payments.gateway.failures import (
    CallOutcome,
    Declined,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    Unsupported,
    outcome_of,
)
from payments.gateway.port import (
    PROTOCOLS,
    Answers,
    Cancels,
    Captures,
    Lists,
    Malformed,
    NotAuthentic,
    Notifies,
    Opens,
    Refunds,
    Returns,
    Settles,
    able,
)
from payments.gateway.registry import Gateways, Transport
from payments.gateway.schema import Setting, takes
from payments.gateway.settlement import LineKind, SettlementLine
from payments.gateway.troubles import HANDLING, Actor, Handling, Retry, Side, Trouble
from payments.gateway.values import (
    Attempt,
    AttemptRef,
    Notification,
    Outcome,
    Payee,
    PostForm,
    Presentation,
    RawNotification,
    Redirect,
    RefundOrder,
    Reply,
    ReturnView,
    ShowQr,
    TransferTo,
    Verdict,
)

__all__ = [
    "HANDLING", "PROTOCOLS", "WHOLE_BODY", "Actor", "Answers", "Attempt", "AttemptRef",
    "CallOutcome", "Cancels", "Capabilities", "Capability", "Captures", "Covered", "Declined",
    "Doubt", "Explains", "FailureTold", "Gateways", "Handling", "LineKind", "Lists",
    "Malformed", "Misconfigured", "NotAuthentic", "NotSent", "Notification", "Notifies",
    "Opens", "Outcome", "OutcomeUnknown", "Payee", "PostForm", "Presentation", "Proof", "Query",
    "RawNotification", "Redirect", "RefundOrder", "RefundPace", "Refunding", "Refunds", "Reply",
    "Retry", "ReturnView", "Returns", "Setting", "SettlementLine", "Settles", "Settling",
    "ShowQr", "Shown", "Side", "Telling", "TransferTo", "Transport", "Trouble", "Unsupported",
    "Verdict", "WireAmount", "able", "outcome_of", "takes",
]  # fmt: skip
