"""A hospital with an account at the sandbox of S-Invoice, in this process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from adapters._sandbox.wire import SandboxTransport
from adapters.sinvoice import build
from adapters.sinvoice.sandbox import ACCOUNT, SinvoiceSandbox
from payments.einvoicing import repository
from payments.einvoicing.batch import draft_due
from payments.einvoicing.model import Chain, Receipt
from payments.einvoicing.sending import look
from payments.external.einvoices import Providers
from payments.intents.service import credit_invoice
from payments.kernel.money import Money, vnd
from payments.receipts import service as receipts
from payments.reconciliation.resolving import attach
from payments.reconciliation.unmatching import unmatch
from payments.refunds import paying_back
from payments.refunds.paying_back import PaybackRequest
from tests.support.hospital import Hospital


@dataclass
class Issuing:
    """One hospital, its provider, and what a clerk does with both."""

    hospital: Hospital
    sandbox: SinvoiceSandbox

    def paid(self, *codes: str) -> tuple[UUID, UUID]:
        """Issue an invoice, take its transfer, number the receipt: (invoice, payment)."""
        invoice = self.hospital.issue(*codes)
        return invoice, self.pays(invoice, self.hospital.view(invoice).due)

    def pays(self, invoice: UUID, amount: Money) -> UUID:
        before = {one.id for one in self.hospital.payments(invoice)}
        code = self.hospital.show(invoice).code
        self.hospital.arrive(self.hospital.transfer(code, amount))
        [payment] = {one.id for one in self.hospital.payments(invoice)} - before
        receipts.number(self.hospital.runtime, self.hospital.scope, payment)
        return payment

    def attached(self) -> tuple[UUID, UUID]:
        """Pay an invoice with money that a person found: (payment, invoice)."""
        invoice = self.hospital.issue()
        told = self.hospital.arrive(self.hospital.transfer("CK TIEN VIEN", vnd(150_000)))
        assert told.credit is not None
        attach(self.hospital.runtime, self.hospital.scope, told.credit, invoice, "đã hỏi người trả")
        [payment] = self.hospital.payments(invoice)
        receipts.number(self.hospital.runtime, self.hospital.scope, payment.id)
        return payment.id, invoice

    def unmatched(self, payment: UUID) -> None:
        unmatch(self.hospital.runtime, self.hospital.scope, payment, "ghi nhầm phiếu")

    def gives_back(self, invoice: UUID, payment: UUID, department: str, amount: Money) -> None:
        """Take *amount* off a paid invoice and let two people send it back."""
        runtime, key = self.hospital.runtime, f"{payment.hex[-8:]}-{amount.dong}"
        credit_invoice(
            runtime,
            self.hospital.scope,
            invoice,
            {department: amount},
            reason="không làm dịch vụ",
            key=f"credit-{key}",
        )
        asked = PaybackRequest(payment, amount, "không làm dịch vụ", f"back-{key}")
        made = paying_back.request(runtime, self.hospital.by("user:asks"), asked)
        paying_back.approve(runtime, self.hospital.by("user:approves"), made.id)

    def work(self) -> int:
        """Let both of the worker's loops look once."""
        runtime, scope = self.hospital.runtime, self.hospital.scope
        return draft_due(runtime, scope) + look(runtime, scope)

    def turn(self, **knobs: object) -> None:
        self.sandbox.book.knobs = replace(self.sandbox.book.knobs, **knobs)  # type: ignore[arg-type]

    def chain(self, e_invoice: UUID) -> Chain:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            return repository.chain(tx, repository.one(tx, e_invoice).root)

    def receipt(self, payment: UUID) -> Receipt:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            [found] = repository.receipts_of(tx, [payment])
        return found

    def said(self) -> Money:
        """Sum what the provider's standing e-invoices say, as its own records have it."""
        issued = list(self.sandbox.book.issued.values())
        replaced = {one["originalInvoiceId"] for one in issued if one["adjustmentType"] == "3"}
        return vnd(
            sum(
                one["amount"] if one["isPositive"] else -one["amount"]
                for one in issued
                if one["invoiceNo"] not in replaced
            )
        )


def issuing(hospital: Hospital, *, since: date = ACCOUNT.since) -> Issuing:
    """Connect *hospital* with the sandbox provider."""
    runtime = hospital.runtime
    sandbox = SinvoiceSandbox(runtime.clock)
    line = SandboxTransport(sandbox.app)
    account = replace(ACCOUNT, since=since)
    provider = build("http://127.0.0.1", account, line, runtime.clock)
    hospital.runtime = replace(runtime, einvoices=Providers({hospital.scope.facility: provider}))
    return Issuing(hospital, sandbox)
