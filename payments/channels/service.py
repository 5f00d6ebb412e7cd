"""Adds channels and makes their adapters. Trial and production never meet here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, insert, or_, select, update

from payments import audit
from payments.bank.model import NoBankAccount
from payments.bank.rows import BANK_ACCOUNT
from payments.channels.queries import SETTINGS_CONTEXT
from payments.channels.rows import CHANNEL
from payments.gateway import Payee, Settling
from payments.gateway.port import Adapter
from payments.kernel.errors import InvalidField, NotFound
from payments.ledger import ensure_account
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: The bank of the trial: no real bank app can pay a code that names it.
TRIAL_BIN: Final = "999999"


_VALID: Final = Prepared(
    select(CHANNEL)
    .where(
        mine(CHANNEL),
        CHANNEL.c.slug == bindparam("slug"),
        CHANNEL.c.mode == bindparam("mode"),
        CHANNEL.c.valid_from <= bindparam("now"),
        or_(CHANNEL.c.valid_to.is_(None), CHANNEL.c.valid_to > bindparam("now")),
    )
    .order_by(CHANNEL.c.version.desc())
)
_NOTIFIED: Final = Prepared(
    select(CHANNEL.c.account, CHANNEL.c.notified_by).where(
        mine(CHANNEL), CHANNEL.c.account.is_not(None), CHANNEL.c.valid_to.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One version of a merchant account at an adapter."""

    slug: str
    version: int
    adapter: str
    account: str
    #: Slugs of the feeds that are believed about *account*.
    notified_by: frozenset[str]
    settings: Mapping[str, str] = field(repr=False)


def add_account(tx: UnitOfWork, mode: str, payee: Payee) -> None:
    """
    Add a bank account of the hospital and its ledger account.

    Raises:
        InvalidField: a real bank in a trial, or the trial bank in production.
    """
    if (payee.bin == TRIAL_BIN) != (mode == "trial"):
        raise InvalidField("bin", "bin_mode", bin=payee.bin, mode=mode, trial=TRIAL_BIN)
    insert_new(
        tx, BANK_ACCOUNT, {"account": payee.account, "bin": payee.bin, "holder": payee.holder}
    )
    ensure_account(tx, f"1100:{payee.account}", f"Tiền gửi ngân hàng {payee.account}")


def put(
    tx: UnitOfWork,
    runtime: Runtime,
    *,
    slug: str,
    adapter: str,
    settings: Mapping[str, str],
    account: str | None = None,
) -> None:
    """
    Add a channel, or a new version of it; the former version stays valid until it is ended.

    Raises:
        InvalidField, UnknownGateway: the adapter does not accept these settings, or they are those
            of a sandbox and this is production.
    """
    made = runtime.gateways.build(adapter, settings, runtime.transport, runtime.clock)
    if made.is_sandbox and runtime.settings.mode == "production":
        raise InvalidField("settings", "sandbox_keys", channel=slug)
    latest = tx.execute(
        select(func.coalesce(func.max(CHANNEL.c.version), 0)).where(
            CHANNEL.c.facility_id == tx.facility, CHANNEL.c.slug == slug
        )
    ).scalar_one()
    tx.execute(
        insert(CHANNEL),
        {
            "facility_id": tx.facility,
            "slug": slug,
            "version": latest + 1,
            "adapter": adapter,
            "mode": runtime.settings.mode.value,
            "account": account,
            "notified_by": settings.get("notified_by", ""),
            "settings_sealed": runtime.keys.seal(
                "settings", json.dumps(dict(settings)), context=SETTINGS_CONTEXT
            ),
            "valid_from": tx.now(),
            "valid_to": None,
        },
    )
    audit.append(tx, "channel.put", f"channel:{slug}", adapter=adapter, version=latest + 1)


def end(tx: UnitOfWork, slug: str, version: int) -> None:
    """End one version of a channel: the old secret is no longer believed."""
    tx.execute(
        update(CHANNEL)
        .where(
            CHANNEL.c.facility_id == tx.facility,
            CHANNEL.c.slug == slug,
            CHANNEL.c.version == version,
        )
        .values(valid_to=tx.now())
    )
    audit.append(tx, "channel.ended", f"channel:{slug}", version=version)


def versions(tx: UnitOfWork, runtime: Runtime, slug: str) -> tuple[Channel, ...]:
    """
    List the valid versions of a channel, newest first: two while a secret rotates.

    Raises:
        NotFound: there is no such channel in this mode and facility.
    """
    found = valid_versions(tx, runtime, slug)
    if not found:
        raise NotFound(f"no channel {slug!r}")
    return found


def valid_versions(tx: UnitOfWork, runtime: Runtime, slug: str) -> tuple[Channel, ...]:
    """As ``versions``, but empty where there is none."""
    rows = _VALID.all(tx, slug=slug, mode=runtime.settings.mode.value, now=tx.now())
    return tuple(_channel(runtime, row) for row in rows)


def adapter_of(runtime: Runtime, channel: Channel) -> Adapter:
    return runtime.gateways.build(
        channel.adapter, channel.settings, runtime.transport, runtime.clock
    )


def believed_accounts(tx: UnitOfWork, feed: str) -> frozenset[str]:
    """List the accounts about which the feed *feed* is believed."""
    rows = _NOTIFIED.all(tx)
    return frozenset(row.account for row in rows if feed in _slugs(row.notified_by))


def collecting_accounts(tx: UnitOfWork) -> tuple[str, ...]:
    """List our bank accounts to which a channel collects."""
    rows = _NOTIFIED.all(tx)
    return tuple(sorted({row.account for row in rows}))


def slugs(tx: UnitOfWork) -> tuple[str, ...]:
    """List the channels that are valid now."""
    rows = tx.execute(
        select(CHANNEL.c.slug)
        .where(CHANNEL.c.facility_id == tx.facility, CHANNEL.c.valid_to.is_(None))
        .distinct()
        .order_by(CHANNEL.c.slug)
    )
    return tuple(row.slug for row in rows)


def is_direct(tx: UnitOfWork, runtime: Runtime, slug: str) -> bool:
    """Say whether what *slug* collects lands on a bank account of ours, and on no gateway's."""
    found = valid_versions(tx, runtime, slug)
    return bool(found) and settles_directly(adapter_of(runtime, found[0]))


def settles_directly(adapter: Adapter) -> bool:
    return adapter.capabilities.settling is Settling.ACCOUNT_DIRECT


def is_ours(tx: UnitOfWork, account: str) -> bool:
    """Say whether *account* is a registered bank account of the hospital."""
    found = select(BANK_ACCOUNT.c.account).where(
        BANK_ACCOUNT.c.facility_id == tx.facility, BANK_ACCOUNT.c.account == account
    )
    return tx.execute(found).first() is not None


def payee(tx: UnitOfWork, account: str) -> Payee:
    """Read the bank account as a payer sees it. Raises NotFound where it is not ours."""
    row = tx.execute(
        select(BANK_ACCOUNT).where(
            BANK_ACCOUNT.c.facility_id == tx.facility, BANK_ACCOUNT.c.account == account
        )
    ).first()
    if row is None:
        raise NoBankAccount(account=account)
    return Payee(row.bin, row.account, row.holder)


def _channel(runtime: Runtime, row: Row[Any]) -> Channel:
    told = runtime.keys.open("settings", row.settings_sealed, context=SETTINGS_CONTEXT)
    return Channel(
        row.slug,
        row.version,
        row.adapter,
        row.account or "",
        _slugs(row.notified_by),
        json.loads(told),
    )


def _slugs(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
