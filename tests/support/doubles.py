"""A gateway of few lines whose every failure can be chosen; its amounts end at 1,000,000 đ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from uuid import UUID

import httpx

from payments import audit
from payments.channels import service as channels
from payments.gateway import (
    Attempt,
    AttemptRef,
    Capabilities,
    Capability,
    FailureTold,
    Gateways,
    Malformed,
    Misconfigured,
    NotAuthentic,
    Notification,
    NotSent,
    OutcomeUnknown,
    Proof,
    Query,
    RawNotification,
    Redirect,
    Refunding,
    RefundOrder,
    RefundPace,
    Reply,
    Settling,
    Shown,
    Telling,
    Trouble,
    Verdict,
    WireAmount,
)
from payments.inbox.service import accept
from payments.intents import attempts
from payments.intents import repository as intents
from payments.intents.attempts import GatewayAttempt
from payments.intents.model import Intent
from payments.intents.opening import AttemptRequest, open_attempt
from payments.intents.status import Status
from payments.kernel.money import vnd
from tests.support.gateways import RETURN_URL
from tests.support.hospital import SANDBOX, Hospital

DOUBLE = "double"


@dataclass
class Double:
    """The adapter: does what its *desk* says."""

    desk: AtTheGateway

    proof: Proof = Proof.SIGNATURE
    supports: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.OPENS,
            Capability.NOTIFIES,
            Capability.ANSWERS,
            Capability.CANCELS,
            Capability.CAPTURES,
            Capability.REFUNDS,
        }
    )
    is_sandbox: ClassVar[bool] = True

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            shown=frozenset({Shown.REDIRECT}),
            telling=Telling.POST_SIGNED,
            failure_told=FailureTold.YES,
            deliveries_max=None,
            deliveries_minutes=None,
            query=Query.ONE,
            cancels=True,
            captures=True,
            refunding=self.desk.refunding,
            refund_pace=RefundPace.LATER,
            amount_can_differ=self.desk.may_differ,
            idempotency_key="",
            expiry_min_s=None,
            expiry_max_s=None,
            settling=Settling.FILE,
            wire_amount=WireAmount.DONG,
            amount_max=vnd(1_000_000),
        )

    def open(self, attempt: Attempt) -> Redirect:
        self.desk.calls += 1
        self.desk.on_open(attempt)
        self.desk.raise_failure()
        return Redirect(f"https://pay.example/{attempt.reference}", transaction="order-1")

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        if raw.headers.get("key") != "right":
            raise NotAuthentic("wrong key")
        if not self.desk.messages:
            raise Malformed("nothing was said")
        return tuple(self.desk.messages)

    def reply(self, verdict: Verdict) -> Reply:
        return Reply(200, {"verdict": verdict.value})

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        self.desk.asked.append(attempt)
        self.desk.on_query(attempt)
        self.desk.raise_failure()
        return tuple(self.desk.answers)

    def capture(self, attempt: AttemptRef) -> Notification:
        self.desk.captured.append(attempt)
        self.desk.raise_failure()
        return self.desk.capture_answer(attempt)

    def cancel(self, attempt: AttemptRef) -> Notification:
        self.desk.cancelled.append(attempt)
        self.desk.raise_failure()
        return self.desk.cancel_answer(attempt)

    def refund(self, order: RefundOrder) -> Notification:
        self.desk.refunds.append(order)
        self.desk.raise_failure()
        return self.desk.refund_answer(order)

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]:
        self.desk.asked_refunds.append(order)
        self.desk.raise_failure()
        return (self.desk.refund_answer(order),)


def _nothing(_: Any) -> None:
    return None


def _no_refund(_: RefundOrder) -> Notification:
    raise AssertionError("the test says nothing of refunds")


def _no_answer(_: AttemptRef) -> Notification:
    raise AssertionError("the test says nothing of captures and cancellations")


@dataclass
class AtTheGateway:
    """What the gateway does next, and what it was asked."""

    hospital: Hospital
    invoice: UUID
    calls: int = 0
    on_open: Callable[[Attempt], object] = _nothing
    #: Called while the gateway is asked about an attempt: may wait, as one that stalls does.
    on_query: Callable[[AttemptRef], object] = _nothing
    fail: Exception | None = None
    misconfigured: bool = False
    may_differ: bool = False
    refunding: Refunding = Refunding.PARTIAL
    proof: Proof = Proof.SIGNATURE
    messages: list[Notification] = field(default_factory=list)
    answers: list[Notification] = field(default_factory=list)
    asked: list[AttemptRef] = field(default_factory=list)
    captured: list[AttemptRef] = field(default_factory=list)
    cancelled: list[AttemptRef] = field(default_factory=list)
    capture_answer: Callable[[AttemptRef], Notification] = _no_answer
    cancel_answer: Callable[[AttemptRef], Notification] = _no_answer
    refunds: list[RefundOrder] = field(default_factory=list)
    asked_refunds: list[RefundOrder] = field(default_factory=list)
    refund_answer: Callable[[RefundOrder], Notification] = _no_refund

    def raise_failure(self) -> None:
        if self.misconfigured:
            raise Misconfigured(Trouble.BAD_SIGNATURE)
        if isinstance(self.fail, httpx.ConnectError):
            raise NotSent("no route") from self.fail
        if isinstance(self.fail, httpx.ReadTimeout):
            raise OutcomeUnknown("silence") from self.fail
        if self.fail is not None:
            raise self.fail

    def open(self, *, key: str = "key-000001", channel: str = DOUBLE) -> UUID:
        asked = AttemptRequest(self.invoice, channel, key, RETURN_URL)
        return open_attempt(self.hospital.runtime, self.hospital.scope, asked)

    def tell(self, *messages: Notification, key: str = "right") -> str:
        """Send one request with *messages*; returns the verdict that was answered."""
        self.messages = list(messages)
        raw = RawNotification({}, {"key": key}, b"{}", self.hospital.runtime.clock.now())
        reply = accept(self.hospital.runtime, self.hospital.scope, DOUBLE, raw)
        assert not isinstance(reply.body, str)
        return str(reply.body["verdict"])

    def intent(self, intent: UUID) -> Intent:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            return intents.get(tx, intent)

    def attempt(self, intent: UUID) -> GatewayAttempt:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            found = attempts.of_intent(tx, intent)
        assert found is not None
        return found

    def stored(self, reference: str) -> Status:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            found = intents.of_code(tx, reference)
        assert found is not None
        return found.status

    def write_something(self) -> None:
        """Write in another transaction: on SQLite it waits for ever while one is open."""
        with self.hospital.runtime.database.transaction(self.hospital.scope) as tx:
            audit.append(tx, "test.written", "test:1")


def double(hospital: Hospital) -> AtTheGateway:
    """Add a channel of the double to *hospital* and issue an invoice of 150,000 đ."""
    return _added(hospital, DOUBLE, hospital.issue(), beside=tuple(SANDBOX))


def another(desk: AtTheGateway, name: str) -> AtTheGateway:
    """Add a second double beside the first one, with failures of its own."""
    return _added(desk.hospital, name, desk.invoice, beside=(*SANDBOX, DOUBLE))


def _added(
    hospital: Hospital, slug: str, invoice: UUID, *, beside: tuple[str, ...]
) -> AtTheGateway:
    desk = AtTheGateway(hospital, invoice)
    runtime = hospital.runtime

    def build(_settings: Mapping[str, str], _transport: Any, _clock: Any) -> Double:
        return Double(desk, desk.proof)

    known = {
        name: lambda told, transport, clock, name=name: runtime.gateways.build(
            name, told, transport, clock
        )
        for name in beside
    }
    hospital.runtime = replace(runtime, gateways=Gateways({**known, slug: build}))
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        channels.put(tx, hospital.runtime, slug=slug, adapter=slug, settings={"a": "b"})
    return desk
