"""What we know of an attempt at a gateway beside its intent: kept with it, under its lock."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, assert_never
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update

from payments.gateway import (
    AttemptRef,
    Outcome,
    PostForm,
    Presentation,
    Redirect,
    ShowQr,
    TransferTo,
    Trouble,
)
from payments.intents import repository
from payments.intents.model import Intent
from payments.intents.rows import GATEWAY_ATTEMPT, INTENT
from payments.storage.unit_of_work import UnitOfWork

#: Whole numbers up to this are told apart by every reader of JSON.
_NUMBER_MAX: Final = 2**53 - 1
_ITS_INTENT: Final = (INTENT.c.facility_id == GATEWAY_ATTEMPT.c.facility_id) & (
    INTENT.c.id == GATEWAY_ATTEMPT.c.intent_id
)


class Flag(StrEnum):
    """What a person should look at; a set, so that the order of messages makes no difference."""

    #: Money may have moved: the gateway itself looks into it.
    REVIEW = "review"
    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    #: An end without money was told, and money.
    LATE_SUCCESS = "late_success"
    #: Taken back, or in dispute.
    TAKEN_BACK = "taken_back"
    #: Asked to the end of the schedule, and still nobody knows.
    NO_ANSWER = "no_answer"
    #: The gateway does not accept our settings.
    MISCONFIGURED = "misconfigured"
    #: Set aside for a week, or wanted no more, and neither taken nor let go.
    STILL_HELD = "still_held"


_ENDS: Final = frozenset({Outcome.FAILED, Outcome.CANCELLED, Outcome.EXPIRED})


@dataclass(frozen=True, slots=True)
class GatewayAttempt:
    """The row beside an intent; *shown* is how the payer is asked, None until that is known."""

    intent: UUID
    number: int
    opened_at: datetime
    shown: Presentation | None = field(repr=False)
    gateway_id: str
    asked: int
    next_ask_at: datetime | None
    told: frozenset[Outcome]
    flags: frozenset[Flag]
    trouble: Trouble | None

    def ref(self, intent: Intent) -> AttemptRef:
        """Name the attempt as the port wants it named."""
        return AttemptRef(intent.code, intent.amount, self.opened_at, self.gateway_id, self.number)


def new_number() -> int:
    """Make a number that no other attempt has; the database refuses one that was made before."""
    return 1 + secrets.randbelow(_NUMBER_MAX)


def add(tx: UnitOfWork, attempt: GatewayAttempt) -> None:
    tx.execute(insert(GATEWAY_ATTEMPT), {"facility_id": tx.facility, **_values(attempt)})


def save(tx: UnitOfWork, attempt: GatewayAttempt) -> None:
    """Write back the row of a held intent."""
    statement = update(GATEWAY_ATTEMPT).where(
        GATEWAY_ATTEMPT.c.facility_id == tx.facility,
        GATEWAY_ATTEMPT.c.intent_id == attempt.intent,
    )
    tx.execute(statement.values(**_values(attempt)))


def of_intent(tx: UnitOfWork, intent: UUID) -> GatewayAttempt | None:
    """Read the row of *intent*; None for a code of our own."""
    row = tx.execute(_all(tx).where(GATEWAY_ATTEMPT.c.intent_id == intent)).first()
    return None if row is None else _model(row)


def named(tx: UnitOfWork, reference: str) -> Intent | None:
    """Find the attempt that a gateway calls by our reference, or by our number in its digits."""
    found = repository.of_code(tx, reference)
    if found is not None or not (reference.isascii() and reference.isdigit()):
        return found
    number = int(reference) if len(reference) <= len(str(_NUMBER_MAX)) else 0
    intent = tx.execute(
        select(GATEWAY_ATTEMPT.c.intent_id).where(
            GATEWAY_ATTEMPT.c.facility_id == tx.facility, GATEWAY_ATTEMPT.c.number == number
        )
    ).scalar()
    return None if intent is None else repository.get(tx, intent)


def newest_of(tx: UnitOfWork, invoice: UUID, channel: str) -> Intent | None:
    """Read the newest attempt of *invoice* through *channel*, ended or not."""
    intent = tx.execute(
        select(INTENT.c.id)
        .where(
            INTENT.c.facility_id == tx.facility,
            INTENT.c.invoice_id == invoice,
            INTENT.c.channel == channel,
        )
        .order_by(INTENT.c.made_at.desc(), INTENT.c.id.desc())
        .limit(1)
    ).scalar()
    return None if intent is None else repository.get(tx, intent)


def flagged(tx: UnitOfWork, *, limit: int) -> list[tuple[Intent, GatewayAttempt]]:
    """List the attempts at which a person should look, the newest first."""
    rows = tx.execute(
        _all(tx)
        .where(GATEWAY_ATTEMPT.c.flags != "")
        .order_by(GATEWAY_ATTEMPT.c.opened_at.desc())
        .limit(limit)
    )
    return [(repository.get(tx, row.intent_id), _model(row)) for row in rows]


def due(
    tx: UnitOfWork, now: datetime, *, limit: int, channel: str | None = None
) -> list[GatewayAttempt]:
    """List what is to be asked about, the longest due first; *channel*: of that one only."""
    wanted = _all(tx).where(GATEWAY_ATTEMPT.c.next_ask_at <= now)
    if channel is not None:
        wanted = wanted.join(INTENT, _ITS_INTENT).where(INTENT.c.channel == channel)
    rows = tx.execute(wanted.order_by(GATEWAY_ATTEMPT.c.next_ask_at).limit(limit))
    return [_model(row) for row in rows]


def claim(tx: UnitOfWork, attempt: GatewayAttempt, next_ask_at: datetime | None) -> bool:
    """Take one asking of *attempt*; False where another worker has taken it."""
    statement = update(GATEWAY_ATTEMPT).where(
        GATEWAY_ATTEMPT.c.facility_id == tx.facility,
        GATEWAY_ATTEMPT.c.intent_id == attempt.intent,
        GATEWAY_ATTEMPT.c.asked == attempt.asked,
        GATEWAY_ATTEMPT.c.next_ask_at == attempt.next_ask_at,
    )
    taken = tx.execute(statement.values(asked=attempt.asked + 1, next_ask_at=next_ask_at))
    return taken.rowcount == 1


def ask_soon(tx: UnitOfWork, reference: str, channel: str) -> None:
    """Let the worker ask about the attempt of *channel* that *reference* names, at once."""
    intent = named(tx, reference)
    if intent is None or intent.channel != channel:
        return
    statement = update(GATEWAY_ATTEMPT).where(
        GATEWAY_ATTEMPT.c.facility_id == tx.facility, GATEWAY_ATTEMPT.c.intent_id == intent.id
    )
    tx.execute(statement.values(next_ask_at=tx.now()))


def flags_of(told: Iterable[Outcome]) -> frozenset[Flag]:
    """Say what the outcomes that were *told* of one attempt mean together, in whatever order."""
    outcomes = frozenset(told)
    flags = set()
    if Outcome.REVIEW in outcomes:
        flags.add(Flag.REVIEW)
    if Outcome.CAPTURED in outcomes and outcomes & _ENDS:
        flags.add(Flag.LATE_SUCCESS)
    if outcomes & {Outcome.REVERSED, Outcome.DISPUTED, Outcome.DISPUTE_LOST}:
        flags.add(Flag.TAKEN_BACK)
    return frozenset(flags)


def _values(attempt: GatewayAttempt) -> dict[str, Any]:
    return {
        "intent_id": attempt.intent,
        "number": attempt.number,
        "opened_at": attempt.opened_at,
        "shown": _to_json(attempt.shown),
        "gateway_id": attempt.gateway_id,
        "asked": attempt.asked,
        "next_ask_at": attempt.next_ask_at,
        "told": ",".join(sorted(attempt.told)),
        "flags": ",".join(sorted(attempt.flags)),
        "trouble": attempt.trouble.value if attempt.trouble else "",
    }


def _model(row: Row[Any]) -> GatewayAttempt:
    return GatewayAttempt(
        row.intent_id,
        row.number,
        row.opened_at,
        _from_json(row.shown),
        row.gateway_id,
        row.asked,
        row.next_ask_at,
        frozenset(Outcome(one) for one in row.told.split(",") if one),
        frozenset(Flag(one) for one in row.flags.split(",") if one),
        Trouble(row.trouble) if row.trouble else None,
    )


def _to_json(shown: Presentation | None) -> str:
    match shown:
        case None | TransferTo():
            return ""
        case Redirect(url=url, qr_payload=payload, app_url=app_url):
            told: dict[str, Any] = {"url": url, "qr": payload, "app": app_url}
        case PostForm(url=url, fields=fields):
            told = {"form": url, "fields": [list(pair) for pair in fields]}
        case ShowQr(payload=payload):
            told = {"payload": payload}
        case _:
            assert_never(shown)
    return json.dumps(told, ensure_ascii=False)


def _from_json(text: str) -> Presentation | None:
    if not text:
        return None
    told = json.loads(text)
    if "form" in told:
        return PostForm(told["form"], tuple((name, value) for name, value in told["fields"]))
    if "payload" in told:
        return ShowQr(told["payload"])
    return Redirect(told["url"], "", told["qr"], told["app"])


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(GATEWAY_ATTEMPT).where(GATEWAY_ATTEMPT.c.facility_id == tx.facility)
