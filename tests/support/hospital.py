"""A furnished trial hospital and the money that comes to it; defaults for what is no matter."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from payments.bank.model import Arrival, Direction
from payments.bank.rows import BANK_CREDIT
from payments.demo.hospital import DESK, furnish
from payments.gateway import Payee
from payments.inbox.effects import Applied, apply_arrival
from payments.intents.cash import CashRequest, take_cash
from payments.intents.model import Intent
from payments.intents.service import open_intent
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.queries import InvoiceView
from payments.invoicing.queries import invoice as read_invoice
from payments.invoicing.rows import INVOICE
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import queries as ledger
from payments.receipts.cash import Cash
from payments.receipts.queries import PaymentView, of_invoice
from payments.receipts.rows import PAYMENT
from payments.refunds.rows import CASH_RETURN
from payments.runtime import Runtime
from payments.shifts.model import Shift
from payments.shifts.service import open_shift
from payments.storage.unit_of_work import Database
from payments.worker import run_until_idle

PAYEE = Payee("999999", "0071000123456", "BENH VIEN DA KHOA THU NGHIEM")
SANDBOX = {
    "bank_transfer": {
        "bin": PAYEE.bin,
        "account": PAYEE.account,
        "holder": PAYEE.holder,
        "notified_by": "casso,sepay",
    },
    "sepay": {
        "auth": "apikey",
        "webhook_key": "ak_test_1",
        "body": "json",
        "api": "v2",
        "api_token": "spapi_test_vienphi",
    },
    "casso": {
        "webhook": "v1",
        "secure_token": "tok",
        "api_key": "AK_CS.test",
    },
}

_OWED = select(
    func.sum(
        INVOICE.c.total
        - INVOICE.c.covered
        - INVOICE.c.credited
        - INVOICE.c.paid
        + INVOICE.c.refunded
    )
).where(INVOICE.c.document == "issued")
_RECEIVED = select(func.sum(PAYMENT.c.received))
_PAID_BACK = select(func.sum(BANK_CREDIT.c.amount)).where(
    BANK_CREDIT.c.reason.in_(("refund_paid", "bhyt_paid_back", "fee_bill", "gateway_topup"))
)

_HANDED_BACK = select(func.sum(CASH_RETURN.c.amount)).where(CASH_RETURN.c.state == "paid")

LATER = timedelta(minutes=20)


class Hospital:
    """One furnished facility; every method does what a person or a bank would do."""

    def __init__(self, runtime: Runtime, scope: Scope) -> None:
        self.runtime = runtime
        self.scope = scope
        self._counter = itertools.count(1)
        furnish(runtime, scope, SANDBOX)

    def issue(self, *codes: str, key: str = "") -> UUID:
        """Issue an invoice of one of each service; KB01 (150,000 đ) when none is named."""
        number = next(self._counter)
        request = IssueRequest(
            PatientRequest("NGUYỄN VĂN THỬ", 1958, f"99-{number:06d}"),
            tuple(LineRequest(code, 1) for code in codes or ("KB01",)),
            key or f"form-{number:08d}",
        )
        return issue(self.runtime, self.scope, request)

    def show(self, invoice: UUID) -> Intent:
        """Show a code for what the invoice owes."""
        key = f"show-{next(self._counter):08d}"
        return open_intent(self.runtime, self.scope, invoice=invoice, channel=DESK, key=key)

    def transfer(
        self, memo: str, amount: Money, *, at: datetime | None = None, reference: str | None = None
    ) -> Arrival:
        """Make what SePay would tell of one transfer to the hospital's account."""
        number = next(self._counter)
        return Arrival(
            source="feed:sepay",
            source_id=f"event-{number}",
            account=PAYEE.account,
            direction=Direction.IN,
            amount=amount,
            occurred_at=at or self.runtime.clock.now(),
            reference=f"FT{number:08d}" if reference is None else reference,
            memo=memo,
        )

    def open_shift(self, cash_point: str = "Q1", *, by: str = "") -> Shift:
        """Let somebody (whoever this hospital acts as) answer for a cash point."""
        return open_shift(
            self.runtime, self.by(by), cash_point=cash_point, opening_float=vnd(500_000)
        )

    def by(self, actor: str) -> Scope:
        return replace(self.scope, actor=actor or self.scope.actor)

    def hand_over(
        self, invoice: UUID, tendered: Money, *, is_part: bool = False, by: str = "", key: str = ""
    ) -> Cash:
        """Lay *tendered* on the desk for what the invoice owes now."""
        seen = self.view(invoice).due
        key = key or f"cash-{next(self._counter):08d}"
        asked = CashRequest(invoice, tendered, seen, is_part, key)
        return take_cash(self.runtime, self.by(by), asked)

    def arrive(self, arrival: Arrival) -> Applied:
        return self.runtime.database.run(
            self.scope, lambda tx: apply_arrival(tx, self.runtime, arrival)
        )

    def work(self) -> None:
        """Let the worker do what is due, under its own database role."""
        if not self.runtime.database.is_postgres:
            run_until_idle(self.runtime, self.scope)
            return
        url = self.runtime.database.engine.url.set(username="vp_worker")
        database = Database(url.render_as_string(hide_password=False), self.runtime.clock)
        try:
            run_until_idle(replace(self.runtime, database=database), self.scope)
        finally:
            database.close()

    def view(self, invoice: UUID) -> InvoiceView:
        with self.runtime.database.reading(self.scope) as tx:
            return read_invoice(tx, self.runtime.keys, invoice)

    def payments(self, invoice: UUID) -> tuple[PaymentView, ...]:
        with self.runtime.database.reading(self.scope) as tx:
            return of_invoice(tx, invoice)

    def balance(self, code: str) -> Money:
        with self.runtime.database.reading(self.scope) as tx:
            return ledger.balance(tx, code)

    def assert_balanced(self) -> None:
        """Hold the ledger against the rows: entries sum to nothing, 1300 is what is owed."""
        with self.runtime.database.reading(self.scope) as tx:
            totals = ledger.balances(tx)
            assert sum(amount.dong for amount in totals.values()) == 0
            owed = tx.execute(_OWED).scalar_one() or 0
            assert sum(a.dong for c, a in totals.items() if c.startswith("1300")) == owed
            for control, methods in (("1100", ("bank",)), ("1000", ("cash",))):
                received = tx.execute(_RECEIVED.where(PAYMENT.c.method.in_(methods))).scalar_one()
                held = sum(a.dong for c, a in totals.items() if c.startswith(control))
                if control == "1000":
                    # What the safe has counted.
                    held += totals["1010"].dong if "1010" in totals else 0
                    # What a count found missing has left the till, and what was over has come in.
                    held += totals["5300"].dong if "5300" in totals else 0
                    # Notes of an advance that went back.
                    held += int(tx.execute(_HANDED_BACK).scalar_one() or 0)
                else:
                    # What was paid back from the account, whether it came back or not.
                    held += int(tx.execute(_PAID_BACK).scalar_one() or 0)
                assert held == (received or 0), control


def twin(arrival: Arrival, **changes: object) -> Arrival:
    return replace(arrival, **changes)  # type: ignore[arg-type]
