"""What happens to an invoice is told in the commit in which it happens, and says nothing more."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from payments.events.rows import EVENT
from payments.intents.service import cancel_invoice, credit_invoice
from payments.kernel.money import vnd
from payments.storage.unit_of_work import UnitOfWork
from tests.support.hospital import Hospital
from tests.support.receivers import Receiver


def _told(receiver: Receiver) -> list[tuple[str, int, str]]:
    receiver.listen()
    return [(b["type"], b["data"]["sequence"], b["data"]["state"]) for b in receiver.bodies]


def test_a_payment_in_two_parts_tells_issued_partly_paid_and_paid(
    hospital: Hospital, receiver: Receiver
) -> None:
    receiver.subscribe()
    invoice = hospital.issue()
    code = hospital.show(invoice).code
    hospital.arrive(hospital.transfer(code, vnd(50_000)))
    rest = hospital.show(invoice).code
    hospital.arrive(hospital.transfer(rest, vnd(100_000)))

    assert _told(receiver) == [
        ("invoice.issued", 1, "unpaid"),
        ("invoice.partly_paid", 2, "partially_paid"),
        ("invoice.paid", 3, "paid"),
    ]
    last = receiver.bodies[-1]["data"]
    view = hospital.view(invoice)
    assert (last["invoice"], last["paid"], last["due"]) == (view.number, 150_000, 0)
    assert last["version"] == view.version


def test_money_that_pays_nothing_tells_nothing(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    invoice = hospital.issue()
    code = hospital.show(invoice).code
    hospital.arrive(hospital.transfer(code, vnd(150_000)))
    hospital.arrive(hospital.transfer(code, vnd(150_000)))
    hospital.arrive(hospital.transfer("khong co ma", vnd(10_000)))

    assert [kind for kind, *_ in _told(receiver)] == ["invoice.issued", "invoice.paid"]


def test_a_transfer_that_two_sources_tell_of_is_told_once(
    hospital: Hospital, receiver: Receiver
) -> None:
    receiver.subscribe()
    arrival = hospital.transfer(hospital.show(hospital.issue()).code, vnd(150_000))
    hospital.arrive(arrival)
    hospital.arrive(arrival)

    assert [kind for kind, *_ in _told(receiver)] == ["invoice.issued", "invoice.paid"]


def test_cancelling_is_told(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    cancel_invoice(hospital.runtime, hospital.scope, hospital.issue(), "nhập nhầm")

    assert [kind for kind, *_ in _told(receiver)] == ["invoice.issued", "invoice.cancelled"]
    assert receiver.bodies[-1]["data"]["document"] == "cancelled"
    assert receiver.bodies[-1]["data"]["due"] == 0


def test_a_credit_note_that_settles_the_rest_also_tells_paid(
    hospital: Hospital, receiver: Receiver
) -> None:
    receiver.subscribe()
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(100_000)))
    credit_invoice(
        hospital.runtime,
        hospital.scope,
        invoice,
        {"KB": vnd(50_000)},
        reason="giảm theo đơn",
        key="credit-1",
    )

    assert [kind for kind, *_ in _told(receiver)][-2:] == ["invoice.credited", "invoice.paid"]


def test_an_invoice_of_zero_is_paid_as_it_is_issued(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    hospital.issue("CT02")

    assert _told(receiver) == [("invoice.issued", 1, "paid"), ("invoice.paid", 2, "paid")]


def test_no_name_and_no_service_leaves_the_hospital(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    view = hospital.view(hospital.issue("KB01", "XN01"))
    receiver.listen()

    sent = receiver.got[0].content.decode()
    for word in (view.patient_name, view.file_number, "1958", "KB01", "Khám", view.pay_token):
        assert word not in sent
    assert set(json.loads(sent)["data"]) == {
        "facility", "invoice", "orders", "document", "state", "currency", "total", "credited",
        "paid", "refunded", "due", "version", "sequence",
    }  # fmt: skip


def test_what_is_rolled_back_was_never_told(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    receiver.listen()

    class Crash(Exception):
        pass

    def crash(tx: UnitOfWork) -> None:
        from payments.inbox.effects import apply_arrival

        apply_arrival(tx, hospital.runtime, hospital.transfer(intent.code, intent.amount))
        raise Crash

    with pytest.raises(Crash):
        hospital.runtime.database.run(hospital.scope, crash)

    assert receiver.listen() == 0
    assert receiver.types == ["invoice.issued"]


def test_events_are_kept_where_nobody_listens(hospital: Hospital, receiver: Receiver) -> None:
    hospital.issue()

    assert receiver.listen() == 0
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert tx.execute(select(EVENT.c.state)).scalars().all() == ["told"]
