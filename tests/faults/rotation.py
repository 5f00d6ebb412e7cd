"""
M5: a gateway's secret rotates; for a day either is believed, nothing is lost, then the old is not.

    python -m tests.faults.rotation --messages 40 --seed 1

Each gateway that notifies, and each bank feed in each of its modes, gets a second version of its
channel with another secret. Over the 24 hours after it payments are told by messages that are
signed with either, by chance; all must be booked, once. Then the old version is ended: what it
signs is refused and books nothing, what the new one signs is booked. Before the second version
existed, the new secret was refused as well.

ZaloPay's stand-in has two apps with keys of their own and no second key for one: there the first
app's messages come late, and the second app's payments are opened after the rotation.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from adapters._sandbox.stand import Stand
from adapters._sandbox.wire import SandboxTransport
from adapters.zalopay.settings import SANDBOX_APPS
from payments.channels import administration
from payments.channels import service as channels
from payments.gateway import RawNotification, Verdict
from payments.inbox.asking import ask_all
from payments.inbox.service import accept
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.clock import FrozenClock
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.feeds import MODES, Mode, switch_to, transfer
from tests.support.gateways import GatewayDesk, desk, notifying, settings_of_sandbox
from tests.support.hospital import Hospital
from tests.support.stage import in_memory_hospital, morning

_OVERLAP: Final = timedelta(hours=24)
#: Where the stand-in keeps what signs its messages, and what the channel calls it.
_SECRETS: Final[Mapping[str, tuple[str, str]]] = {
    "vnpay": ("secret", "hash_secret"),
    "momo": ("secret_key", "secret_key"),
    "onepay": ("hash_key", "hash_key"),
    "payos": ("key", "checksum_key"),
    "sepay_pg": ("secret", "secret_key"),
    "stripe": ("secret", "webhook_secret"),
}
_OTHER_APP: Final = {
    "app_id": "553",
    "key1": SANDBOX_APPS[553][0],
    "key2": SANDBOX_APPS[553][1],
}
_PAYS_BY: Final = {"sepay_pg": "card"}


def run(seed: int, *, messages: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    for name in notifying():
        if name not in _SECRETS and name != "zalopay":
            outcome.failures.append(f"{name}: nobody says where its secret is")
            continue
        with in_memory_hospital(morning()) as hospital:
            rotate: type[_AtGateway] = _AtZalopay if name == "zalopay" else _AtGateway
            _try(outcome, name, rotate(hospital, name), chance, messages)
    for mode_name, mode in MODES.items():
        with in_memory_hospital(morning()) as hospital:
            _try(outcome, mode_name, _AtBank(hospital, mode), chance, messages)
    return outcome


def _try(
    outcome: Outcome, name: str, sender: _AtGateway | _AtBank, chance: random.Random, messages: int
) -> None:
    hospital = sender.hospital
    wrong: list[str] = []
    if sender.can_sign_before:
        wrong += sender.expect_refused(is_new=True, when="before the rotation")
    sender.rotate(messages)
    told = {False: 0, True: 0}
    for _ in range(messages):
        sender.clock.advance(_OVERLAP / messages)
        is_new = chance.random() < 0.5
        told[is_new] += 1
        wrong += sender.expect_booked(is_new=is_new)
    with_old_version = sender.held_back()
    administration.end(hospital.runtime, hospital.scope, sender.slug, sender.old_version)
    sender.clock.advance(timedelta(seconds=1))
    wrong += sender.expect_refused(is_new=False, when="after the overlap", held=with_old_version)
    wrong += sender.expect_booked(is_new=True)
    hospital.work()
    wrong += oracle.findings(hospital.runtime, hospital.scope)
    lost = sum("not booked" in one for one in wrong)
    outcome.figures[name] = f"{told[False]} by the old, {told[True]} by the new secret; {lost} lost"
    outcome.failures += [f"{name}: {one}" for one in wrong]


class _AtGateway:
    """A gateway with orders of its own, told by two stands that share its book."""

    can_sign_before = True

    def __init__(self, hospital: Hospital, name: str) -> None:
        self.hospital = hospital
        self.slug = name
        self.old_version = 1
        clock = hospital.runtime.clock
        assert isinstance(clock, FrozenClock)
        self.clock = clock
        self._desk: GatewayDesk = desk(hospital, name)
        self._old = self._desk.stand
        self._settings = self._new_settings()
        self._new = self._new_stand()

    def rotate(self, messages: int) -> None:
        runtime = replace(self.hospital.runtime, transport=SandboxTransport(self._new.app))
        self.hospital.runtime = runtime
        with runtime.database.transaction(self.hospital.scope) as tx:
            channels.put(tx, runtime, slug=self.slug, adapter=self.slug, settings=self._settings)

    def held_back(self) -> RawNotification | None:
        return None

    def expect_booked(self, *, is_new: bool) -> list[str]:
        intent, raw = self._paid(is_new=is_new)
        self._desk.deliver(raw)
        # Where a message proves only its sender, the gateway itself is asked.
        self.clock.advance(timedelta(seconds=1))
        ask_all(self.hospital.runtime, self.hospital.scope)
        return [] if self._is_booked(intent) else [f"not booked, is_new={is_new}"]

    def expect_refused(
        self, *, is_new: bool, when: str, held: RawNotification | None = None
    ) -> list[str]:
        intent, raw = (None, held) if held is not None else self._paid(is_new=is_new)
        assert raw is not None
        [reply] = self._desk.deliver(raw)
        wrong = []
        if reply != self._desk.replies(Verdict.BAD_SIGNATURE):
            wrong.append(f"{when}: answered {reply}")
        if intent is not None and self._is_booked(intent):
            wrong.append(f"{when}: booked")
        return wrong

    def _paid(self, *, is_new: bool) -> tuple[UUID, RawNotification]:
        intent = self._desk.open(self.hospital.issue())
        self._desk.stand = self._new if is_new else self._old
        raw, *_ = self._desk.play(intent, _PAYS_BY.get(self.slug, "pay"))
        return intent, raw

    def _is_booked(self, intent: UUID) -> bool:
        found = self._desk.intent(intent)
        payments = self.hospital.payments(found.invoice)
        return found.status is Status.CAPTURED and len(payments) == 1

    def _new_settings(self) -> dict[str, str]:
        _, setting = _SECRETS[self.slug]
        told = settings_of_sandbox(self.slug)
        return told | {setting: _another(told[setting])}

    def _new_stand(self) -> Stand:
        kept, setting = _SECRETS[self.slug]
        behaviour = replace(self._old.behaviour, **{kept: self._settings[setting]})  # type: ignore[type-var]
        return Stand(behaviour, self.clock, self._old.options, orders=self._old.orders)


class _AtZalopay(_AtGateway):
    """Orders of the first app are told late; who pays after the rotation pays the second app."""

    can_sign_before = False

    def rotate(self, messages: int) -> None:
        # Enough for every message of the old key, and one for after its end.
        self._waiting = [super(_AtZalopay, self)._paid(is_new=False) for _ in range(messages + 2)]
        super().rotate(messages)

    def held_back(self) -> RawNotification | None:
        return self._waiting.pop()[1]

    def _paid(self, *, is_new: bool) -> tuple[UUID, RawNotification]:
        return super()._paid(is_new=True) if is_new else self._waiting.pop()

    def _new_settings(self) -> dict[str, str]:
        return settings_of_sandbox(self.slug) | _OTHER_APP

    def _new_stand(self) -> Stand:
        return self._old


class _AtBank:
    """A bank feed in one of its modes."""

    can_sign_before = True

    def __init__(self, hospital: Hospital, mode: Mode) -> None:
        self.hospital = hospital
        self.slug = mode.channel
        clock = hospital.runtime.clock
        assert isinstance(clock, FrozenClock)
        self.clock = clock
        self._number = 0
        secret = mode.feed.credential
        [name] = [one for one, value in mode.settings.items() if value == secret]
        settings = {**mode.settings, name: _another(secret)}
        feed = replace(mode.feed, credential=_another(secret))
        self._modes = {False: mode, True: Mode(mode.channel, settings, feed, mode.is_signed)}
        with hospital.runtime.database.transaction(hospital.scope) as tx:
            switch_to(tx, hospital.runtime, mode)
        # The furnished one was the first.
        self.old_version = 2

    def rotate(self, messages: int) -> None:
        runtime = self.hospital.runtime
        with runtime.database.transaction(self.hospital.scope) as tx:
            channels.put(
                tx, runtime, slug=self.slug, adapter=self.slug,
                settings=self._modes[True].settings,
            )  # fmt: skip

    def held_back(self) -> RawNotification | None:
        return None

    def expect_booked(self, *, is_new: bool) -> list[str]:
        invoice, raw = self._paid(is_new=is_new)
        accept(self.hospital.runtime, self.hospital.scope, self.slug, raw)
        is_booked = self.hospital.view(invoice).payment is Payment.PAID
        return [] if is_booked else [f"not booked, is_new={is_new}"]

    def expect_refused(
        self, *, is_new: bool, when: str, held: RawNotification | None = None
    ) -> list[str]:
        invoice, raw = self._paid(is_new=is_new)
        reply = accept(self.hospital.runtime, self.hospital.scope, self.slug, raw)
        is_paid = self.hospital.view(invoice).payment is Payment.PAID
        if reply.status == 401 and not is_paid:
            return []
        return [f"{when}: answered {reply}, paid {is_paid}"]

    def _paid(self, *, is_new: bool) -> tuple[UUID, RawNotification]:
        self._number += 1
        invoice = self.hospital.issue()
        code, now = self.hospital.show(invoice).code, self.clock.now()
        told = transfer(self._number, code, 150_000, now)
        return invoice, self._modes[is_new].raw(told, now)


def _another(secret: str) -> str:
    """Make another secret of the same letters: its beginning says of what it is."""
    made = secret[:6] + secret[:5:-1]
    return made if made != secret else secret[::-1]


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M5 rotating secrets", {"messages": 40}, needs_cluster=False))
