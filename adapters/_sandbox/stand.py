"""
What the sandboxes of gateways with orders share: book, messages, faults, the payer's page.

A gateway's own ``sandbox.py`` gives a ``Behaviour``: its routes, its messages, its codes. The stand
gives the rest, under ``/sandbox/<name>/`` (``steering``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import httpx
from flask import Flask, Response, g, render_template, request

from adapters._sandbox.faults import ENVIRON, NO_FAULT, Fault, Faults, Spoiler, Wsgi
from adapters._sandbox.orders import Order, Orders, Refund, RefundState
from adapters._sandbox.postman import Postman, client
from adapters._sandbox.steering import steering
from adapters._wire.fields import as_local
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock

_BODY_MAX_BYTES: Final = 256 * 1024
_CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)


@dataclass(frozen=True, slots=True)
class Planted:
    """How many differences a settlement file gets on request."""

    missing: int = 0
    extra: int = 0
    differing: int = 0


class Behaviour(Protocol):
    """What is peculiar to one gateway."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def hosts(self) -> frozenset[str]: ...

    @property
    def paths(self) -> tuple[str, ...]:
        """Beginnings of the paths that the real one serves: claimed, and spoilt by faults."""
        ...

    @property
    def schedule_min(self) -> Sequence[float]:
        """Minutes after the first delivery at which a message is sent, the first being 0."""
        ...

    @property
    def acts(self) -> Mapping[str, str]:
        """What a payer may do, and the button for it: ``pay`` must be one."""
        ...

    def routes(self, app: Flask, stand: Stand) -> None:
        """Add the routes of the real one to *app*."""
        ...

    def claims(self, environ: Mapping[str, Any]) -> bool: ...

    def play(self, order: Order, act: str, now: datetime) -> Order:
        """Let the payer do *act*: give the order as it is afterwards."""
        ...

    def message(
        self, order: Order, refund: Refund | None, now: datetime, fault: Fault
    ) -> httpx.Request | None:
        """Write the message about *order* (or its *refund*); None where the real one sends none."""
        ...

    def heard(self, answer: httpx.Response) -> bool: ...

    def back(self, order: Order, now: datetime) -> str:
        """Give the address to which the payer's browser returns, signed as the real one does."""
        ...

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes: ...


@dataclass(slots=True)
class Stand:
    """One sandbox gateway at work."""

    behaviour: Behaviour
    clock: Clock
    options: SandboxOptions
    orders: Orders = field(default_factory=Orders)
    faults: Faults = field(default_factory=Faults)
    #: Names of requests that were answered; a gateway that knows such a thing keeps them here.
    seen: set[str] = field(default_factory=set)
    postman: Postman = field(init=False)
    #: The registered address for messages, for gateways that are not told with each order.
    notify_url: str = field(init=False)
    app: Wsgi = field(init=False)

    def __post_init__(self) -> None:
        self.notify_url = self.options.notify.get(self.name, "")
        self.postman = Postman(
            self.clock.now,
            client(self.options.transport),
            self.behaviour.schedule_min,
            self.behaviour.heard,
            self.options.speed,
        )
        paths = self.behaviour.paths
        self.app = Spoiler(_application(self), self.faults, lambda p: p.startswith(paths), _pause)

    @property
    def name(self) -> str:
        return self.behaviour.name

    @property
    def hosts(self) -> frozenset[str]:
        return self.behaviour.hosts

    def claims(self, environ: Mapping[str, Any]) -> bool:
        path = environ.get("PATH_INFO", "")
        if path.startswith(f"/sandbox/{self.name}/"):
            return True
        return path.startswith(self.behaviour.paths) and self.behaviour.claims(environ)

    def run_due(self) -> int:
        return self.postman.run_due()

    def play(self, reference: str, act: str, fault: Fault | None = None) -> Order:
        """Let the payer of *reference* do *act*, and tell of it. Raises InvalidField."""
        with self.orders.lock:
            before = self.orders.get(reference)
            after = self.orders.save(self.behaviour.play(before, act, self.clock.now()))
        if after != before:
            self.tell(after, None, fault)
        return after

    def tell(self, order: Order, refund: Refund | None = None, fault: Fault | None = None) -> None:
        """Send the message about *order* as it is now; repeats say the same."""
        suffered = self.faults.next_message() if fault is None else fault
        if self.behaviour.message(order, refund, self.clock.now(), suffered) is None:
            return

        def write(now: datetime, spoilt: Fault) -> httpx.Request:
            written = self.behaviour.message(order, refund, now, spoilt)
            if written is None:
                raise LookupError("the gateway has a message only sometimes")
            return written

        self.postman.post(order.reference, write, suffered)
        if self.options.is_immediate:
            self.run_due()

    def settled(self, day: HospitalDay, **planted: int) -> bytes:
        """Write the settlement file of *day*, with differences *planted* in it."""
        return self.behaviour.settlement(tuple(self.orders), day, Planted(**planted))

    def finish_refund(self, number: int, state: RefundState) -> Order:
        """Let the refund of the gateway's *number* come to its end. Raises InvalidField."""
        with self.orders.lock:
            order, refund = self.orders.refund(number)
            done = Refund(
                refund.refund, refund.number, refund.amount, refund.at, state, refund.facts
            )
            saved = self.orders.save(order.with_refund(done))
        self.tell(saved, done)
        return saved


def fault_of_request() -> Fault:
    """Give what this request suffers, for what only the gateway itself can spoil."""
    found: Fault = request.environ.get(ENVIRON, NO_FAULT)
    return found


def pay_page(stand: Stand, order: Order) -> Response:
    """Show the payer's page, or pay at once and send the browser back where a program plays."""
    if stand.options.payer == "auto":
        order = stand.play(order.reference, "pay")
        return Response("", 302, {"Location": stand.behaviour.back(order, stand.clock.now())})
    # The form's answer leads the browser back to the shop, which the policy must allow.
    g.form_action = origin(order.return_url)
    page = render_template("payer.html", stand=stand, order=order, acts=stand.behaviour.acts)
    return Response(page, 200)


def origin(url: str) -> str:
    """Give scheme, host and port of *url*; empty where it is no address of a page."""
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        return ""
    if read.scheme not in ("http", "https") or not read.host:
        return ""
    return f"{read.scheme}://{read.netloc.decode('ascii')}"


def _application(stand: Stand) -> Wsgi:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _BODY_MAX_BYTES
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.filters["money"] = lambda dong: f"{dong:,}".replace(",", ".") + " đ"
    app.jinja_env.filters["local"] = as_local
    stand.behaviour.routes(app, stand)
    app.register_blueprint(steering(stand))

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = f"{_CSP} {g.get('form_action', '')}".strip()
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    program: Wsgi = app.wsgi_app
    return program


def _pause(seconds: float) -> None:
    time.sleep(seconds)
