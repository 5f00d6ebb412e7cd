"""
An adapter at its stand, for the suite ``payments.gateway.testing``.

A gateway's bench says four things: its settings, how the browser goes, which fields are signed,
and how a changed message is signed anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx

from adapters._sandbox import faults
from adapters._sandbox.orders import RefundState
from adapters._sandbox.stand import Stand
from adapters._sandbox.wire import SandboxTransport
from payments.gateway import (
    Attempt,
    AttemptRef,
    Notification,
    PostForm,
    Presentation,
    RawNotification,
    Redirect,
    RefundOrder,
    Reply,
    ShowQr,
    Verdict,
)
from payments.gateway.registry import Build
from payments.gateway.sandboxes import OpenSandbox, SandboxOptions
from payments.gateway.testing import ALL_FAULTS, Act, Vector
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.codes import ALPHABET
from payments.kernel.money import ZERO, Money, vnd

BASE_URL: Final = "http://localhost"
RETURN_URL: Final = "http://127.0.0.1:8080/return"


@dataclass
class Webhook(httpx.BaseTransport):
    """Our side of the line: keeps what comes and answers with the adapter's reply."""

    clock: FrozenClock
    reply: Callable[[], Reply]
    got: list[RawNotification] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.got.append(received(request, self.clock))
        answer = self.reply()
        if isinstance(answer.body, str):
            return httpx.Response(answer.status, text=answer.body)
        return httpx.Response(answer.status, json=dict(answer.body))


def received(request: httpx.Request, clock: FrozenClock) -> RawNotification:
    """Give *request* as our web receives it."""
    query = request.url.query.decode("ascii")
    return RawNotification(
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.read(),
        received_at=clock.now(),
        raw_query=query,
        method=request.method,
    )


class StandBench(ABC):
    """Most of a ``Bench``; a gateway's own adds ``tampered``, ``resigned``, ``foreign``."""

    acts: frozenset[Act] = frozenset(Act) - {Act.AUTHORISE}
    vectors: Sequence[Vector] = ()
    secrets: tuple[str, ...] = ()
    answers_show: frozenset[str] = ALL_FAULTS

    def __init__(
        self,
        clock: FrozenClock,
        build: Build,
        settings: Mapping[str, str],
        sandbox: OpenSandbox,
        name: str,
    ) -> None:
        self.clock = clock
        self._build, self._settings = build, settings
        self.webhook = Webhook(clock, lambda: self.gateway.reply(Verdict.STORED))
        self.notify_url = f"{RETURN_URL.rpartition('/')[0]}/webhooks/{name}"
        options = SandboxOptions(
            notify={name: self.notify_url}, is_immediate=True, transport=self.webhook
        )
        opened = sandbox(options, clock)
        assert isinstance(opened, Stand)
        self.stand = opened
        self.network = _Counted(SandboxTransport(self.stand.app))
        self.gateway: Any = build(settings, self.network, clock)
        self._number = 0

    def attempt(self, amount: Money) -> Attempt:
        self._number += 1
        digits = "".join(ALPHABET[self._number >> 5 * place & 31] for place in range(9))
        return Attempt(
            reference=f"VPH{digits}",
            amount=amount,
            expires_at=self.clock.now() + timedelta(minutes=15),
            return_url=RETURN_URL,
            notify_url=self.notify_url,
            opened_at=self.clock.now(),
            payer_ip="127.0.0.1",
            number=1_000_000 + self._number,
        )

    def opened(self, amount: Money) -> tuple[Attempt, AttemptRef]:
        attempt = self.attempt(amount)
        shown = self.gateway.open(attempt)
        self.visit(shown)
        transaction = "" if not hasattr(shown, "transaction") else str(shown.transaction)
        ref = AttemptRef(
            attempt.reference, attempt.amount, self.clock.now(), transaction, attempt.number
        )
        return attempt, ref

    def visit(self, shown: Presentation) -> int:
        browser = httpx.Client(transport=self.network, base_url=BASE_URL)
        match shown:
            case Redirect(url=url):
                return browser.get(url).status_code
            case PostForm(url=url, fields=fields):
                body = "&".join(
                    str(httpx.QueryParams([pair])) for pair in fields
                )  # the order may be signed
                headers = {"content-type": "application/x-www-form-urlencoded"}
                return browser.post(url, content=body, headers=headers).status_code
            case ShowQr():
                return 200
            case _:
                raise AssertionError(f"{shown} is not followed by a browser")

    def wire(self, attempt: Attempt) -> str:
        """Name the order of *attempt* as the sandbox's book does."""
        return attempt.reference

    def play(self, attempt: Attempt, act: Act, **fault: Any) -> RawNotification | None:
        before = len(self.webhook.got)
        knobs = faults.from_fields(fault) if fault else None
        self.stand.play(self.wire(attempt), act.value, knobs)
        return self.webhook.got[-1] if len(self.webhook.got) > before else None

    def again(self, attempt: Attempt) -> RawNotification:
        self.stand.tell(self.stand.orders.get(self.wire(attempt)))
        return self.webhook.got[-1]

    def back(self, attempt: Attempt) -> RawNotification:
        order = self.stand.orders.get(self.wire(attempt))
        url = self.stand.behaviour.back(order, self.clock.now())
        return received(httpx.Request("GET", url), self.clock)

    @abstractmethod
    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        """See ``Bench``."""

    @abstractmethod
    def resigned(self, raw: RawNotification, changes: Mapping[str, str]) -> RawNotification:
        """See ``Bench``."""

    @abstractmethod
    def foreign(self, raw: RawNotification) -> RawNotification:
        """See ``Bench``."""

    def fault(self, **knobs: Any) -> None:
        self.stand.faults.plan("answers", faults.from_fields(knobs), 1)

    def unreachable(self) -> Any:
        def fail(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no route", request=request)

        return self._build(self._settings, httpx.MockTransport(fail), self.clock)

    def asked(self) -> int:
        return self.network.count

    def finish_refund(self, told: Notification, *, is_done: bool) -> None:
        state = RefundState.DONE if is_done else RefundState.REFUSED
        self.stand.finish_refund(int(told.transaction), state)

    def moved_back(self, attempt: Attempt) -> Money:
        return vnd(self.stand.orders.get(self.wire(attempt)).refunded)

    def refund_order(self, attempt: AttemptRef, amount: Money, **more: Any) -> RefundOrder:
        self._number += 1
        made = RefundOrder(
            refund=f"R{self._number:010d}",
            attempt=attempt,
            amount=amount,
            ordered_at=self.clock.now(),
            ordered_by="ketoan01",
            refunded_before=ZERO,
        )
        return replace(made, **more)

    def settlement(
        self, day: HospitalDay, *, missing: int = 0, extra: int = 0, differing: int = 0
    ) -> bytes | None:
        return self.stand.settled(day, missing=missing, extra=extra, differing=differing)


class _Counted(httpx.BaseTransport):
    """Counts what goes through."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return self._inner.handle_request(request)
