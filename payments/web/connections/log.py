"""The delivery log of outgoing events, with "gửi lại"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.events import queries, subscriptions
from payments.events.model import Delivery, wire_id
from payments.events.queries import Logged
from payments.events.replaying import send_again
from payments.events.subscriptions import Subscription
from payments.identity.permissions import Permission
from payments.web.chips import Chip
from payments.web.current import runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

connections = Blueprint("connections", __name__)
_SHOWN_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class ReceiverRow:
    name: str
    url: str
    is_active: bool
    #: Why nothing is sent; empty while something is.
    reason: str
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    entry: Logged
    event: str
    chip: Chip
    outcome: str


@dataclass(frozen=True, slots=True)
class LogPage:
    template: ClassVar[str] = "connections/log.html"

    receivers: tuple[ReceiverRow, ...]
    rows: tuple[DeliveryRow, ...]
    states: tuple[str, ...]
    state: str
    name: str


@connections.get("/connections")
@requires(Permission.ADMIN)
def show() -> str:
    state = next((one for one in Delivery if one.value == request.args.get("state")), None)
    name = request.args.get("name", "")[:32]
    with runtime().database.reading(scope()) as tx:
        known = subscriptions.subscriptions(tx, runtime().keys)
        counts = queries.counts(tx)
        entries = queries.log(tx, subscription=name, state=state, limit=_SHOWN_MAX)
    page = LogPage(
        receivers=tuple(_receiver(one, counts) for one in known),
        rows=tuple(
            DeliveryRow(one, wire_id(one.event), _chip(one), _outcome(one)) for one in entries
        ),
        states=tuple(one.value for one in Delivery),
        state=state.value if state else "",
        name=name,
    )
    return render(page)


@connections.post("/connections/deliveries/<uuid:delivery_id>/again")
@requires(Permission.ADMIN)
def again(delivery_id: UUID) -> AnyResponse:
    send_again(runtime(), scope(), delivery_id)
    return redirect(url_for("connections.show"), 303)


@connections.post("/connections/<name>/enable")
@requires(Permission.ADMIN)
def enable(name: str) -> AnyResponse:
    subscriptions.enable(runtime(), scope(), name)
    return redirect(url_for("connections.show"), 303)


def _receiver(one: Subscription, counts: dict[tuple[str, Delivery], int]) -> ReceiverRow:
    return ReceiverRow(
        one.name,
        one.url,
        one.is_active,
        one.reason,
        counts.get((one.name, Delivery.WAITING), 0),
        counts.get((one.name, Delivery.DEAD), 0),
    )


def _row(entry: Logged) -> DeliveryRow:
    return DeliveryRow(entry, wire_id(entry.event), _chip(entry), _outcome(entry))


def _chip(entry: Logged) -> Chip:
    match entry.state:
        case Delivery.DELIVERED:
            return Chip("ok", "check", words("connections.delivered"))
        case Delivery.WAITING:
            return Chip("wait", "clock", words("connections.waiting"))
        case Delivery.DEAD:
            return Chip("bad", "stop", words("connections.dead"))


def _outcome(entry: Logged) -> str:
    last = entry.last
    if last is None:
        return words("connections.not_tried")
    said = str(last.status) if last.status is not None else last.failure
    return words("connections.try", n=last.attempt, said=said, ms=last.duration_ms)
