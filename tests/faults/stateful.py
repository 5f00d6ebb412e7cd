"""
K8: random commands against a model of dicts: after each of them services and model say the same.

    python -m tests.faults.stateful --sequences 1000 --steps 50 --seed 1

PASS: no sequence after which an invoice, its payments or its refunds differ from the model, no
command refused that the model allows or done that it refuses, and the oracle and I1 to I20 hold
once the worker is at rest. A sequence issues invoices, takes transfers (short, exact, excess,
repeated), cash and captures at a gateway, credits, cancels, and asks for, approves, turns down and
ends refunds. Hypothesis draws it from the seed and shrinks what fails to the commands that matter.
The services are the real ones, on SQLite in memory.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from payments.gateway import AttemptRef, Notification
from payments.gateway import Outcome as Told
from payments.intents.service import cancel_invoice, credit_invoice
from payments.kernel.money import vnd
from payments.refunds import service
from payments.refunds.service import RefundRequest
from tests.faults import script
from tests.faults.dict_held import Held, of_refund
from tests.faults.invariants import broken
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.doubles import double
from tests.support.stage import MORNING, in_memory_hospital, morning

#: What must have happened, or the drawing was too poor to tell anything.
_DRAWN: Final = frozenset(
    {"transferred", "cash", "captured", "credited", "cancelled", "refund asked", "refund approved"}
    | {"refund turned down", "refund told done", "refund told declined"}
    | {"refund asked: not-refundable", "refund approved: same-person", "cash: nothing-due"}
)
#: Sequences that share a hospital: few enough that what the oracle finds is near its cause.
_BATCH: Final = 100
_EVENING: Final = timedelta(hours=9)
_PRICES: Final = {"KB01": ("KB", 150_000), "XN01": ("XN", 92_000), "SA01": ("SA", 180_000)}
#: More would scatter the commands: each invoice is to see many.
_INVOICES_MAX: Final = 4
_CANCELS_MAX: Final = 4
_PLACE: Final = st.integers(0, 5)
#: How much of what is due comes: as a share, and some đồng more or less.
_SHARE: Final = st.sampled_from((0.3, 0.5, 1, 1, 1, 2))
_ANSWER: Final = st.sampled_from(("done", "accepted", "declined", "silent"))


class Commands(Held):
    """What people, banks and the gateway do, each in any order."""

    @precondition(lambda self: len(self.books.invoices) < _INVOICES_MAX)
    @rule(services=st.sets(st.sampled_from(sorted(_PRICES)), min_size=1))
    def issue(self, services: set[str]) -> None:
        made = self.books.issue(dict(_PRICES[one] for one in services))
        self.did("issued")
        self.ids[id(made)] = self.hospital.issue(*sorted(services))
        self.codes[id(made)] = self.hospital.show(self.ids[id(made)]).code
        self.same(made)

    @precondition(lambda self: self.books.invoices)
    @rule(place=_PLACE, share=_SHARE, more=st.integers(-2, 2))
    def transfer(self, place: int, share: float, more: int) -> None:
        invoice = self.an_invoice(place)
        amount = max(1, int((self.books.due(invoice) or 50_000) * share) + more)
        self.did("transferred")
        self.books.receive(invoice, amount, "bank")
        self.sent.append(self.hospital.transfer(self.codes[id(invoice)], vnd(amount)))
        self.hospital.arrive(self.sent[-1])
        self.same(invoice)

    @precondition(lambda self: self.sent)
    @rule(place=_PLACE)
    def transfer_told_again(self, place: int) -> None:
        self.did("transfer told again")
        self.hospital.arrive(self.sent[place % len(self.sent)])
        for invoice in self.books.invoices:
            self.same(invoice)

    @precondition(lambda self: self.books.invoices)
    @rule(place=_PLACE, share=_SHARE, is_part=st.booleans())
    def cash(self, place: int, share: float, is_part: bool) -> None:
        invoice = self.an_invoice(place)
        tendered = max(1, int((self.books.due(invoice) or 50_000) * share))
        refusal = self.books.refuses_cash(invoice, tendered, is_part=is_part)
        self.expect(
            "cash",
            refusal,
            lambda: self.hospital.hand_over(
                self.ids[id(invoice)], vnd(tendered), is_part=is_part, by="user:desk"
            ),
        )
        if not refusal:
            self.books.receive(invoice, min(tendered, self.books.due(invoice)), "cash")
        self.same(invoice)

    @precondition(lambda self: self.books.invoices)
    @rule(place=_PLACE, captures=st.integers(0, 2))
    def open_at_gateway(self, place: int, captures: int) -> None:
        invoice, due = self.an_invoice(place), self.books.due(self.an_invoice(place))
        self.gateway.invoice = self.ids[id(invoice)]
        key = f"open-{self.sequences:07d}-{len(self.attempts)}-{self.done.total()}"
        refusal = "" if due else "nothing-due"
        intent = self.expect("opened at gateway", refusal, lambda: self.gateway.open(key=key))
        if intent is not None:
            found = self.gateway.intent(intent)
            assert found.amount.dong == due
            self.attempts.append((invoice, intent, found.code, due))
            for _ in range(captures):
                self.capture_once(-1, copies=1)
        self.same(invoice)

    @precondition(lambda self: self.attempts)
    @rule(place=_PLACE, copies=st.integers(1, 2))
    def capture(self, place: int, copies: int) -> None:
        """Capture an attempt, also one that ended: each time is a payment of its own."""
        self.capture_once(place % len(self.attempts), copies=copies)

    @precondition(lambda self: self.books.invoices)
    @rule(place=_PLACE, department=st.sampled_from(("KB", "XN", "SA")), share=_SHARE)
    def credit(self, place: int, department: str, share: float) -> None:
        invoice = self.an_invoice(place)
        amount = int(invoice["left"].get(department, 60_000) * share)
        refusal = self.books.refuses_credit(invoice, department, amount)
        key = f"credit-{self.sequences:07d}-{self.done.total()}"
        self.expect(
            "credited",
            refusal,
            lambda: credit_invoice(
                self.hospital.runtime, self.hospital.scope, self.ids[id(invoice)],
                {department: vnd(amount)}, reason="không làm", key=key,
            ),
        )  # fmt: skip
        if not refusal:
            self.books.credit(invoice, department, amount)
        self.same(invoice)

    @precondition(lambda self: self.books.invoices and self.cancels < _CANCELS_MAX)
    @rule()
    def cancel(self) -> None:
        self.cancels += 1
        # The first alone: where all were cancelled soon, little else would happen.
        invoice = self.books.invoices[0]
        refusal = self.books.refuses_cancel(invoice)
        runtime, scope = self.hospital.runtime, self.hospital.scope
        self.expect(
            "cancelled",
            refusal,
            lambda: cancel_invoice(runtime, scope, self.ids[id(invoice)], "không khám nữa"),
        )
        invoice["cancelled"] = invoice["cancelled"] or not refusal
        self.same(invoice)

    @precondition(lambda self: self.books.payments)
    @rule(place=st.integers(0, 20), share=_SHARE, is_any=st.booleans())
    def ask_refund(self, place: int, share: float, is_any: bool) -> None:
        free = [one for one in self.books.payments if sum(self.books.free(one))]
        payments = self.books.payments if is_any or not free else free
        payment = payments[place % len(payments)]
        amount = max(1, int((sum(self.books.free(payment)) or payment["received"]) * share))
        refusal = self.books.refuses_ask(payment, amount)
        asked = RefundRequest(
            self.payment_id(payment), vnd(amount), "trả trùng", f"ask-{self.done.total():09d}"
        )
        scope = self.hospital.by("user:asks")
        made = self.expect(
            "refund asked",
            refusal,
            lambda: service.request(self.hospital.runtime, scope, asked),
        )
        if made is not None:
            self.ids[id(self.books.ask(payment, amount))] = made.id
        self.same(payment["invoice"])

    @precondition(lambda self: self.books.refunds)
    @rule(place=_PLACE, by=st.sampled_from(("user:asks", "user:a", "user:b")), answer=_ANSWER)
    def approve_refund(self, place: int, by: str, answer: str) -> None:
        refund = self.a_refund(place)
        refusal = self.books.refuses_approval(refund, by_who_asked=by == "user:asks")
        self.gateway.refund_answer = lambda order: self.answer(order, answer)
        self.gateway.refunds.clear()
        scope, ours = self.hospital.by(by), self.ids[id(refund)]
        self.expect(
            "refund approved",
            refusal,
            lambda: service.approve(self.hospital.runtime, scope, ours, login="ketoan.truong"),
        )
        if not refusal:
            self.books.approve(refund, answer)
            self.orders[id(refund)] = self.gateway.refunds[0]
        self.same(refund["payment"]["invoice"])

    @precondition(lambda self: self.books.refunds)
    @rule(place=_PLACE)
    def turn_refund_down(self, place: int) -> None:
        refund = self.a_refund(place)
        refusal = "" if refund["state"] == "requested" else "illegal-refund-step"
        runtime, scope = self.hospital.runtime, self.hospital.scope
        self.expect(
            "refund turned down",
            refusal,
            lambda: service.turn_down(runtime, scope, self.ids[id(refund)]),
        )
        if not refusal:
            self.books.turn_down(refund)
        self.same(refund["payment"]["invoice"])

    @precondition(lambda self: self.orders)
    @rule(place=_PLACE, answer=st.sampled_from(("done", "declined")))
    def refund_told(self, place: int, answer: str) -> None:
        ordered = [one for one in self.books.refunds if id(one) in self.orders]
        refund = ordered[place % len(ordered)]
        self.did(f"refund told {answer}")
        self.gateway.tell(of_refund(self.orders[id(refund)], answer, self.clock.now()))
        self.books.told(refund, answer)
        self.same(refund["payment"]["invoice"])


def run(seed: int, *, sequences: int, steps: int) -> Outcome:
    outcome = Outcome()
    Held.done, Held.sequences = Counter(), 0
    for start in range(0, sequences, _BATCH):
        with _hospital(outcome):
            _draw(f"{seed}:{start}", min(_BATCH, sequences - start), steps, outcome)
        if outcome.failures:
            break
    if sequences >= _BATCH:
        outcome.expect("never drawn", sorted(_DRAWN - Held.done.keys()), [])
    outcome.figures["sequences, commands"] = f"{Held.sequences}, {Held.done.total()}"
    for name, count in sorted(Held.done.items()):
        outcome.figures[name] = count
    if Held.sequences < sequences:
        outcome.failures.append(f"only {Held.sequences} sequences were drawn")
    return outcome


def _draw(chance: str, sequences: int, steps: int, outcome: Outcome) -> None:
    told = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        print_blob=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    machine = seeded(int.from_bytes(chance.encode()))(type("Drawn", (Commands,), {}))
    try:
        run_state_machine_as_test(machine, settings=told, _min_steps=steps - 1)
    except Exception as found:
        words = (str(found), *getattr(found, "__notes__", ()))
        outcome.failures.append(f"{chance}: {type(found).__name__}: " + "\n".join(words))


@contextmanager
def _hospital(outcome: Outcome) -> Iterator[None]:
    """Furnish one for a batch of sequences; at the end its worker rests and all is asked."""
    clock = morning()
    with in_memory_hospital(clock) as hospital:
        Held.gateway, Held.clock = double(hospital), clock
        Held.gateway.cancel_answer = _called_off
        hospital.open_shift(by="user:desk")
        gc.freeze()
        yield
        if outcome.failures:
            return
        clock.set(MORNING + _EVENING)
        Held.gateway.refund_answer = Held.settled
        hospital.work()
        outcome.failures += oracle.findings(hospital.runtime, hospital.scope)
        outcome.failures += broken(hospital.runtime, hospital.scope)


def _called_off(attempt: AttemptRef) -> Notification:
    return Notification(
        event_id=f"{attempt.reference}:off",
        outcome=Told.CANCELLED,
        amount=attempt.amount,
        occurred_at=MORNING + _EVENING,
        reference=attempt.reference,
    )


if __name__ == "__main__":
    told = {"sequences": 1_000, "steps": 50}
    raise SystemExit(script.main(run, "K8 commands against a model", told, needs_cluster=False))
