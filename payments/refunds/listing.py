"""
Lists what is to be paid out in files for the bank: nothing stands in two of them.

A file is made once and keeps its bytes. Whoever gets it again gets a copy, which is counted: what
was paid from the first is not paid from the second unnoticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from payments import audit
from payments.invoicing.service import checked_reason
from payments.kernel.money import ZERO
from payments.kernel.scope import Scope
from payments.refunds import file_repository as files
from payments.refunds import payback_repository as repository
from payments.refunds.claiming import account_of
from payments.refunds.file_repository import PaybackFile
from payments.refunds.paybacks import (
    Account,
    Event,
    NothingToList,
    Payback,
    SameListMaker,
    State,
    after,
)
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork
from payments.switches.service import refuse_refunds

_CONTENT = "payback_file.content_sealed"


@dataclass(frozen=True, slots=True)
class ToPay:
    """A line of the list: *memo* is what the transfer must say to be known again."""

    payback: Payback
    account: Account
    memo: str


@dataclass(frozen=True, slots=True)
class Download:
    """The bytes of a file; *copy* is 0 for whoever got it first, then 1, 2 and so on."""

    file: PaybackFile
    content: bytes = field(repr=False)
    copy: int


def make(runtime: Runtime, scope: Scope, write: Callable[[Sequence[ToPay]], bytes]) -> PaybackFile:
    """
    Put all that may be paid out now and stands in no file into a new one.

    *write* gives the bytes, with whole account numbers; they are kept encrypted.

    Raises:
        RefundsFrozen: a person has stopped all that goes back.
        NothingToList: nothing is left to list; somebody else may just have made the file.
    """

    def work(tx: UnitOfWork) -> PaybackFile:
        refuse_refunds(tx)
        held = _hold_ready(tx)
        if not held:
            raise NothingToList()
        content = write([ToPay(one, account_of(runtime, one), one.code) for one in held])
        made = PaybackFile(
            id=new_id(),
            number=0,
            sha256=hashlib.sha256(content).hexdigest(),
            content_sealed=runtime.keys.seal("personal", content.decode(), context=_CONTENT),
            lines=len(held),
            total=sum((one.amount for one in held), ZERO),
            made_by=tx.scope.actor,
            made_at=tx.now(),
            downloads=0,
        )
        numbered = files.add(tx, made, held)
        for one in held:
            repository.save(tx, replace(one, state=after(one.state, Event.LISTED)))
            audit.append(
                tx,
                "payback.listed",
                f"payback:{one.id}",
                amount=one.amount.dong,
                file=numbered.number,
            )
        audit.append(
            tx,
            "payback_file.made",
            f"payback_file:{numbered.id}",
            number=numbered.number,
            lines=numbered.lines,
            amount=numbered.total.dong,
            sha256=numbered.sha256,
        )
        return numbered

    return runtime.database.run(scope, work)


def download(runtime: Runtime, scope: Scope, file: UUID) -> Download:
    """Give a file's bytes, the same each time, and count it. Raises NoPaybackFile."""

    def work(tx: UnitOfWork) -> Download:
        counted = files.count_download(tx, file)
        copy = counted.downloads - 1
        audit.append(
            tx, "payback_file.downloaded", f"payback_file:{file}", number=counted.number, copy=copy
        )
        content = runtime.keys.open("personal", counted.content_sealed, context=_CONTENT)
        return Download(counted, content.encode(), copy)

    return runtime.database.run(scope, work)


def take_out(runtime: Runtime, scope: Scope, payback: UUID, reason: str) -> Payback:
    """
    Take one out of its file: it waits for the next one.

    Raises:
        NoPayback, IllegalPaybackStep: there is none, or it stands in no file any more.
        SameListMaker: whoever made the file.
        InvalidField: the reason is empty or too long.
    """
    told = checked_reason(reason)

    def work(tx: UnitOfWork) -> Payback:
        held = repository.lock(tx, payback)
        state = after(held.state, Event.TAKEN_OUT)
        made = files.file_of(tx, held)
        if made.made_by == tx.scope.actor:
            raise SameListMaker()
        files.take_out(tx, made, held, told)
        freed = replace(held, state=state)
        repository.save(tx, freed)
        audit.append(
            tx,
            "payback.taken_out",
            f"payback:{payback}",
            amount=held.amount.dong,
            file=made.number,
            reason=told,
        )
        return freed

    return runtime.database.run(scope, work)


def _hold_ready(tx: UnitOfWork) -> list[Payback]:
    """Hold what may be paid out, by id; give it in the order in which it became ready."""
    waiting = repository.ready(tx, tx.now())
    held = [repository.lock(tx, one.id) for one in sorted(waiting, key=lambda one: one.id)]
    # Whoever waited for another's file finds that they stand in it.
    free = [one for one in held if one.state is State.READY]
    order = {one.id: place for place, one in enumerate(waiting)}
    return sorted(free, key=lambda one: order[one.id])
