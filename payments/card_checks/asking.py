"""
The worker's side: takes what waits, asks the portal, keeps what it said. Nobody waits for it.

    waiting ─claim─▶ asked ─┬─ a code ────────────▶ answered (then the co-payments, where it counts)
                            ├─ nothing was sent ──▶ waiting, later; given up after five times
                            └─ sent, no answer ───▶ given up: a person asks again, no program does

A few questions are asked at once, for one may take a minute; each call is one row. After a reply
that the account is restricted nothing is asked for a quarter of an hour.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from payments.card_checks import answers, queue, telling
from payments.card_checks.answers import CARD_CALL, COPAYMENT_CALL, Answer
from payments.card_checks.believing import doubt_of_card, doubt_of_copayment
from payments.card_checks.codes import Meaning, meaning_of
from payments.card_checks.model import Doubt
from payments.card_checks.queue import ATTEMPTS_MAX, Question
from payments.card_checks.service import patient_of
from payments.external.portal import CardQuestion, NoAnswer, Portal, Silence
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import VienphiError
from payments.kernel.scope import Scope
from payments.patients import queries as patients
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: Each may take a minute; a hospital of 3,000 visits a day asks seven times a minute at its peak.
PARALLEL: Final = 8
#: Half of what we take for too many: the other programs of the hospital use the same account.
CALLS_A_MINUTE_MAX: Final = 30
#: How long nothing is asked after the portal called the account restricted.
PAUSE: Final = timedelta(minutes=15)
_COPAYMENTS: Final = frozenset({Meaning.RIGHT, Meaning.REPLACED_BY_NEW_CARD})
_log = structlog.get_logger("card_checks")


@dataclass(frozen=True, slots=True)
class _Asking:
    """One question on its way."""

    runtime: Runtime
    scope: Scope
    portal: Portal
    question: Question
    asked: CardQuestion


def look(runtime: Runtime, scope: Scope) -> int:
    """Ask what is due, some at once; returns how many questions were taken."""
    portal = runtime.portals.of(scope.facility)
    with runtime.database.reading(scope) as tx:
        due = queue.due(tx, limit=_room(tx) if portal else PARALLEL)
    if not due:
        return 0
    if portal is None:
        for question in due:
            runtime.database.run(scope, partial(_switched_off, runtime=runtime, question=question))
        return len(due)
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="portal") as pool:
        list(pool.map(partial(_take, runtime, scope, portal), due))
    return len(due)


def _room(tx: UnitOfWork) -> int:
    """Say how many questions may be asked now; each may take two calls."""
    now = tx.now()
    if queue.restricted_since(tx, now - PAUSE):
        return 0
    left = CALLS_A_MINUTE_MAX - queue.calls_since(tx, now - timedelta(minutes=1))
    return max(0, min(PARALLEL, left // 2))


def _switched_off(tx: UnitOfWork, *, runtime: Runtime, question: UUID) -> None:
    """End a question that nobody can ask: the desk enters the card by hand."""
    claimed = queue.claim(tx, runtime.keys, question)
    if claimed is not None:
        silent = replace(_call(claimed, CARD_CALL, tx.now()), doubt=Doubt.OFF)
        answers.append(tx, runtime.keys, silent)
        queue.settle(tx, question, "given_up")


def _take(runtime: Runtime, scope: Scope, portal: Portal, question: UUID) -> None:
    try:
        asking = _claim(runtime, scope, portal, question)
        if asking is not None:
            _ask(asking)
    except VienphiError as error:
        # A card that no key opens, for one: the others are asked all the same.
        _log.error("card_checks.failed", facility=scope.facility, error=error.code)


def _claim(runtime: Runtime, scope: Scope, portal: Portal, question: UUID) -> _Asking | None:
    with runtime.database.transaction(scope) as tx:
        claimed = queue.claim(tx, runtime.keys, question)
        if claimed is None:
            return None
        person = patients.person(tx, runtime.keys, patient_of(tx, claimed.encounter))
    asked = CardQuestion(claimed.card, person.name.upper(), str(person.birth))
    return _Asking(runtime, scope, portal, claimed, asked)


def _ask(asking: _Asking) -> None:
    began = asking.runtime.clock.now()
    try:
        told = asking.portal.card(asking.asked)
    except NoAnswer as failure:
        _no_answer(asking, failure, began)
        return
    today = HospitalDay.of(asking.runtime.clock.now()).date
    doubt = doubt_of_card(asking.asked, told, today)
    kept = replace(
        _call(asking.question, CARD_CALL, began),
        code=told.code,
        doubt=doubt,
        told=telling.of_card(told),
        raw=told.raw,
        is_trial=asking.portal.is_sandbox,
    )
    asks_more = doubt is None and meaning_of(told.code) in _COPAYMENTS
    _keep(asking, kept, ends="" if asks_more else "answered")
    if asks_more:
        _ask_copayment(asking)


def _ask_copayment(asking: _Asking) -> None:
    """Ask what was paid this year; that it is not known changes nothing of the card."""
    began = asking.runtime.clock.now()
    try:
        told = asking.portal.copayment(asking.asked)
    except NoAnswer as failure:
        _keep(asking, _failed(asking, COPAYMENT_CALL, failure, began), ends="answered")
        return
    kept = replace(
        _call(asking.question, COPAYMENT_CALL, began),
        code=told.code,
        doubt=doubt_of_copayment(told),
        told=telling.of_copayment(told),
        raw=told.raw,
        is_trial=asking.portal.is_sandbox,
    )
    _keep(asking, kept, ends="answered")


def _no_answer(asking: _Asking, failure: NoAnswer, began: datetime) -> None:
    """Keep that there was none; only what never left the house is tried again by itself."""
    is_again = failure.silence is Silence.NOT_SENT and asking.question.attempts < ATTEMPTS_MAX
    kept = _failed(asking, CARD_CALL, failure, began)
    _keep(asking, kept, ends="" if is_again else "given_up")
    if is_again:
        asking.runtime.database.run(asking.scope, partial(queue.put_off, question=asking.question))


def _failed(asking: _Asking, call: str, failure: NoAnswer, began: datetime) -> Answer:
    return replace(
        _call(asking.question, call, began),
        doubt=Doubt(failure.silence.value),
        raw=failure.raw,
        is_trial=asking.portal.is_sandbox,
    )


def _call(question: Question, call: str, began: datetime) -> Answer:
    return Answer(
        question.encounter, call, question.card, began, question.asked_by, question=question.id
    )


def _keep(asking: _Asking, answer: Answer, *, ends: str) -> None:
    """Append *answer*, and end the question as *ends* says; empty: it goes on."""

    def work(tx: UnitOfWork) -> None:
        answers.append(tx, asking.runtime.keys, answer)
        if ends:
            queue.settle(tx, asking.question.id, ends)

    asking.runtime.database.run(asking.scope, work)
