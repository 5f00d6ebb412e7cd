"""Lists for the bank: what is owed stands in one file, and a copy is known as one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO
from payments.refunds import claiming, file_repository, listing, paying_out
from payments.refunds.file_repository import FileView, PaybackFile
from payments.refunds.listing import ToPay
from payments.refunds.paybacks import (
    IllegalPaybackStep,
    NoPaybackFile,
    NothingToList,
    Payback,
    SameListMaker,
    State,
)
from payments.refunds.rows import PAYBACK_FILE_LINE
from payments.storage.columns import new_id
from tests.support.hospital import Hospital
from tests.unit.refunds.test_paybacks import ACCOUNT, STRAY, leaves, named, passed, ready, stored


@pytest.fixture
def desk(hospital: Hospital) -> Hospital:
    return hospital


def write(lines: Sequence[ToPay]) -> bytes:
    return "\n".join(f"{one.account.number} {one.memo}" for one in lines).encode()


def make(desk: Hospital, by: str = "user:lists") -> PaybackFile:
    return listing.make(desk.runtime, desk.by(by), write)


def take_out(desk: Hospital, one: Payback, by: str = "user:other", why: str = "sai tên") -> Payback:
    return listing.take_out(desk.runtime, desk.by(by), one.id, why)


def content(desk: Hospital, file: UUID, by: str = "user:lists") -> listing.Download:
    return listing.download(desk.runtime, desk.by(by), file)


def files(desk: Hospital) -> tuple[FileView, ...]:
    with desk.runtime.database.reading(desk.scope) as tx:
        return file_repository.newest(tx, limit=20)


def test_file_holds_what_is_ready_and_the_next_one_only_what_came_since(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    first = make(desk)
    with pytest.raises(NothingToList):
        make(desk)
    two = ready(desk, clock, key="back-002")
    second = make(desk)

    assert [(file.number, file.lines, file.total) for file in (first, second)] == [
        (1, 1, STRAY),
        (2, 1, STRAY),
    ]
    assert one.code.encode() in content(desk, first.id).content
    assert content(desk, second.id).content == f"{ACCOUNT.number} {two.code}".encode()
    assert stored(desk, one).state is State.LISTED


def test_second_download_gives_the_same_bytes_and_is_counted_as_a_copy(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    made = make(desk)
    first, second = content(desk, made.id), content(desk, made.id, "user:other")
    take_out(desk, one)

    third = content(desk, made.id)

    assert first.content == second.content == third.content
    assert [told.copy for told in (first, second, third)] == [0, 1, 2]
    [view] = files(desk)
    assert (view.file.downloads, view.taken_out, view.paid) == (3, 1, 0)
    with pytest.raises(NoPaybackFile):
        content(desk, new_id())


def test_bytes_are_kept_encrypted_with_their_hash(desk: Hospital, clock: FrozenClock) -> None:
    ready(desk, clock)
    made = make(desk)

    assert ACCOUNT.number.encode() not in made.content_sealed
    assert ACCOUNT.number not in repr(made) + repr(content(desk, made.id))
    assert len(made.sha256) == 64


def test_only_another_than_the_maker_takes_one_out_with_a_reason_and_it_is_listed_anew(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    make(desk)
    with pytest.raises(SameListMaker):
        take_out(desk, one, by="user:lists")
    with pytest.raises(InvalidField):
        take_out(desk, one, why=" ")
    with pytest.raises(IllegalPaybackStep):
        claiming.send_back(desk.runtime, desk.scope, one.id)

    assert take_out(desk, one).state is State.READY
    with pytest.raises(IllegalPaybackStep):
        take_out(desk, one)
    assert make(desk, by="user:other").number == 2
    with pytest.raises(SameListMaker):
        take_out(desk, one, by="user:other")


def test_the_database_itself_wants_two_people_and_one_file(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    made = make(desk)
    by_maker = {"taken_out_by": "user:lists", "taken_out_at": made.made_at, "reason": "sai tên"}
    for values in (by_maker, by_maker | {"taken_out_by": "user:other", "reason": ""}):
        with pytest.raises(IntegrityError), desk.runtime.database.transaction(desk.scope) as tx:
            tx.execute(update(PAYBACK_FILE_LINE).values(**values))
    take_out(desk, one)
    make(desk)
    nobody = {"taken_out_by": None, "taken_out_at": None}
    with pytest.raises(IntegrityError), desk.runtime.database.transaction(desk.scope) as tx:
        tx.execute(update(PAYBACK_FILE_LINE).values(**nobody))


def test_debit_of_the_bank_closes_what_is_listed_and_what_was_taken_out(
    desk: Hospital, clock: FrozenClock
) -> None:
    one, two = ready(desk, clock), ready(desk, clock, key="back-002")
    make(desk)
    take_out(desk, two)

    leaves(desk, one.code, STRAY)
    leaves(desk, two.code, STRAY)

    assert [stored(desk, each).state for each in (one, two)] == [State.PAID, State.PAID]
    assert desk.balance("2100") == ZERO
    with pytest.raises(IllegalPaybackStep):
        take_out(desk, one)
    [view] = files(desk)
    assert (view.paid, view.taken_out) == (1, 1)


def test_listed_one_is_closed_by_a_person_and_listed_again_after_it_came_back(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    make(desk)
    leaves(desk, "CHI HO", STRAY, reference="OUT-1")
    assert paying_out.close(desk.runtime, desk.scope, one.id, "OUT-1").state is State.PAID
    desk.arrive(desk.transfer("TRA LAI SAI TK", STRAY, reference="IN-1"))
    back = paying_out.came_back(desk.runtime, desk.scope, one.id, "IN-1")
    passed(desk, named(desk, back))
    clock.advance(claiming.COOLING)

    assert make(desk).number == 2
    assert [(view.file.number, view.paid) for view in files(desk)] == [(2, 0), (1, 0)]


def test_two_people_at_once_make_one_file_and_get_the_same_bytes(
    desk: Hospital, clock: FrozenClock
) -> None:
    for number in range(3):
        ready(desk, clock, key=f"back-{number}")
    pressing, made, refused = threading.Barrier(4), [], []

    def press(person: int) -> None:
        pressing.wait()
        try:
            made.append(make(desk, f"user:{person}"))
        except NothingToList:
            refused.append(person)

    people = [threading.Thread(target=press, args=(number,)) for number in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert (len(made), len(refused), made[0].lines) == (1, 3, 3)
    got: list[listing.Download] = []
    copies = [
        threading.Thread(target=lambda: got.append(content(desk, made[0].id))) for _ in range(4)
    ]
    for one in copies:
        one.start()
    for one in copies:
        one.join()
    assert sorted(told.copy for told in got) == [0, 1, 2, 3]
    assert len({told.content for told in got}) == 1


@given(steps=st.lists(st.sampled_from(["ready", "list", "take out", "pay"]), max_size=8))
@settings(max_examples=6, suppress_health_check=list(HealthCheck), deadline=None)
def test_money_is_never_in_two_files_at_once(
    desk: Hospital, clock: FrozenClock, steps: list[str]
) -> None:
    """Whatever is done in whatever order: what is listed is what waits in the files."""
    known: list[Payback] = []
    for step in steps:
        listed = [one for one in known if stored(desk, one).state is State.LISTED]
        if step == "ready":
            known.append(ready(desk, clock, key=str(new_id())))
        elif step == "list":
            try:
                make(desk)
            except NothingToList:
                assert all(stored(desk, one).state is not State.READY for one in known)
        elif listed and step == "take out":
            take_out(desk, listed[0])
        elif listed:
            leaves(desk, listed[0].code, STRAY)
        waits = sum(view.file.lines - view.paid - view.taken_out for view in files(desk))
        everywhere = sum(stored(desk, one).state is State.LISTED for one in known)
        if step != "pay":
            assert waits >= everywhere
