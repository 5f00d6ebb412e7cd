"""Makes a channel from a form: any enabled adapter, by the settings that it declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from payments import audit
from payments.bank.rows import BANK_ACCOUNT
from payments.channels import pausing, service
from payments.channels.administration import VALUE_LETTERS_MAX
from payments.channels.rows import CHANNEL
from payments.gateway import Payee, Setting
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: It stands in the address to which the gateway sends: /webhooks/<slug>.
SLUG: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")
#: An adapter that asks for these three collects to a bank account of the hospital.
_PAYEE: Final = ("bin", "account", "holder")


def declared(runtime: Runtime, adapter: str) -> tuple[Setting, ...]:
    """
    List the settings of an enabled adapter.

    Raises:
        InvalidField: it is not enabled, or declares nothing: then no form can ask for it.
    """
    found = runtime.gateways.settings(adapter)
    if not found:
        raise InvalidField("adapter", "adapter", adapter=adapter[:40])
    return found


def create(
    runtime: Runtime, scope: Scope, slug: str, adapter: str, given: Mapping[str, str]
) -> None:
    """
    Add a channel, and the bank account to which it collects where that is new.

    A channel that says where money goes waits until another administrator opens it.

    Raises:
        InvalidField: names the field, or the setting, that is missing, unknown, wrong or taken.
    """
    schema = {one.name: one for one in declared(runtime, adapter)}
    if not SLUG.fullmatch(slug):
        raise InvalidField("slug", "channel_slug")
    for name, value in given.items():
        if name not in schema or len(value) > VALUE_LETTERS_MAX:
            raise InvalidField(name, "setting_value", most=VALUE_LETTERS_MAX)
    wanted = {name: given.get(name, "").strip() for name in schema}
    settings = {
        name: value for name, value in wanted.items() if value and schema[name].is_known(wanted)
    }
    for name, one in schema.items():
        if one.is_needed and one.is_known(wanted) and name not in settings:
            raise InvalidField(name, "setting_missing")
    with runtime.database.transaction(scope) as tx:
        _refuse_taken(tx, slug)
        # The adapter itself says whether it takes them, before an account is made of them.
        runtime.gateways.build(adapter, settings, runtime.transport, runtime.clock)
        account = _account(tx, runtime, settings) if set(_PAYEE) <= set(schema) else None
        service.put(tx, runtime, slug=slug, adapter=adapter, settings=settings, account=account)
        if any(one.is_fixed for one in schema.values()):
            pausing.begin(tx, slug, adapter)


def _refuse_taken(tx: UnitOfWork, slug: str) -> None:
    here = (CHANNEL.c.facility_id == tx.facility) & (CHANNEL.c.slug == slug)
    if tx.execute(select(CHANNEL.c.slug).where(here)).first() is not None:
        raise InvalidField("slug", "channel_taken", slug=slug)


def _account(tx: UnitOfWork, runtime: Runtime, settings: Mapping[str, str]) -> str:
    """Add the account of *settings*; one that is there must be the same in all."""
    bin_, account, holder = (settings[name] for name in _PAYEE)
    known = tx.execute(
        select(BANK_ACCOUNT).where(
            BANK_ACCOUNT.c.facility_id == tx.facility, BANK_ACCOUNT.c.account == account
        )
    ).first()
    if known is None:
        service.add_account(tx, runtime.settings.mode.value, Payee(bin_, account, holder))
        audit.append(tx, "bank_account.added", f"bank_account:…{account[-4:]}", bin=bin_)
    elif (known.bin, known.holder) != (bin_, holder):
        raise InvalidField("account", "account_known", account=f"…{account[-4:]}")
    return account
