"""Puts the inbox together: tabs, rows, and the chosen exception with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from flask import url_for

from payments.exceptions import gathering, service
from payments.exceptions.model import CLOSABLE, Age, Filter, Item, Kind, chosen
from payments.identity import queries as people
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.web.chips import Chip
from payments.web.current import current, runtime, scope, words
from payments.web.finance.inbox_detail import detail, next_of
from payments.web.finance.inbox_pages import InboxPage, InboxRow, InboxTab
from payments.words.formats import local_date

#: More rows make the page slow on an old desk; the aged come first.
ROWS_MAX: Final = 100
_LOOKS: Final = {
    "underpaid": ("warn", "half"),
    "overpaid": ("warn", "plus"),
    "late": ("odd", "late"),
    "duplicate": ("odd", "twin"),
    "after_cancel": ("bad", "stop"),
    "unmatched": ("odd", "ask"),
    "attached": ("ok", "check"),
    "refusal": ("bad", "stop"),
    "orphan": ("odd", "ask"),
}


def inbox_page(by: Filter, at: str, *, failure: str = "") -> InboxPage:
    """Read the inbox in one snapshot; *at* is the key of the chosen row, else the first."""
    with runtime().database.reading(scope()) as tx:
        today = HospitalDay.of(tx.now())
        items = service.inbox(tx)
        names = {f"user:{one.id}": one.name for one in people.users(tx)}
        finders = tuple(
            (f"user:{one.id}", one.name) for one in people.users(tx) if one.may(Permission.RESOLVE)
        )
        shown = chosen(items, by, today)
        place = next((n for n, one in enumerate(shown) if one.key == at), 0)
        here = shown[place] if shown else None
        told = None if here is None else detail(tx, here, names)
    may_resolve = _may(Permission.RESOLVE)
    return InboxPage(
        count=len(items),
        total=gathering.total(items),
        overdue=sum(one.is_overdue(today) for one in items),
        flags=_flags(items, by),
        ages=_ages(items, by, today),
        owners=_owners(items, by, names),
        rows=tuple(_row(one, by, today, names, is_here=one is here) for one in shown[:ROWS_MAX]),
        in_all=len(shown),
        detail=told,
        previous=_at(by, shown[place - 1].key) if place else "",
        following=_at(by, shown[place + 1].key) if place + 1 < len(shown) else "",
        people=finders,
        is_one_flag=bool(by.flag) and may_resolve and bool(shown),
        may_close_all=all(one.kind in CLOSABLE for one in shown),
        may_retry_all=all(one.kind in CLOSABLE for one in shown),
        may_resolve=may_resolve,
        back=by.owner,
        failure=failure,
        flag=by.flag,
        age=by.age,
    )


def _may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)


def _at(by: Filter, key: str = "") -> str:
    return url_for("finance.inbox", flag=by.flag, age=by.age, by=by.owner, at=key)


def _tab(by: Filter, text: str, *, is_here: bool) -> InboxTab:
    return InboxTab(_at(by), text, is_here)


def _flags(items: Sequence[Item], by: Filter) -> tuple[InboxTab, ...]:
    counts = Counter(one.flag for one in items)
    every = _tab(
        Filter("", by.age, by.owner), words("inbox.all", n=len(items)), is_here=not by.flag
    )
    return (
        every,
        *(
            _tab(
                Filter(flag, by.age, by.owner),
                f"{words(f'inbox.flag.{flag}')} {count}",
                is_here=flag == by.flag,
            )
            for flag, count in sorted(counts.items())
        ),
    )


def _ages(items: Sequence[Item], by: Filter, today: HospitalDay) -> tuple[InboxTab, ...]:
    counts = Counter(Age.of(one.age_days(today)) for one in items)
    return tuple(
        _tab(
            Filter(by.flag, "" if by.age == age else age.value, by.owner),
            f"{words(f'inbox.age.{age}')} {counts[age]}",
            is_here=by.age == age.value,
        )
        for age in Age
    )


def _owners(items: Sequence[Item], by: Filter, names: Mapping[str, str]) -> tuple[InboxTab, ...]:
    mine = scope().actor
    wanted = ((mine, words("inbox.mine")), ("-", words("inbox.nobodys")))
    counts = Counter(one.owner or "-" for one in items)
    return tuple(
        _tab(
            Filter(by.flag, by.age, "" if by.owner == owner else owner),
            f"{text} {counts[owner]}",
            is_here=by.owner == owner,
        )
        for owner, text in wanted
    )


def _row(
    one: Item, by: Filter, today: HospitalDay, names: Mapping[str, str], *, is_here: bool
) -> InboxRow:
    days = one.age_days(today)
    age = words("inbox.age_days", n=days) if days else words("inbox.age.today")
    if one.due is not None and one.is_overdue(today):
        age = words("inbox.overdue", age=age, day=local_date(one.due.starts_at))
    text, address = next_of(one)
    return InboxRow(
        key=one.key,
        address=_at(by, one.key),
        amount=one.amount,
        chips=tuple(
            Chip(*_LOOKS.get(flag, ("odd", "ask")), words(f"inbox.flag.{flag}"))
            for flag in one.flags
        ),
        label=label(one),
        age=age,
        is_overdue=one.is_overdue(today),
        owner=names.get(one.owner, one.owner) or words("inbox.nobody"),
        next_text=text,
        next_address=address or _at(by, one.key),
        is_here=is_here,
    )


def label(one: Item) -> str:
    if one.kind in (Kind.CREDIT, Kind.GATEWAY) and one.about:
        return words("finance.of_invoice", number=one.about)
    return one.label or words("finance.no_invoice")
