"""Each event is told until it is taken, for three days; then it waits for a person."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from payments.audit import AUDIT_EVENT
from payments.events import queries, queue
from payments.events.delivering import tell_all
from payments.events.model import SCHEDULE, Delivery, Kind, event_of
from payments.events.replaying import replay, send_again
from payments.events.subscriptions import (
    SubscriptionTaken,
    disable,
    enable,
    rotate,
    subscription,
    subscriptions,
)
from payments.kernel.clock import FrozenClock, SystemClock
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import FacilityId, Scope
from payments.worker import Worker
from tests.support.hospital import Hospital
from tests.support.ledger import as_role
from tests.support.receivers import Receiver

DOWN = httpx.Response(503, text="bảo trì")


def _log(hospital: Hospital) -> tuple[queries.Logged, ...]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return queries.log(tx)


def _is_active(hospital: Hospital) -> bool:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return subscription(tx, hospital.runtime.keys, "his").is_active


def test_an_event_that_is_taken_is_sent_once(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    hospital.issue()

    assert receiver.listen() == 1
    assert receiver.listen() == 0
    [entry] = _log(hospital)
    assert (entry.state, entry.attempts) == (Delivery.DELIVERED, 1)
    assert entry.last is not None
    assert entry.last.status == 204


def test_only_the_kinds_that_were_asked_for_are_sent(
    hospital: Hospital, receiver: Receiver
) -> None:
    receiver.subscribe(kinds=[Kind.PAID])
    code = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(code.code, code.amount))
    receiver.listen()

    assert receiver.types == ["invoice.paid"]


def test_a_failed_event_comes_again_by_the_schedule_with_one_id_and_then_is_dead(
    hospital: Hospital, receiver: Receiver, clock: FrozenClock
) -> None:
    receiver.subscribe()
    receiver.answers = [DOWN] * 20
    hospital.issue()

    assert receiver.listen() == 1
    for pause in SCHEDULE:
        clock.advance(pause - timedelta(seconds=1))
        assert receiver.listen() == 0, pause
        clock.advance(timedelta(seconds=1))
        assert receiver.listen() == 1, pause
    clock.advance(timedelta(days=30))
    assert receiver.listen() == 0

    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1
    assert len({request.content for request in receiver.got}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.got}) == 10
    [entry] = _log(hospital)
    assert (entry.state, entry.attempts) == (Delivery.DEAD, 10)
    assert entry.last is not None
    assert (entry.last.status, entry.last.answer) == (503, "bảo trì")
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert len(queries.attempts(tx, entry.id)) == 10


def test_a_receiver_that_took_nothing_for_three_days_is_disabled_and_it_is_noted(
    hospital: Hospital, receiver: Receiver, clock: FrozenClock
) -> None:
    receiver.subscribe()
    receiver.answers = [httpx.ConnectError("refused")] * 10
    hospital.issue()
    for pause in (timedelta(0), *SCHEDULE):
        clock.advance(pause)
        receiver.listen()

    assert not _is_active(hospital)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        kinds = tx.execute(select(AUDIT_EVENT.c.kind)).scalars().all()
    assert "events.disabled" in kinds
    hospital.issue()
    assert receiver.listen() == 0


def test_a_receiver_that_takes_others_meanwhile_stays(
    hospital: Hospital, receiver: Receiver, clock: FrozenClock
) -> None:
    receiver.subscribe()
    receiver.answers = [DOWN]
    hospital.issue()
    receiver.listen()
    for pause in SCHEDULE:
        clock.advance(pause - timedelta(seconds=1))
        hospital.issue()
        receiver.listen()
        clock.advance(timedelta(seconds=1))
        receiver.answers = [DOWN]
        receiver.listen()

    assert [entry.state for entry in _log(hospital)].count(Delivery.DEAD) == 1
    assert _is_active(hospital)


def test_gone_ends_the_subscription_at_once(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    receiver.answers = [httpx.Response(410)]
    hospital.issue()
    receiver.listen()

    assert not _is_active(hospital)
    assert _log(hospital)[0].state is Delivery.DEAD


def test_a_receiver_that_is_down_is_asked_once_a_look_and_holds_up_nobody(
    hospital: Hospital, receiver: Receiver
) -> None:
    receiver.subscribe("cham", "https://cham.example/")
    receiver.subscribe("nhanh", "https://nhanh.example/")
    for _ in range(5):
        hospital.issue()
    receiver.answers = [DOWN]

    assert receiver.listen() == 1 + 5
    assert [r.headers["host"] for r in receiver.got].count("cham.example") == 1
    assert receiver.listen() == 4


def test_both_secrets_sign_until_the_overlap_is_over(
    hospital: Hospital, receiver: Receiver, clock: FrozenClock
) -> None:
    former = receiver.subscribe()
    fresh = rotate(hospital.runtime, hospital.scope, "his", overlap=timedelta(hours=1))
    assert former != fresh
    hospital.issue()
    receiver.listen()
    clock.advance(timedelta(hours=1))
    hospital.issue()
    receiver.listen()

    signatures = [request.headers["webhook-signature"].split() for request in receiver.got]
    assert [len(one) for one in signatures] == [2, 1]


def test_a_worker_that_died_after_the_claim_delays_the_event_and_loses_nothing(
    hospital: Hospital, receiver: Receiver, clock: FrozenClock
) -> None:
    receiver.subscribe()
    hospital.issue()
    database, scope = hospital.runtime.database, hospital.scope
    with database.transaction(scope) as tx:
        queue.distribute(tx, subscriptions(tx, hospital.runtime.keys))
    with database.transaction(scope) as tx:
        [waiting] = queue.due(tx, "his")
        assert queue.claim(tx, waiting)
    with database.transaction(scope) as tx:
        assert not queue.claim(tx, waiting), "another worker must not send it too"

    assert receiver.listen() == 0
    clock.advance(timedelta(minutes=2))
    assert receiver.listen() == 1
    assert _log(hospital)[0].state is Delivery.DELIVERED


def test_two_workers_send_an_event_once(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    for _ in range(10):
        hospital.issue()
    database = hospital.runtime.database
    other = replace(hospital.runtime, database=as_role(database, "vp_worker")) if (
        database.is_postgres
    ) else hospital.runtime  # fmt: skip
    looks = [
        threading.Thread(target=tell_all, args=(one, hospital.scope, receiver.sender))
        for one in (hospital.runtime, other)
    ]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    receiver.listen()

    ids = [request.headers["webhook-id"] for request in receiver.got]
    assert len(ids) == len(set(ids)) == 10


def test_replay_tells_again_with_the_same_ids_and_what_was_missed_while_disabled(
    hospital: Hospital, receiver: Receiver, clock: FrozenClock
) -> None:
    receiver.subscribe()
    hospital.issue()
    receiver.listen()
    clock.advance(timedelta(minutes=10))
    since = clock.now()
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        disable(tx, "his", "bảo trì")
    hospital.issue()
    receiver.listen()
    enable(hospital.runtime, hospital.scope, "his")
    assert receiver.listen() == 0

    assert replay(hospital.runtime, hospital.scope, "his", since=since) == 1
    assert receiver.listen() == 1
    first = receiver.got[0].headers["webhook-id"]
    assert replay(hospital.runtime, hospital.scope, "his", event=event_of(first)) == 1
    assert receiver.listen() == 1
    assert receiver.got[-1].headers["webhook-id"] == first


def test_replay_refuses_what_names_nothing(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe(kinds=[Kind.PAID])
    hospital.issue()
    runtime, scope = hospital.runtime, hospital.scope

    with pytest.raises(InvalidField):
        replay(runtime, scope, "his")
    with pytest.raises(NotFound):
        replay(runtime, scope, "nobody", since=runtime.clock.now())
    with pytest.raises(NotFound):
        replay(runtime, scope, "his", event=event_of("0" * 32))
    with pytest.raises(NotFound):
        send_again(runtime, scope, event_of("0" * 32))
    with pytest.raises(SubscriptionTaken):
        receiver.subscribe()


def test_an_endless_or_binary_answer_is_cut(hospital: Hospital, receiver: Receiver) -> None:
    receiver.subscribe()
    receiver.answers = [httpx.Response(200, content=b"\x00\x1b[31m<b>x" + b"A" * 10_000_000)]
    hospital.issue()
    receiver.listen()

    [entry] = _log(hospital)
    assert entry.last is not None
    assert entry.last.answer.startswith("[31m<b>xAAA")
    assert len(entry.last.answer) <= 200
    assert entry.last.answer.isprintable()


def test_the_worker_tells_over_a_real_connection_and_the_published_verifier_accepts(
    hospital: Hospital, receiver: Receiver
) -> None:
    got: list[tuple[str, dict[str, str]]] = []

    class Program(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            got.append((body, dict(self.headers)))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    server = HTTPServer(("127.0.0.1", 0), Program)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/events"
        secret = receiver.subscribe("his", address)
        hospital.issue()
        database = hospital.runtime.database
        runtime = replace(hospital.runtime, clock=SystemClock())
        if database.is_postgres:
            runtime = replace(runtime, database=as_role(database, "vp_worker"))
        Worker(runtime, only="events").round()
    finally:
        server.shutdown()

    [(body, sent)] = got
    assert Webhook(secret.reveal()).verify(body, sent)["type"] == "invoice.issued"
    assert _log(hospital)[0].state is Delivery.DELIVERED


def test_no_facility_hears_of_another(hospital: Hospital, receiver: Receiver) -> None:
    if not hospital.runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    receiver.subscribe()
    theirs = Hospital(hospital.runtime, Scope(FacilityId(99002), "user:them", "r"))
    theirs.issue()

    assert receiver.listen() == 0
    assert tell_all(hospital.runtime, theirs.scope, receiver.sender) == 0
    assert receiver.got == []
