"""Rules that are on run by themselves when a statement has come; a closed day keeps what it has."""

from __future__ import annotations

from uuid import UUID

from payments.ledger import periods
from payments.matching.after_import import match_imported
from payments.reconciliation.importing import take_in
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement
from tests.unit.matching.test_service import one_slip, sound, switch_on, today, write


def brought(hospital: Hospital) -> tuple[UUID, UUID]:
    """Take a statement in whose one line has a code with a wrong letter: its file, and the bill."""
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    line = Moved(150_000, "FT1", memo=one_slip(shown.code))
    told = take_in(hospital.runtime, hospital.scope, PAYEE.account, a_statement(line))
    return told.file, invoice


def test_an_import_is_matched_without_a_button(hospital: Hospital) -> None:
    switch_on(hospital, write(hospital))
    file, invoice = brought(hospital)
    assert hospital.view(invoice).due.dong == 150_000

    hospital.work()

    assert hospital.view(invoice).due.dong == 0
    assert match_imported(hospital.runtime, hospital.scope, file) == 0
    sound(hospital)


def test_without_a_rule_that_is_on_the_line_waits_for_a_person(hospital: Hospital) -> None:
    write(hospital)
    _, invoice = brought(hospital)

    hospital.work()

    assert hospital.view(invoice).due.dong == 150_000
    sound(hospital)


def test_rules_leave_a_day_that_was_closed_meanwhile(hospital: Hospital) -> None:
    switch_on(hospital, write(hospital))
    file, invoice = brought(hospital)
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        periods.close_day(tx, today(hospital))

    assert match_imported(hospital.runtime, hospital.scope, file) == 0

    assert hospital.view(invoice).due.dong == 150_000
