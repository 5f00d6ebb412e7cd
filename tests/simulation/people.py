"""Those who come to a desk or a page: a cashier, payers and refund clerks, each with a journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from uuid import UUID

from adapters._sandbox.bank import Transfer
from payments.intents import repository as intents
from payments.intents.cash import CashRequest, take_cash
from payments.intents.opening import AttemptRequest, open_attempt
from payments.intents.service import cancel_invoice, credit_invoice, open_intent
from payments.invoicing import service as invoicing
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.queries import invoice as read_invoice
from payments.kernel.errors import VienphiError
from payments.kernel.money import vnd
from payments.receipts.queries import of_invoice
from payments.refunds import service as refunds
from payments.runtime import Runtime
from tests.simulation.plan import Giving, Payment, Visit, Way
from tests.simulation.world import CASHIER, World
from tests.support.doubles import DOUBLE
from tests.support.feeds import transfer
from tests.support.gateways import RETURN_URL
from tests.support.stage import SCOPE

T = TypeVar("T")
_CODE: Final = "vietqr"
ASKS: Final = replace(SCOPE, actor="user:asks")
APPROVES: Final = replace(SCOPE, actor="user:approves")
AT_THE_DESK: Final = replace(SCOPE, actor=CASHIER)


@dataclass(slots=True)
class Journal:
    """What those outside know: our books are held against it."""

    #: Every order that somebody answered, and the invoice that was named.
    issued: dict[str, UUID] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    #: Notes that were taken and acknowledged, by the key of their request.
    cash: dict[str, int] = field(default_factory=dict)
    #: What nobody may be answered with: an error that is no refusal.
    broken: list[str] = field(default_factory=list)


class People:
    """*heard* is told of each transfer that the bank has made, with the copies of its message."""

    def __init__(self, world: World, told: Callable[[str, Transfer, int], None]) -> None:
        self.world = world
        self.journal = Journal()
        self._told = told
        self._busy = 0

    @property
    def are_gone(self) -> bool:
        return self._busy == 0

    def come(self) -> None:
        for visit in self.world.plan.visits:
            self.start(f"visit {visit.number}", lambda v=visit: self._visit(v))

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Let somebody begin; a refusal ends what they wanted, and is an answer."""
        self._busy += 1

        def whole() -> None:
            try:
                work()
            except VienphiError:
                return
            except Exception as error:
                self.journal.broken.append(f"{name}: {type(error).__name__}: {error}")
            finally:
                self._busy -= 1

        self.world.scheduler.spawn(name, whole)

    def _visit(self, visit: Visit) -> None:
        name = f"visit {visit.number}"
        self.world.scheduler.sleep(visit.after_s)
        request = invoicing.IssueRequest(
            PatientRequest("NGUYỄN VĂN THỬ", 1958, f"99-7{visit.number:05d}"),
            tuple(LineRequest(code, 1) for code in visit.services),
            f"order-{visit.number:06d}",
        )
        invoice = self._ask(f"{name}: issue", lambda r: invoicing.issue(r, SCOPE, request))
        self.journal.issued[request.key] = invoice
        for place, one in enumerate(visit.payments):
            label = f"{name}.{place}"
            self.start(label, lambda o=one, n=label: _PAYS[o.way](self, n, invoice, o))
        for place, giving in enumerate(visit.givings):
            label = f"{name}: refund {place}"
            self.start(label, lambda g=giving, n=label: self._give(n, invoice, g))
        if (seconds := visit.cancelled_after_s) is not None:
            self.start(f"{name}: cancel", lambda s=seconds: self._cancel(name, invoice, s))
        if (seconds := visit.credited_after_s) is not None:
            self.start(f"{name}: credit", lambda s=seconds: self._credit(name, invoice, s))

    def _transfer(self, name: str, invoice: UUID, one: Payment) -> None:
        world = self.world
        world.scheduler.sleep(one.after_s)
        shown = self._ask(
            f"{name}: show a code",
            lambda r: open_intent(r, SCOPE, invoice=invoice, channel=_CODE, key=f"show {name}"),
        )
        world.scheduler.sleep(world.chance.randint(5, 30))
        dong = shown.amount.dong * one.percent // 100
        paid = transfer(len(self.journal.transfers) + 1, shown.code, dong, world.clock.now())
        self.journal.transfers.append(paid)
        world.note(f"{name}: the bank moves {dong} đồng")
        self._told(name, paid, one.copies)

    def _gateway(self, name: str, invoice: UUID, one: Payment) -> None:
        world = self.world
        world.scheduler.sleep(one.after_s)
        asked = AttemptRequest(invoice, DOUBLE, f"open {name}", RETURN_URL)
        intent = self._ask(f"{name}: open a page", lambda r: open_attempt(r, SCOPE, asked))
        world.scheduler.sleep(world.chance.randint(5, 30))
        code = self._ask(f"{name}: look", lambda r: _code(r, intent))
        if world.chance.random() < 0.2:
            world.gateway.refuse(code)
            world.scheduler.sleep(5)
        if world.gateway.pay(code):
            world.note(f"{name}: the gateway takes the money")

    def _cash(self, name: str, invoice: UUID, one: Payment) -> None:
        self.world.scheduler.sleep(one.after_s)
        due = self._ask(f"{name}: look", lambda r: _due(r, invoice))
        if not due:
            return
        tendered = due * one.percent // 100
        asked = CashRequest(invoice, vnd(tendered), vnd(due), one.percent < 100, f"cash {name}")
        self._ask(f"{name}: cash", lambda r: take_cash(r, AT_THE_DESK, asked))
        self.journal.cash[asked.key] = tendered

    def _give(self, name: str, invoice: UUID, giving: Giving) -> None:
        self.world.scheduler.sleep(giving.after_s)
        found = self._ask(f"{name}: look", lambda r: _of_gateway(r, invoice))
        if not found:
            return
        payment, received = found[0]
        request = refunds.RefundRequest(
            payment, vnd(received * giving.percent // 100), "trả trùng", name
        )
        asked = self._ask(f"{name}: ask", lambda r: refunds.request(r, ASKS, request))
        self.world.scheduler.sleep(self.world.chance.randint(1, 20))
        if not giving.is_approved:
            self._ask(f"{name}: turn down", lambda r: refunds.turn_down(r, SCOPE, asked.id))
            return
        self._ask(
            f"{name}: approve",
            lambda r: refunds.approve(r, APPROVES, asked.id, login="ketoan.truong"),
        )

    def _cancel(self, name: str, invoice: UUID, after_s: int) -> None:
        self.world.scheduler.sleep(after_s)
        self._ask(f"{name}: cancel", lambda r: cancel_invoice(r, SCOPE, invoice, "không khám"))

    def _credit(self, name: str, invoice: UUID, after_s: int) -> None:
        self.world.scheduler.sleep(after_s)
        less, key = {"KB": vnd(self.world.chance.choice((50_000, 100_000)))}, f"credit {name}"
        self._ask(
            f"{name}: credit",
            lambda r: credit_invoice(r, SCOPE, invoice, less, reason="không làm", key=key),
        )

    def _ask(self, name: str, work: Callable[[Runtime], T]) -> T:
        return self.world.until_answered(name, work)


_PAYS: Final[dict[Way, Callable[[People, str, UUID, Payment], None]]] = {
    Way.TRANSFER: People._transfer,
    Way.GATEWAY: People._gateway,
    Way.CASH: People._cash,
}


def _code(runtime: Runtime, intent: UUID) -> str:
    with runtime.database.reading(SCOPE) as tx:
        return intents.get(tx, intent).code


def _due(runtime: Runtime, invoice: UUID) -> int:
    with runtime.database.reading(SCOPE) as tx:
        return read_invoice(tx, runtime.keys, invoice).due.dong


def _of_gateway(runtime: Runtime, invoice: UUID) -> list[tuple[UUID, int]]:
    with runtime.database.reading(SCOPE) as tx:
        found = of_invoice(tx, invoice)
    return [(one.id, one.received.dong) for one in found if one.method == "gateway"]
