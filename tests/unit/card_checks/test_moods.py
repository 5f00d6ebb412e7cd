"""The portal down, slow, restricted, lying: the desk works on, and nothing is asked too often."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from adapters._sandbox.wire import SandboxTransport
from adapters.bhyt_portal.requests import CARD_PATH, password_hash
from adapters.bhyt_portal.sandbox import ACCOUNT
from adapters.bhyt_portal.sandbox_people import CARD_CODES, NAME, card_of
from payments import jobs, worker
from payments.card_checks import service
from payments.card_checks.asking import CALLS_A_MINUTE_MAX, PARALLEL, PAUSE, look
from payments.card_checks.codes import Meaning, meaning_of
from payments.card_checks.model import Again, CardAnswer, Doubt, Source, Why
from payments.card_checks.queue import ATTEMPTS_MAX
from payments.card_checks.rows import CARD_ANSWER, CARD_QUESTION
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.cards import Counter, a_counter, a_visit
from tests.support.ledger import as_role

OBLIGING = "DN4999900000001"


def known(counter: Counter, visit: UUID) -> CardAnswer:
    found = counter.latest(visit)
    assert found is not None
    return found


def visit_with(counter: Counter, card: str) -> UUID:
    """Open a visit of the holder that the sandbox knows."""
    return a_visit(counter.runtime, counter.scope, card=card)


def asked(counter: Counter, code: str = "000") -> UUID:
    """Open a visit, and ask about a card that is answered with *code*."""
    visit = a_visit(counter.runtime, counter.scope, card="")
    counter.ask(visit, card=card_of(code))
    return visit


def test_the_desk_asks_and_the_worker_answers(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    visit = asked(counter)

    assert counter.latest(visit) is None
    assert counter.work() == 1
    found = known(counter, visit)
    assert (found.meaning, found.source) == (Meaning.RIGHT, Source.SANDBOX)
    assert found.copayment is not None
    assert found.copayment.so_far == Decimal(4_000_000)
    assert not counter.waits(visit)
    assert counter.work() == 0


@pytest.mark.parametrize("code", CARD_CODES)
def test_every_code_comes_to_the_desk(runtime: Runtime, scope: Scope, code: str) -> None:
    counter = a_counter(runtime, scope)
    visit = asked(counter, code)

    counter.work()

    found = known(counter, visit)
    assert (found.code, found.meaning) == (code, meaning_of(code))
    assert (found.new_card is not None) == (code in ("003", "004"))


def test_a_portal_that_is_down_leaves_the_desk_provisional(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    counter.turn(down=True)
    visit = asked(counter)

    counter.work()

    found = known(counter, visit)
    assert (found.meaning, found.doubt) == (Meaning.TRY_LATER, Doubt.TIMED_OUT)
    assert found.is_provisional
    assert not counter.waits(visit)


def test_a_look_up_that_timed_out_is_not_repeated_by_itself(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    counter = a_counter(runtime, scope)
    visit = asked(counter)
    counter.turn(down=True)
    counter.work()
    counter.turn(down=False)
    clock.advance(timedelta(hours=2))

    assert counter.work() == 0
    assert counter.look_ups == 0
    counter.ask(visit, card=card_of("000"))
    counter.work()
    assert known(counter, visit).meaning is Meaning.RIGHT


def test_what_never_left_the_house_is_tried_again_and_then_given_up(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no way", request=request)

    counter = a_counter(runtime, scope, httpx.MockTransport(refuse))
    visit = asked(counter)
    tried = 0
    for _ in range(20):
        tried += counter.work()
        clock.advance(timedelta(minutes=10))

    assert tried == ATTEMPTS_MAX
    assert not counter.waits(visit)
    assert known(counter, visit).doubt is Doubt.NOT_SENT
    with runtime.database.reading(scope) as tx:
        assert tx.execute(select(func.count()).select_from(CARD_ANSWER)).scalar_one() == tried


def test_a_portal_that_comes_back_answers_what_waited(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    counter = a_counter(runtime, scope)
    inner = SandboxTransport(counter.sandbox.app)
    is_away = [True]

    def line(request: httpx.Request) -> httpx.Response:
        if is_away[0]:
            raise httpx.ConnectError("no way", request=request)
        return inner.handle_request(request)

    counter = a_counter(runtime, scope, httpx.MockTransport(line))
    visit = asked(counter)
    counter.work()
    is_away[0] = False
    clock.advance(timedelta(minutes=1))
    counter.work()

    assert known(counter, visit).meaning is Meaning.RIGHT


def test_a_slow_portal_holds_up_no_other_work(
    runtime: Runtime, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = a_counter(runtime, scope)
    inner = SandboxTransport(counter.sandbox.app)
    reached, let_go = threading.Event(), threading.Event()

    def line(request: httpx.Request) -> httpx.Response:
        if request.url.path == CARD_PATH:
            reached.set()
            assert let_go.wait(60), "nobody let the portal answer"
        return inner.handle_request(request)

    counter = a_counter(runtime, scope, httpx.MockTransport(line))
    visit = asked(counter)
    working = replace(counter.runtime, database=as_role(runtime.database, "vp_worker"))
    done: list[str] = []
    monkeypatch.setitem(worker.KINDS, "test.quick", lambda _r, _s, subject: done.append(subject))  # type: ignore[arg-type]
    portal_loop = threading.Thread(target=worker.Worker(working, only="portal").round)
    portal_loop.start()
    try:
        assert reached.wait(60)
        # The portal does not answer; the desk asks on, and the worker's own loop goes round.
        with runtime.database.transaction(scope) as tx:
            jobs.enqueue(tx, "test.quick", "while the portal is silent")
        other = a_visit(runtime, scope)
        counter.ask(other)
        worker.Worker(working).round()
        assert done == ["while the portal is silent"]
        assert counter.latest(visit) is None
    finally:
        let_go.set()
        portal_loop.join(60)
        working.database.close()
    assert known(counter, visit).meaning is Meaning.RIGHT


def test_several_cards_are_asked_about_at_once(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    inner = SandboxTransport(counter.sandbox.app)
    together = threading.Barrier(3)

    def line(request: httpx.Request) -> httpx.Response:
        if request.url.path == CARD_PATH:
            # Broken unless three look-ups are under way at the same time.
            together.wait(60)
        return inner.handle_request(request)

    counter = a_counter(runtime, scope, httpx.MockTransport(line))
    visits = [asked(counter) for _ in range(3)]

    assert counter.work() == 3
    assert all(known(counter, visit).meaning is Meaning.RIGHT for visit in visits)


def test_a_restricted_account_asks_nothing_for_a_while(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    counter = a_counter(runtime, scope)
    counter.turn(restricted=True)
    first = asked(counter)
    counter.work()
    second = asked(counter, "004")

    assert known(counter, first).meaning is Meaning.TRY_LATER
    assert known(counter, first).is_provisional
    assert counter.work() == 0
    assert counter.waits(second)
    counter.turn(restricted=False)
    clock.advance(PAUSE + timedelta(seconds=1))
    assert counter.work() == 1
    assert known(counter, second).meaning is Meaning.REPLACED_BY_NEW_CARD


def test_we_stay_below_what_is_too_much(runtime: Runtime, scope: Scope, clock: FrozenClock) -> None:
    counter = a_counter(runtime, scope)
    visits = [asked(counter) for _ in range(CALLS_A_MINUTE_MAX)]
    while counter.work():
        pass

    assert counter.look_ups <= CALLS_A_MINUTE_MAX // 2
    clock.advance(timedelta(minutes=1, seconds=1))
    while counter.work():
        pass
    assert counter.look_ups == len(visits)


@pytest.mark.parametrize(
    ("lie", "doubt"),
    [
        ("other_card", Doubt.OTHER_CARD),
        ("other_person", Doubt.OTHER_PERSON),
        ("dates", Doubt.DATES),
    ],
)
def test_a_portal_that_lies_is_not_believed(
    runtime: Runtime, scope: Scope, lie: str, doubt: Doubt
) -> None:
    counter = a_counter(runtime, scope)
    counter.turn(lie=lie)
    visit = asked(counter)

    counter.work()

    found = known(counter, visit)
    assert (found.code, found.meaning, found.doubt) == ("000", Meaning.UNBELIEVABLE, doubt)
    assert found.is_provisional
    assert not found.is_usable
    assert "copayment" not in counter.sandbox.book.calls


def test_sums_that_contradict_themselves_are_not_counted(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    counter.turn(lie="sums")
    visit = asked(counter)

    counter.work()

    found = known(counter, visit)
    assert found.meaning is Meaning.RIGHT
    assert found.copayment is None


def test_without_an_account_the_desk_is_told_at_once(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    visit = asked(counter)

    assert look(runtime, scope) == 1
    found = known(counter, visit)
    assert (found.doubt, found.source) == (Doubt.OFF, Source.NOBODY)
    assert found.is_provisional


def test_a_visit_that_was_provisional_is_looked_up_before_it_closes(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    counter = a_counter(runtime, scope)
    counter.turn(down=True)
    visit = asked(counter)
    counter.work()
    counter.turn(down=False)
    clock.advance(timedelta(hours=4))

    with runtime.database.transaction(scope) as tx:
        again = service.ask_before_closing(tx, runtime.keys, visit)
    assert again is Again.PROVISIONAL
    counter.work()

    assert not known(counter, visit).is_provisional
    with runtime.database.transaction(scope) as tx:
        assert service.ask_before_closing(tx, runtime.keys, visit) is None
        whys = tx.execute(select(CARD_QUESTION.c.why)).scalars().all()
    assert sorted(whys) == [Why.CLOSING, Why.DESK]


def test_a_worker_that_died_leaves_its_question_to_the_next(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    class Killed(BaseException):
        pass

    def die(request: httpx.Request) -> httpx.Response:
        raise Killed

    counter = a_counter(runtime, scope, httpx.MockTransport(die))
    visit = asked(counter)
    with pytest.raises(Killed):
        counter.work()
    alive = a_counter(runtime, scope)

    assert alive.work() == 0
    clock.advance(timedelta(minutes=8, seconds=1))
    assert alive.work() == 1
    assert known(alive, visit).meaning is Meaning.RIGHT


def test_the_card_that_was_given_at_the_desk_is_asked_about(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    visit = visit_with(counter, card_of("010"))

    counter.ask(visit, card=OBLIGING)
    counter.work()

    assert (known(counter, visit).card, known(counter, visit).code) == (OBLIGING, "000")


def test_no_more_than_some_are_taken_at_a_time(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    for _ in range(PARALLEL + 1):
        asked(counter)

    assert counter.work() == PARALLEL


def test_logs_hold_no_card_no_name_and_no_secret(
    runtime: Runtime, scope: Scope, caplog: pytest.LogCaptureFixture
) -> None:
    counter = a_counter(runtime, scope)
    with capture_logs() as logged, caplog.at_level(logging.WARNING):
        for lie, down in (("", False), ("dates", False), ("", True)):
            counter.turn(lie=lie, down=down)
            asked(counter)
            counter.work()

    told = str(logged) + caplog.text
    secrets = (ACCOUNT.password.reveal(), ACCOUNT.staff_id.reveal(), password_hash(ACCOUNT))
    for hidden in (card_of("000"), card_of("000")[-10:], NAME, "NGUYỄN", "1958", *secrets):
        assert hidden not in told
