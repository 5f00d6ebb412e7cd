"""What was attached before receipts hung on it gets its payment, and a job for its paper."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, column, insert, select, table, update
from sqlalchemy.exc import DBAPIError

from payments.bank.model import State
from payments.bank.service import mark
from payments.invoicing.rows import INVOICE
from payments.kernel.money import vnd
from payments.ledger import post
from payments.ledger.posting_rules.suspense import suspense_matched
from payments.receipts.rows import SUSPENSE_MATCH
from payments.reconciliation.resolving import attach
from payments.storage import roles
from payments.storage.engine import make_engine
from payments.storage.unit_of_work import Database, UnitOfWork
from payments.storage.upgrading import downgrade, upgrade
from tests.support.databases import Cluster
from tests.support.hospital import Hospital
from tests.support.oracle import findings

OLD_INVOICE = table(
    "invoice",
    *(column(name, INVOICE.c[name].type) for name in ("facility_id", "id", "paid", "version")),
)


def owner_of(database: Database, request: pytest.FixtureRequest) -> Engine:
    if not database.is_postgres:
        return database.engine
    cluster: Cluster = request.getfixturevalue("cluster")
    name = str(database.engine.url.database)
    cluster.run(*roles.database_statements(name), database=name)
    return make_engine(cluster.url_of(name, "vp_owner"))


def paid_by_then(hospital: Hospital, invoice: UUID) -> int:
    """Read what an invoice has been paid, from the columns of that release."""
    with hospital.runtime.database.reading(hospital.scope) as tx:
        paid: int = tx.execute(
            select(OLD_INVOICE.c.paid).where(
                OLD_INVOICE.c.facility_id == tx.facility, OLD_INVOICE.c.id == invoice
            )
        ).scalar_one()
    return paid


def attached_by_the_release_before(hospital: Hospital, credit: UUID, invoice: UUID) -> None:
    """Do what that release did: post, note the match, take it off the invoice; no payment."""
    match = uuid4()

    def work(tx: UnitOfWork) -> None:
        entry = suspense_matched(match=match, credit=credit, invoice=invoice, amount=vnd(100_000))
        booked = post(tx, entry, effective_at=tx.now(), source="finance")
        # In words of its own: our code reads columns that came later.
        tx.execute(
            update(OLD_INVOICE)
            .where(OLD_INVOICE.c.facility_id == tx.facility, OLD_INVOICE.c.id == invoice)
            .values(paid=OLD_INVOICE.c.paid + 100_000, version=OLD_INVOICE.c.version + 1)
        )
        mark(tx, credit, State.MATCHED, "matched_by_person")
        values = {
            "facility_id": tx.facility,
            "id": match,
            "credit_id": credit,
            "invoice_id": invoice,
            "amount": 100_000,
            "reason": "đã hỏi",
            "made_by": "user:test",
            "made_at": tx.now(),
            "txn_id": booked.txn_id,
        }
        old = table(
            "suspense_match", *(column(name, SUSPENSE_MATCH.c[name].type) for name in values)
        )
        tx.execute(insert(old), values)

    hospital.runtime.database.run(hospital.scope, work)


def test_an_older_match_becomes_a_payment_with_a_receipt(
    hospital: Hospital, request: pytest.FixtureRequest
) -> None:
    invoice, paid = hospital.issue(), hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(paid).code, vnd(150_000)))
    credit = hospital.arrive(hospital.transfer("CK", vnd(100_000))).credit
    assert credit is not None
    hospital.work()
    owner = owner_of(hospital.runtime.database, request)
    downgrade(owner, "0006")
    attached_by_the_release_before(hospital, credit, invoice)

    upgrade(owner)
    hospital.work()

    [payment] = hospital.payments(invoice)
    assert (payment.applied, payment.receipt_number) == (vnd(100_000), "BL26000002")
    assert findings(hospital.runtime, hospital.scope) == []


def test_what_was_attached_since_is_not_taken_back(
    hospital: Hospital, request: pytest.FixtureRequest
) -> None:
    invoice = hospital.issue()
    credit = hospital.arrive(hospital.transfer("CK", vnd(100_000))).credit
    assert credit is not None
    attach(hospital.runtime, hospital.scope, credit, invoice, "đã hỏi người bệnh")

    owner = owner_of(hospital.runtime.database, request)
    downgrade(owner, "0007")
    with pytest.raises(DBAPIError):
        downgrade(owner, "0006")

    assert paid_by_then(hospital, invoice) == 100_000
    upgrade(owner)
    assert [one.applied for one in hospital.payments(invoice)] == [vnd(100_000)]
