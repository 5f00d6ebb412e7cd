"""Short runs of the fault scripts; ``python -m tests.faults --all`` runs them in full size."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payments.gateway import RawNotification
from payments.inbox import effects
from payments.inbox import service as inbox
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.receipts.model import Allocation
from payments.runtime import Runtime
from payments.storage.locks import Lock
from tests.faults import (
    advisories,
    bombs,
    canaries,
    crash,
    deadlocks,
    duplicates,
    forged,
    hostile_clients,
    late,
    links,
    lock_order,
    logins,
    order,
    outage,
    payers,
    receipts,
    scripting,
    shift_ends,
    stateful,
    tenancy,
    uploads,
    webhook_fuzz,
    xml_bombs,
)
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.feeds import FURNISHED, transfer
from tests.support.hospital import Hospital, twin
from tests.support.journal import Journal
from tests.support.ledger import as_role

SEED = 7


def test_every_message_has_one_effect_however_often_it_comes(cluster: Cluster) -> None:
    assert duplicates.run(cluster, SEED, messages=60).failures == []


def test_every_order_of_events_ends_the_same(cluster: Cluster) -> None:
    assert order.run(cluster, SEED, orders=5, shuffles=10).failures == []


def test_forged_messages_are_refused_and_write_nothing(cluster: Cluster) -> None:
    assert forged.run(cluster, SEED, variants=1, stride=16).failures == []


def test_fifty_payers_of_one_invoice_pay_exactly_what_is_due(cluster: Cluster) -> None:
    assert payers.run(cluster, SEED, rounds=2).failures == []


def test_shifts_end_during_payments_and_every_receipt_is_in_one(cluster: Cluster) -> None:
    assert shift_ends.run(cluster, SEED, rounds=5, payments=20).failures == []


def test_random_commands_end_as_a_model_of_dicts_says() -> None:
    assert stateful.run(SEED, sequences=5, steps=20).failures == []


def test_random_commands_find_a_service_that_errs(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only the amount that the bank moved is applied wrongly: by one đồng, and booked as such.
    rightly = effects.allocate

    def wrongly(*told: Any, **more: Any) -> Allocation:
        true = rightly(*told, **more)
        odd = vnd(1) if true.applied > vnd(1) else vnd(0)
        return replace(true, applied=true.applied - odd, suspense=true.suspense + odd)

    monkeypatch.setattr(effects, "allocate", wrongly)

    [found] = stateful.run(SEED, sequences=10, steps=10).failures

    assert "transfer(" in found


def test_money_around_the_end_of_a_code_follows_the_rules(cluster: Cluster) -> None:
    assert late.run(cluster, SEED, rounds=2).failures == []


def test_many_who_do_anything_at_once_are_told_of_no_deadlock(cluster: Cluster) -> None:
    assert deadlocks.run(cluster, SEED, operations=120).failures == []


def test_every_kind_of_lock_is_seen_and_in_order(cluster: Cluster) -> None:
    assert lock_order.run(cluster, SEED, rounds=7).failures == []


def test_nothing_of_another_facility_is_seen_or_changed(cluster: Cluster) -> None:
    assert tenancy.run(cluster, SEED, ids=1, is_short=True).failures == []


def test_nothing_personal_is_in_a_log(cluster: Cluster) -> None:
    assert canaries.run(cluster, SEED, canaries=14).failures == []


def test_guessed_passwords_are_few_and_keep_nobody_out(cluster: Cluster) -> None:
    assert logins.run(cluster, SEED, guesses=200, users=20).failures == []


def test_guessed_links_of_patients_open_nothing(cluster: Cluster) -> None:
    assert links.run(cluster, SEED, guesses=300, networks=3).failures == []


def test_no_text_in_any_field_runs_on_page_paper_or_sheet(cluster: Cluster) -> None:
    assert scripting.run(cluster, SEED, payloads=1, pages=4).failures == []


def test_costly_and_deceiving_text_is_refused_and_nothing_is_kept(cluster: Cluster) -> None:
    assert bombs.run(cluster, SEED, rounds=1, fields=4).failures == []


def test_xml_bombs_in_dossiers_are_refused_soon_and_small() -> None:
    assert xml_bombs.run(SEED, rounds=3, step=5).failures == []


def test_hostile_uploads_are_refused_and_write_nothing(cluster: Cluster) -> None:
    assert uploads.run(cluster, SEED, rounds=3).failures == []


def test_misshapen_messages_of_gateways_fail_nothing_of_ours() -> None:
    names = ("sepay hmac form", "stripe")
    assert webhook_fuzz.run(SEED, cases=120, names=names).failures == []


def test_no_pin_has_a_weakness_that_we_know_and_a_weak_one_is_found() -> None:
    assert advisories.run().failures == []


def test_endless_and_slow_clients_keep_nobody_waiting(cluster: Cluster) -> None:
    assert hostile_clients.run(cluster, SEED, connections=40, seconds=2).failures == []


def test_fifty_threads_number_receipts_without_gap_or_duplicate(cluster: Cluster) -> None:
    """Acceptance 15: in its short form."""
    assert receipts.run(cluster, SEED, threads=50, each=2).failures == []


def test_killed_workers_lose_nothing_and_double_nothing() -> None:
    assert crash.run(SEED, payments=60, clients=10).failures == []


def test_service_comes_back_with_the_database() -> None:
    assert outage.run(SEED, kills=2, payments=120, clients=3, up_ms=200).failures == []


def test_third_witness_finds_a_movement_that_got_its_reference_late(hospital: Hospital) -> None:
    invoice = hospital.issue()
    told = hospital.transfer(hospital.show(invoice).code, hospital.view(invoice).due)
    nameless = twin(told, source="feed:casso", source_id="casso-1", reference="")
    third = twin(told, source="statement", source_id="line-1", memo="ANOTHER TEXT")

    for witness in (nameless, told, third):
        hospital.arrive(witness)

    assert len(hospital.payments(invoice)) == 1


def test_message_that_was_stored_and_forgotten_is_applied_by_the_worker(
    hospital: Hospital, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = hospital.issue()
    raw = _told(hospital, hospital.show(invoice).code, clock)
    with monkeypatch.context() as dying:
        dying.setattr(inbox, "_apply_now", _dies)
        with pytest.raises(_Killed):
            inbox.accept(hospital.runtime, hospital.scope, "sepay", raw)
    assert hospital.payments(invoice) == ()
    clock.set(clock.now() + timedelta(minutes=3))

    assert inbox.resume(hospital.runtime, hospital.scope) == 1

    hospital.work()
    assert len(hospital.payments(invoice)) == 1
    assert inbox.resume(hospital.runtime, hospital.scope) == 0


#: A damage, done with every trigger and key off, and the beginning of the promise that it breaks.
_PLANTED = {
    "UPDATE invoice SET paid = paid - 1": "an invoice's paid is what was applied",
    "UPDATE payment SET applied = applied - 1, suspense = suspense + 1": "2200 of a bank credit",
    "UPDATE payment SET method = 'gateway'": "a payment of a gateway is booked once",
    "UPDATE bank_credit SET amount = amount + 1": "what was received is the amount",
    "UPDATE notification SET credit_id = NULL": "an applied message names its bank credit",
    "DELETE FROM evidence": "a bank credit that came in has a witness",
    "DELETE FROM payment": "a bank credit that came in has a witness and one payment",
    "DELETE FROM receipt": "a number in use is on a paper",
    "DELETE FROM number_use": "a receipt and an invoice have a number in use",
    "DELETE FROM ledger_posting": "I3 a transaction has all its lines",
}


@pytest.mark.parametrize(("damage", "promise"), _PLANTED.items())
def test_oracle_finds_what_is_planted(
    runtime: Runtime, scope: Scope, clock: FrozenClock, damage: str, promise: str
) -> None:
    database = runtime.database
    if not database.is_postgres:
        pytest.skip("the oracle speaks PostgreSQL")
    # Not the fixture: it proves the books afterwards, and these are spoilt.
    hospital = Hospital(runtime, scope)
    raw = _told(hospital, hospital.show(hospital.issue()).code, clock)
    inbox.accept(hospital.runtime, hospital.scope, "sepay", raw)
    hospital.work()
    assert oracle.findings(hospital.runtime, hospital.scope) == []

    superuser = as_role(database, None)
    with superuser.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(damage)
    superuser.close()

    found = oracle.findings(hospital.runtime, hospital.scope)
    assert any(one.startswith(f"not so: {promise}") for one in found), found


def test_journal_names_what_is_lost_double_and_phantom(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    for payment, status in (("acked", 200), ("twice", 200), ("refused", 503), ("gone", 200)):
        journal.intend(payment)
        journal.answered(payment, status)

    judgement = journal.judge({"acked": 1, "twice": 2, "stranger": 1})

    assert (judgement.lost, judgement.double, judgement.phantom) == (
        ("gone",),
        ("twice",),
        ("stranger",),
    )


def test_recorder_sees_a_row_that_was_not_locked_by_name() -> None:
    recorder = lock_order.Recorder()
    held: list[Lock] = []

    recorder.touched(held, "SELECT last \nFROM number_series WHERE x FOR UPDATE")
    recorder.touched(held, "UPDATE invoice SET version = 2")

    assert len(recorder.broken) == 1


class _Killed(BaseException):
    pass


def _dies(*_: object, **__: object) -> None:
    raise _Killed


def _told(hospital: Hospital, code: str, clock: FrozenClock) -> RawNotification:
    told = transfer(1, code, 150_000, clock.now())
    return FURNISHED["sepay"].raw(told, clock.now())
