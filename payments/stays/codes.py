"""Codes for advances: fixed or for any amount, good for as long as money may come by them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select

from payments import audit
from payments.bank.model import Arrival, Direction
from payments.channels.pausing import ChannelPaused, is_open
from payments.channels.service import versions
from payments.encounters import service as encounters
from payments.gateway import Attempt
from payments.intents.composing import last_moment, payload
from payments.intents.plans import CODE_MAX
from payments.intents.service import AboveCodeLimit
from payments.kernel.codes import candidates, new_code
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.stays.depositing import refuse_closed
from payments.stays.rows import DEPOSIT_CODE
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_ANY: Final = Money(1)
#: A memo with more codes than a person would type is an attempt at guessing.
_CODES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class DepositCode:
    """*amount* None: the payer chooses it. Money after *expires_at* counts all the same."""

    id: UUID
    encounter: UUID
    channel: str
    account: str
    code: str
    amount: Money | None
    payload: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CodeRequest:
    encounter: UUID
    channel: str
    amount: Money | None
    key: str


def show_code(runtime: Runtime, scope: Scope, asked: CodeRequest) -> DepositCode:
    """
    Make a code by which an advance is paid; one that still fits is given again.

    Raises:
        NoStay, StayClosed: nothing is taken ahead for it.
        ChannelPaused: nothing is collected through the channel now.
        CannotOpen: the channel shows no code of ours.
        AboveCodeLimit: more than a bank lets one QR transfer carry.
        InvalidField: an amount of nothing.
    """
    if asked.amount is not None and asked.amount > CODE_MAX:
        raise AboveCodeLimit(most=CODE_MAX)
    if asked.amount is not None and asked.amount < _ANY:
        raise InvalidField("amount", "deposit_amount", most=CODE_MAX)
    return runtime.database.run(scope, lambda tx: _show(tx, runtime, asked))


def newest(tx: UnitOfWork, encounter: UUID) -> DepositCode | None:
    """Give the newest code of an encounter whose time is not over."""
    row = tx.execute(
        select(DEPOSIT_CODE)
        .where(
            DEPOSIT_CODE.c.facility_id == tx.facility,
            DEPOSIT_CODE.c.encounter_id == encounter,
            DEPOSIT_CODE.c.expires_at > tx.now(),
        )
        .order_by(DEPOSIT_CODE.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _model(row)


def of_codes(tx: UnitOfWork, codes: Sequence[str], account: str) -> list[DepositCode]:
    """List the stored ones of *codes* that are paid to *account*."""
    if not codes:
        return []
    rows = tx.execute(
        select(DEPOSIT_CODE).where(
            DEPOSIT_CODE.c.facility_id == tx.facility,
            DEPOSIT_CODE.c.code.in_(list(codes)),
            DEPOSIT_CODE.c.account == account,
        )
    )
    return [_model(row) for row in rows]


def named(tx: UnitOfWork, runtime: Runtime, arrival: Arrival) -> DepositCode | None:
    """
    Find the code of an advance that a transfer's memo names, and hold its encounter.

    None where it names none, or codes of two encounters: then a person decides.
    """
    if arrival.direction is not Direction.IN:
        return None
    asked = candidates(arrival.memo, runtime.settings.code_prefix)[:_CODES_MAX]
    found = of_codes(tx, asked, arrival.account)
    if len({one.encounter for one in found}) != 1:
        return None
    encounters.lock(tx, found[0].encounter)
    return max(found, key=lambda one: one.made_at)


def _show(tx: UnitOfWork, runtime: Runtime, asked: CodeRequest) -> DepositCode:
    refuse_closed(tx, asked.encounter)
    known = newest(tx, asked.encounter)
    if known is not None and (known.amount, known.channel) == (asked.amount, asked.channel):
        return known
    channel, *_ = versions(tx, runtime, asked.channel)
    if not is_open(tx, asked.channel):
        raise ChannelPaused()
    now = tx.now()
    code = new_code(secrets.token_bytes, runtime.settings.code_prefix)
    made = DepositCode(
        new_id(),
        asked.encounter,
        channel.slug,
        channel.account,
        code,
        asked.amount,
        payload(
            tx,
            runtime,
            channel,
            Attempt(code, asked.amount or _ANY, now + runtime.settings.code_life),
            is_open=asked.amount is None,
        ),
        now,
        # A family far away pays when it can: as long as a printed code lives.
        last_moment(runtime, now),
    )
    values = {
        "id": made.id,
        "encounter_id": made.encounter,
        "channel": made.channel,
        "account": made.account,
        "code": made.code,
        "amount": None if made.amount is None else made.amount.dong,
        "payload": made.payload,
        "made_at": made.made_at,
        "made_by": tx.scope.actor,
        "expires_at": made.expires_at,
        "idem_key": asked.key,
    }
    if not insert_new(tx, DEPOSIT_CODE, values):
        row = tx.execute(
            select(DEPOSIT_CODE).where(
                DEPOSIT_CODE.c.facility_id == tx.facility, DEPOSIT_CODE.c.idem_key == asked.key
            )
        ).one()
        return _model(row)
    audit.append(tx, "deposit.code", f"encounter:{made.encounter}", code=made.code)
    return made


def _model(row: Row[Any]) -> DepositCode:
    return DepositCode(
        row.id,
        row.encounter_id,
        row.channel,
        row.account,
        row.code,
        None if row.amount is None else vnd(row.amount),
        row.payload,
        row.made_at,
        row.expires_at,
    )
