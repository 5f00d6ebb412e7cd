"""``vienphi events``: who hears of what, what was sent, and sending it again."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any
from uuid import UUID

from payments.events import queries, subscriptions
from payments.events.model import Delivery, Kind, event_of, wire_id
from payments.events.replaying import replay, send_again
from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime


def add_commands(subparsers: Any) -> None:
    events = subparsers.add_parser("events", help="tell other programs what happens to invoices")
    verbs = events.add_subparsers(required=True)
    add = verbs.add_parser("subscribe", help="add a receiver; its secret is printed this once")
    add.add_argument("name", help="such as his")
    add.add_argument("url", help="https://…")
    add.add_argument("--types", default="", help="by comma: invoice.paid,…; all when left out")
    add.set_defaults(run_with=_subscribe)
    listed = verbs.add_parser("list", help="list the receivers and what waits for them")
    listed.set_defaults(run_with=_list)
    rotated = verbs.add_parser("rotate", help="make a new secret; both sign for a day")
    rotated.add_argument("name")
    rotated.set_defaults(run_with=_rotate)
    disabled = verbs.add_parser("disable", help="send nothing more; what waits is kept")
    disabled.add_argument("name")
    disabled.add_argument("--reason", required=True)
    disabled.set_defaults(run_with=_disable)
    enabled = verbs.add_parser("enable", help="send again, beginning with what waits")
    enabled.add_argument("name")
    enabled.set_defaults(run_with=_enable)
    shown = verbs.add_parser("log", help="list deliveries, or every try of one")
    shown.add_argument("--name", default="")
    shown.add_argument("--state", choices=[state.value for state in Delivery])
    shown.add_argument("--delivery", type=UUID)
    shown.add_argument("--limit", type=int, default=50)
    shown.set_defaults(run_with=_log)
    again = verbs.add_parser("replay", help="send an event, a delivery, or all of a time again")
    again.add_argument("name")
    again.add_argument("--event", help="evt_…")
    again.add_argument("--delivery", type=UUID)
    again.add_argument("--since", help="2026-11-24T07:30, time of the hospital")
    again.add_argument("--until", help="the same; now when left out")
    again.set_defaults(run_with=_replay)


def _subscribe(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    secret = subscriptions.subscribe(runtime, scope, args.name, args.url, _kinds(args.types))
    print(secret.reveal())
    return 0


def _list(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        counts = queries.counts(tx)
        for one in subscriptions.subscriptions(tx, runtime.keys):
            state = "active" if one.is_active else f"disabled: {one.reason}"
            waiting, dead = (
                counts.get((one.name, each), 0) for each in (Delivery.WAITING, Delivery.DEAD)
            )
            print(f"{one.name:<16}  {one.url}  {waiting} waiting  {dead} dead  {state}")
    return 0


def _rotate(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    print(subscriptions.rotate(runtime, scope, args.name).reveal())
    return 0


def _disable(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.transaction(scope) as tx:
        subscriptions.disable(tx, args.name, args.reason)
    return 0


def _enable(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    subscriptions.enable(runtime, scope, args.name)
    return 0


def _log(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        if args.delivery is not None:
            for one in queries.attempts(tx, args.delivery):
                print(f"{_time(one.at)}  {_tried(one)}  {one.answer}")
            return 0
        state = Delivery(args.state) if args.state else None
        for entry in queries.log(tx, subscription=args.name, state=state, limit=args.limit):
            last = _tried(entry.last) if entry.last else "not tried yet"
            print(
                f"{_time(entry.occurred_at)}  {wire_id(entry.event)}  {entry.id}  {entry.kind:<20}"
                f"  {entry.number}  {entry.subscription}  {entry.state.value}  {last}"
            )
    return 0


def _replay(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    if args.delivery is not None:
        send_again(runtime, scope, args.delivery)
        print("1 to be sent again")
        return 0
    count = replay(
        runtime,
        scope,
        args.name,
        event=_event(args.event),
        since=_moment("since", args.since),
        until=_moment("until", args.until),
    )
    print(f"{count} to be sent again")
    return 0


def _kinds(text: str) -> list[Kind]:
    known = ", ".join(kind.value for kind in Kind)
    try:
        return [Kind(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise InvalidField("types", "event_type", known=known) from error


def _event(text: str | None) -> UUID | None:
    try:
        return None if text is None else event_of(text)
    except ValueError as error:
        raise InvalidField("event", "event_id", told=text) from error


def _moment(field: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidField(field, "event_moment", told=text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=HOSPITAL_ZONE)


def _tried(one: queries.Attempt) -> str:
    said = str(one.status) if one.status is not None else one.failure
    return f"try {one.attempt}: {said} in {one.duration_ms} ms"


def _time(moment: datetime) -> str:
    return moment.astimezone(HOSPITAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
