"""Channels as the administration sees them: never a secret, and never a new account by the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from payments.channels import queries, service
from payments.channels.rows import CHANNEL
from payments.gateway import Setting
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

VALUE_LETTERS_MAX: Final = 500


class LastVersion(Conflict):
    """The only valid version of a channel: to end it would let its messages be refused."""

    code = "last-version"


@dataclass(frozen=True, slots=True)
class VersionView:
    slug: str
    version: int
    adapter: str
    mode: str
    account: str
    valid_from: datetime
    valid_to: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


@dataclass(frozen=True, slots=True)
class SettingView:
    """A setting as a form asks for it; *value* is empty for a secret, which is only known to be."""

    setting: Setting
    value: str
    is_there: bool


def versions(tx: UnitOfWork) -> tuple[VersionView, ...]:
    """List all versions of all channels, newest first in each."""
    rows = tx.execute(
        select(CHANNEL)
        .where(CHANNEL.c.facility_id == tx.facility)
        .order_by(CHANNEL.c.slug, CHANNEL.c.version.desc())
    )
    return tuple(
        VersionView(
            row.slug,
            row.version,
            row.adapter,
            row.mode,
            row.account or "",
            row.valid_from,
            row.valid_to,
        )
        for row in rows
    )


def settings(tx: UnitOfWork, runtime: Runtime, slug: str) -> tuple[SettingView, ...]:
    """List the settings of the newest version. Raises NotFound."""
    newest = _newest(tx, slug)
    told = _opened(tx, runtime, newest)
    return tuple(
        SettingView(one, "" if one.is_secret else told.get(one.name, ""), one.name in told)
        for one in _schema(runtime, newest.adapter, told)
    )


def renew(runtime: Runtime, scope: Scope, slug: str, given: Mapping[str, str]) -> None:
    """
    Add a version with *given* over the settings of the newest one; that one stays valid.

    A secret that is left empty stays what it was; anything else that is left empty goes.

    Raises:
        NotFound: no such channel.
        InvalidField: an unknown name, a value that the adapter refuses, or the account itself.
    """
    with runtime.database.transaction(scope) as tx:
        newest = _newest(tx, slug)
        told = _opened(tx, runtime, newest)
        schema = {one.name: one for one in _schema(runtime, newest.adapter, told)}
        for name, value in given.items():
            if name not in schema or len(value) > VALUE_LETTERS_MAX:
                raise InvalidField(name, "setting_value", most=VALUE_LETTERS_MAX)
            if schema[name].is_fixed and value != told.get(name, ""):
                raise InvalidField(name, "setting_fixed")
        wanted = {
            name: _value(one, given.get(name), told.get(name, "")) for name, one in schema.items()
        }
        kept = {
            name: value for name, value in wanted.items() if value and schema[name].is_known(wanted)
        }
        service.put(
            tx,
            runtime,
            slug=slug,
            adapter=newest.adapter,
            settings=kept,
            account=newest.account or None,
        )


def end(runtime: Runtime, scope: Scope, slug: str, version: int) -> None:
    """
    End one version: its secret is believed no more.

    Raises:
        NotFound: no such valid version.
        LastVersion: it is the only one that is valid.
    """
    with runtime.database.transaction(scope) as tx:
        now = tx.now()
        valid = [one for one in versions(tx) if one.slug == slug and one.is_valid(now)]
        if version not in {one.version for one in valid}:
            raise NotFound(f"no valid version {version} of {slug!r}")
        if len(valid) == 1:
            raise LastVersion()
        service.end(tx, slug, version)


def _value(setting: Setting, given: str | None, former: str) -> str:
    if given is None or (setting.is_secret and not given.strip()):
        return former
    return given.strip()


def _newest(tx: UnitOfWork, slug: str) -> VersionView:
    for one in versions(tx):
        if one.slug == slug:
            return one
    raise NotFound(f"no channel {slug!r}")


def _opened(tx: UnitOfWork, runtime: Runtime, one: VersionView) -> dict[str, str]:
    sealed = tx.execute(
        select(CHANNEL.c.settings_sealed).where(
            CHANNEL.c.facility_id == tx.facility,
            CHANNEL.c.slug == one.slug,
            CHANNEL.c.version == one.version,
        )
    ).scalar_one()
    told: dict[str, str] = json.loads(
        runtime.keys.open("settings", sealed, context=queries.SETTINGS_CONTEXT)
    )
    return told


def _schema(runtime: Runtime, adapter: str, told: Mapping[str, str]) -> tuple[Setting, ...]:
    """Take what the adapter declares; where it declares nothing, what is stored, all as secret."""
    declared = runtime.gateways.settings(adapter)
    return declared or tuple(Setting(name, is_secret=True) for name in sorted(told))
