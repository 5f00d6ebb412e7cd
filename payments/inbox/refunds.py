"""What a gateway tells of a refund; a refund that none of us asked for goes to a person."""

from __future__ import annotations

from payments import audit
from payments.gateway import Notification, Verdict
from payments.intents.model import Intent
from payments.storage.unit_of_work import UnitOfWork


def refund_told(tx: UnitOfWork, intent: Intent, told: Notification) -> tuple[Verdict, str]:
    """Note that the gateway told of a refund of *intent*."""
    audit.append(tx, "refund.told", f"intent:{intent.id}", outcome=told.outcome.value)
    return Verdict.STORED, f"outcome-{told.outcome}"
