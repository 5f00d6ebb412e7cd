"""An exemption changes what is due and the code that is shown in one commit."""

from __future__ import annotations

import pytest

from payments.intents.exempting import exempt_invoice
from payments.intents.queries import latest
from payments.intents.service import cancel_invoice, credit_invoice
from payments.invoicing.exemptions import Decision, exemptions
from payments.invoicing.service import KeyReusedForOther, MoneyReceived
from payments.invoicing.status import Payment
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.support.hospital import Hospital

PRICE = vnd(150_000)


def give(hospital: Hospital, invoice, dong: int, key: str = "decision-1", programme="POOR") -> None:  # type: ignore[no-untyped-def]
    decision = Decision(programme, vnd(dong), "QĐ 12/2026", key)
    exempt_invoice(hospital.runtime, hospital.scope, invoice, decision)


def test_less_is_due_and_the_code_asks_for_the_rest(hospital: Hospital) -> None:
    invoice = hospital.issue()
    first = hospital.show(invoice)

    give(hospital, invoice, 100_000)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        shown = latest(tx, invoice)
        [told] = exemptions(tx, invoice)
    assert shown is not None
    assert (shown.amount, shown.is_open, shown.code != first.code) == (vnd(50_000), True, True)
    assert (told.programme, told.amount) == ("POOR", vnd(100_000))
    assert hospital.view(invoice).due == vnd(50_000)
    assert hospital.balance("4090:POOR") == vnd(100_000)


def test_a_whole_exemption_settles_the_invoice(hospital: Hospital) -> None:
    invoice = hospital.issue()

    give(hospital, invoice, 150_000)

    assert hospital.view(invoice).payment is Payment.PAID


def test_the_same_decision_twice_counts_once(hospital: Hospital) -> None:
    invoice = hospital.issue()

    give(hospital, invoice, 100_000)
    give(hospital, invoice, 100_000)

    assert hospital.view(invoice).due == vnd(50_000)
    with pytest.raises(KeyReusedForOther):
        give(hospital, invoice, 10_000)


@pytest.mark.parametrize("dong", [0, -1, 150_001])
def test_only_what_is_due_is_given_up(hospital: Hospital, dong: int) -> None:
    invoice = hospital.issue()

    with pytest.raises(InvalidField) as refused:
        give(hospital, invoice, dong)

    assert refused.value.field == "amount"


def test_a_programme_that_nobody_knows_is_refused(hospital: Hospital) -> None:
    invoice = hospital.issue()

    with pytest.raises(InvalidField) as refused:
        give(hospital, invoice, 1_000, programme="4000")

    assert refused.value.field == "programme"


def test_nobody_is_credited_what_was_given_up(hospital: Hospital) -> None:
    invoice = hospital.issue()
    give(hospital, invoice, 100_000)

    with pytest.raises(InvalidField) as refused:
        credit_invoice(
            hospital.runtime,
            hospital.scope,
            invoice,
            {"KB": vnd(50_001)},
            reason="không thực hiện",
            key="note-001",
        )

    assert refused.value.key == "credit_exempted"


def test_an_exempted_invoice_is_not_simply_cancelled(hospital: Hospital) -> None:
    invoice = hospital.issue()
    give(hospital, invoice, 100_000)

    with pytest.raises(MoneyReceived):
        cancel_invoice(hospital.runtime, hospital.scope, invoice, "người bệnh không khám")
