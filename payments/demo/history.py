"""
The demo's past: three days of a small hospital, made by the real services under a moved clock.

Nothing is written past the services: invoices are issued, codes shown, the sandbox bank pays, its
messages come in by the webhook, the worker numbers and seals.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx

from payments.channels.service import collecting_accounts
from payments.demo.hospital import DESK
from payments.intents.model import Intent
from payments.intents.service import cancel_invoice, expire, open_intent
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.reconciliation.importing import take_in as import_statement
from payments.runtime import Runtime
from payments.worker import run_until_idle

_SEED: Final = 20_261_124
_DAYS: Final = 3
_OPENS_AFTER: Final = timedelta(hours=7)
_FAMILY: Final = ("NGUYỄN", "TRẦN", "LÊ", "PHẠM", "VÕ", "ĐẶNG")
_MIDDLE: Final = ("VĂN", "THỊ")
#: Names that nobody bears: "try", "sample", "demonstration".
_GIVEN: Final = ("THỬ", "MẪU", "NGHIỆM", "VÍ DỤ", "MINH HỌA")
_SERVICES: Final = ("KB01", "KB02", "XN01", "XN02", "XN03", "SA01", "XQ01", "CT01")

#: What happens to each invoice, in the order in which patients come: 40 in all.
_STORY: Final = (
    *["exact"] * 5, "short", *["exact"] * 3, "late", "exact", "exact", "unmatched",
    *["exact"] * 4, "over", "short_then_rest", *["exact"] * 3, "mangled", "exact", "twice",
    *["exact"] * 2, "cancelled", "exact", "late", "over", *["mangled"] * 2, "exact",
    "unmatched", "exact", "unpaid", "exact", "exact", "unpaid",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that the past is made with; *bank* is the sandbox bank's control address."""

    runtime: Runtime
    scope: Scope
    clock: FrozenClock
    bank: httpx.Client


def live_through(past: Past) -> int:
    """Live through the days before the clock's; returns the number of invoices."""
    today = HospitalDay.of(past.clock.now())
    chance = random.Random(_SEED)  # noqa: S311 - a story, no secret
    per_day = -(-len(_STORY) // _DAYS)
    for number, (event, day_number) in enumerate(_by_day(per_day), start=1):
        if (number - 1) % per_day == 0:
            past.clock.set(today.plus(day_number - _DAYS).starts_at + _OPENS_AFTER)
        past.clock.advance(timedelta(minutes=chance.randint(3, 17), seconds=chance.randint(0, 59)))
        _tell(past, chance, number, event)
        run_until_idle(past.runtime, past.scope)
    _import_statements(past, today)
    return len(_STORY)


def _import_statements(past: Past, today: HospitalDay) -> None:
    """Each morning finance imports what the bank says of the day before."""
    with past.runtime.database.reading(past.scope) as tx:
        accounts = collecting_accounts(tx)
    for account in accounts:
        for back in range(_DAYS, 0, -1):
            day = today.plus(-back)
            past.clock.set(day.ends_at + _OPENS_AFTER)
            told = past.bank.get(f"/sandbox/statement/{account}/{day}.csv").raise_for_status()
            import_statement(past.runtime, past.scope, account, told.content)
            run_until_idle(past.runtime, past.scope)


def _by_day(per_day: int) -> Iterator[tuple[str, int]]:
    for index, event in enumerate(_STORY):
        yield event, index // per_day


def _tell(past: Past, chance: random.Random, number: int, event: str) -> None:
    invoice = _issue(past, chance, number)
    code = open_intent(
        past.runtime, past.scope, invoice=invoice, channel=DESK, key=f"past-code-{number:06d}"
    )
    past.clock.advance(timedelta(seconds=chance.randint(20, 200)))
    _EVENTS[event](past, invoice, code)


def _issue(past: Past, chance: random.Random, number: int) -> UUID:
    name = " ".join(chance.choice(words) for words in (_FAMILY, _MIDDLE, _GIVEN))
    services = chance.sample(_SERVICES, chance.randint(1, 4))
    request = IssueRequest(
        PatientRequest(name, chance.randint(1940, 2020), f"99-{240_000 + number}"),
        tuple(LineRequest(code, 1) for code in services),
        f"past-form-{number:06d}",
    )
    return issue(past.runtime, past.scope, request)


def _pay(past: Past, memo: str, dong: int, **more: object) -> None:
    """Let a payer's bank carry *dong* to the hospital; the feeds tell of it at once."""
    told = {"account": more.pop("account"), "amount": dong, "memo": memo, "deliver": "both", **more}
    past.bank.post("/sandbox/transfers", json=told).raise_for_status()


def _exact(past: Past, invoice: UUID, code: Intent) -> None:
    _pay(past, code.code, code.amount.dong, account=code.account)


def _mangled(past: Past, invoice: UUID, code: Intent) -> None:
    memo = f"MBVCB.1234567890.{code.code.lower()} thanh toan.CT tu 0000"
    _pay(past, memo, code.amount.dong, account=code.account)


def _short(past: Past, invoice: UUID, code: Intent) -> None:
    _pay(past, code.code, code.amount.dong - 20_000, account=code.account)


def _short_then_rest(past: Past, invoice: UUID, code: Intent) -> None:
    _short(past, invoice, code)
    rest = open_intent(
        past.runtime, past.scope, invoice=invoice, channel=DESK, key=f"past-rest-{code.code}"
    )
    past.clock.advance(timedelta(minutes=2))
    _exact(past, invoice, rest)


def _over(past: Past, invoice: UUID, code: Intent) -> None:
    _pay(past, code.code, code.amount.dong + 50_000, account=code.account)


def _late(past: Past, invoice: UUID, code: Intent) -> None:
    past.clock.set(code.expires_at + timedelta(minutes=4))
    expire(past.runtime, past.scope)
    _exact(past, invoice, code)


def _twice(past: Past, invoice: UUID, code: Intent) -> None:
    _exact(past, invoice, code)
    past.clock.advance(timedelta(minutes=1))
    _exact(past, invoice, code)


def _unmatched(past: Past, invoice: UUID, code: Intent) -> None:
    _pay(past, "CK TIEN VIEN CHO ME", code.amount.dong, account=code.account)


def _cancelled(past: Past, invoice: UUID, code: Intent) -> None:
    cancel_invoice(past.runtime, past.scope, invoice, "người bệnh xin không khám")
    past.clock.advance(timedelta(minutes=1))
    _exact(past, invoice, code)


def _unpaid(past: Past, invoice: UUID, code: Intent) -> None:
    """The patient went home."""


_EVENTS: Final[Mapping[str, Callable[[Past, UUID, Intent], None]]] = {
    "exact": _exact,
    "mangled": _mangled,
    "short": _short,
    "short_then_rest": _short_then_rest,
    "over": _over,
    "late": _late,
    "twice": _twice,
    "unmatched": _unmatched,
    "cancelled": _cancelled,
    "unpaid": _unpaid,
}
