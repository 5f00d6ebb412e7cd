"""Who wants to hear of what: programs of the hospital, each with an address and a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select, update

from payments import audit
from payments.config import Mode
from payments.events import signing
from payments.events.guarding import Guard
from payments.events.model import Kind
from payments.events.rows import EVENT_SUBSCRIPTION
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.kernel.secret import Secret
from payments.keys import Keys
from payments.runtime import Runtime
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: Enough to bring the new secret to the receiver by hand.
ROTATION: Final = timedelta(hours=24)
_CONTEXT: Final = "event_subscription.secret"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")


class SubscriptionTaken(Conflict):
    """A subscription of this name is there already; rotate its secret or choose another name."""

    code = "subscription-taken"


@dataclass(frozen=True, slots=True)
class Subscription:
    name: str
    url: str
    kinds: frozenset[Kind]
    is_active: bool
    #: Why it was disabled; empty while it is active.
    reason: str
    failing_since: datetime | None
    #: Those that sign now, the newest first.
    secrets: tuple[Secret[str], ...]


def guard(runtime: Runtime) -> Guard:
    settings = runtime.settings
    return Guard(settings.event_hosts, is_trial=settings.mode is Mode.TRIAL)


def subscribe(
    runtime: Runtime, scope: Scope, name: str, url: str, kinds: Sequence[Kind] = ()
) -> Secret[str]:
    """
    Let *url* hear of *kinds* (of all when empty); returns the secret, which is shown this once.

    Raises:
        InvalidField: the name, or an address to which no event may go.
        SubscriptionTaken: the name is in use.
    """
    if not _NAME.fullmatch(name):
        raise InvalidField("name", "short_name")
    checked = guard(runtime).checked(url)
    wanted = sorted(kind.value for kind in kinds or Kind)
    secret = signing.new_secret()
    with runtime.database.transaction(scope) as tx:
        is_new = insert_new(
            tx,
            EVENT_SUBSCRIPTION,
            {
                "name": name,
                "url": checked,
                "kinds": ",".join(dict.fromkeys(wanted)),
                "state": "active",
                "reason": "",
                "secret_sealed": _seal(runtime.keys, secret),
                "former_sealed": None,
                "former_until": None,
                "failing_since": None,
                "made_at": tx.now(),
                "made_by": scope.actor,
            },
        )
        if not is_new:
            raise SubscriptionTaken(name=name)
        audit.append(tx, "events.subscribed", f"event_subscription:{name}", url=checked)
    return secret


def rotate(
    runtime: Runtime, scope: Scope, name: str, *, overlap: timedelta = ROTATION
) -> Secret[str]:
    """
    Give a new secret; until *overlap* is over messages are signed with the former one too.

    Raises:
        NotFound: there is no such subscription.
    """
    fresh = signing.new_secret()
    with runtime.database.transaction(scope) as tx:
        row = _row(tx, name)
        until = tx.now() + overlap
        _set(
            tx,
            name,
            secret_sealed=_seal(runtime.keys, fresh),
            former_sealed=row.secret_sealed,
            former_until=until,
        )
        audit.append(tx, "events.rotated", f"event_subscription:{name}", former_until=str(until))
    return fresh


def enable(runtime: Runtime, scope: Scope, name: str) -> None:
    """Send again; what waited goes on from where it was. Raises NotFound."""
    with runtime.database.transaction(scope) as tx:
        _row(tx, name)
        _set(tx, name, state="active", reason="", failing_since=None)
        audit.append(tx, "events.enabled", f"event_subscription:{name}")


def disable(tx: UnitOfWork, name: str, reason: str) -> None:
    """Send nothing more; what waits is kept. Raises NotFound."""
    _row(tx, name)
    _set(tx, name, state="disabled", reason=reason)
    audit.append(tx, "events.disabled", f"event_subscription:{name}", reason=reason)


def failed(tx: UnitOfWork, name: str) -> None:
    """Note that *name* does not answer, if that is news."""
    here = (EVENT_SUBSCRIPTION.c.facility_id == tx.facility) & (EVENT_SUBSCRIPTION.c.name == name)
    tx.execute(
        update(EVENT_SUBSCRIPTION)
        .where(here, EVENT_SUBSCRIPTION.c.failing_since.is_(None))
        .values(failing_since=tx.now())
    )


def answered(tx: UnitOfWork, name: str) -> None:
    """Note that *name* takes events again."""
    _set(tx, name, failing_since=None)


def failing_since(tx: UnitOfWork, name: str) -> datetime | None:
    """Say since when no event was taken. Raises NotFound."""
    since: datetime | None = _row(tx, name).failing_since
    return since


def subscription(tx: UnitOfWork, keys: Keys, name: str) -> Subscription:
    """Read one. Raises NotFound."""
    return _model(_row(tx, name), keys, tx.now())


def subscriptions(tx: UnitOfWork, keys: Keys) -> tuple[Subscription, ...]:
    """List all by name, those that are disabled too."""
    rows = tx.execute(
        select(EVENT_SUBSCRIPTION)
        .where(EVENT_SUBSCRIPTION.c.facility_id == tx.facility)
        .order_by(EVENT_SUBSCRIPTION.c.name)
    )
    return tuple(_model(row, keys, tx.now()) for row in rows)


def _row(tx: UnitOfWork, name: str) -> Row[Any]:
    row = tx.execute(
        select(EVENT_SUBSCRIPTION).where(
            EVENT_SUBSCRIPTION.c.facility_id == tx.facility, EVENT_SUBSCRIPTION.c.name == name
        )
    ).first()
    if row is None:
        raise NotFound(f"there is no subscription {name!r}")
    return row


def _set(tx: UnitOfWork, name: str, **values: object) -> None:
    tx.execute(
        update(EVENT_SUBSCRIPTION)
        .where(EVENT_SUBSCRIPTION.c.facility_id == tx.facility, EVENT_SUBSCRIPTION.c.name == name)
        .values(**values)
    )


def _seal(keys: Keys, secret: Secret[str]) -> bytes:
    return keys.seal("settings", secret.reveal(), context=_CONTEXT)


def _model(row: Row[Any], keys: Keys, now: datetime) -> Subscription:
    sealed = [row.secret_sealed]
    if row.former_until is not None and row.former_until > now:
        sealed.append(row.former_sealed)
    return Subscription(
        row.name,
        row.url,
        frozenset(Kind(kind) for kind in row.kinds.split(",")),
        row.state == "active",
        row.reason,
        row.failing_since,
        tuple(Secret(keys.open("settings", one, context=_CONTEXT)) for one in sealed),
    )
