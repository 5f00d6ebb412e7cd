"""Holding an invoice: its encounter first, and what it says once it is free."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from payments.invoicing import repository
from payments.invoicing.model import Invoice
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork
from tests.support.hospital import Hospital


def test_an_invoice_is_kept_after_its_encounter(hospital: Hospital) -> None:
    made = hospital.issue("KB01")

    with hospital.runtime.database.transaction(hospital.scope) as tx:
        repository.lock(tx, made)
        assert tx.locks == [Lock.ENCOUNTER, Lock.INVOICE]


def test_who_waited_for_an_invoice_sees_what_the_other_left(hospital: Hospital) -> None:
    database = hospital.runtime.database
    made = hospital.issue("KB01")

    def add(tx: UnitOfWork) -> Invoice:
        invoice = repository.lock(tx, made)
        repository.save(tx, invoice)
        return invoice

    with ThreadPoolExecutor(8) as pool:
        told = [pool.submit(database.run, hospital.scope, add) for _ in range(40)]
        seen = sorted(one.result().version for one in told)

    assert seen == list(range(seen[0], seen[0] + 40))
