"""The chosen exception: evidence, what happened so far, and the ways to deal with it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import url_for

from payments.exceptions import service
from payments.exceptions.model import CLOSABLE, Item, Kind, Next
from payments.matching import repository as matches
from payments.reconciliation.naming import finding_of
from payments.reconciliation.suggesting import find, memo_text, suggestions, told_at
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import runtime, words
from payments.web.finance.board import why_kept
from payments.web.finance.credits import source_name, why_of
from payments.web.finance.decided import decision_row
from payments.web.finance.inbox_pages import Detail, EventRow
from payments.web.finance.pages import SuggestionRow
from payments.words.formats import vnd


def next_of(one: Item) -> tuple[str, str]:
    """Give the one next action in words, and its page; no page where a form in the inbox does."""
    return words(f"inbox.next.{one.next}"), _address(one)


def detail(tx: UnitOfWork, one: Item, names: Mapping[str, str]) -> Detail:
    """Read all that is known of *one*."""
    text, address = next_of(one)
    is_finding, is_credit = one.kind is Kind.FINDING, one.kind is Kind.CREDIT
    finding = finding_of(tx, UUID(one.subject)) if is_finding else None
    guesses = suggestions(tx, runtime(), find(tx, UUID(one.subject))) if is_credit else ()
    return Detail(
        key=one.key,
        title=" · ".join(words(f"inbox.flag.{flag}") for flag in one.flags),
        about=one.label,
        amount=one.amount,
        owner=names.get(one.owner, one.owner),
        due=one.due,
        hint=words(f"inbox.hint.{one.next}"),
        next_text=text,
        next_address=address,
        retry_address=url_for("finance.retry_exceptions") if one.next is Next.TRY_AGAIN else "",
        explain_address=(
            "" if finding is None else url_for("finance.explain", date=str(finding.day))
        ),
        account="" if finding is None else finding.account,
        finding="" if finding is None else finding.name,
        suggestions=tuple(SuggestionRow(guess, why_of(guess)) for guess in guesses),
        attach_address=url_for("finance.attach", credit=one.subject) if is_credit else "",
        events=_events(tx, one, names),
        facts=_facts(tx, one),
        may_close=one.kind in CLOSABLE,
    )


def _address(one: Item) -> str:
    match one.kind:
        case Kind.CREDIT if one.next is Next.ASK_REFUND:
            return url_for("finance.paybacks", number=one.about)
        case Kind.CREDIT | Kind.OUTGOING:
            return url_for("finance.credit", credit=one.subject)
        case Kind.GATEWAY:
            return url_for("finance.refunds", number=one.about)
        case Kind.PAYOUT:
            return url_for("finance.payout", payout=one.about)
        case Kind.REFUSAL:
            return url_for("finance.bhyt_claim", claim=one.about)
        case Kind.ORPHAN:
            return url_for("finance.bhyt")
        case _:
            return ""


def _events(tx: UnitOfWork, one: Item, names: Mapping[str, str]) -> tuple[EventRow, ...]:
    """Tell what happened, the first first: the money, its witnesses, decisions, who took it on."""
    found = [EventRow(one.since, words("inbox.event.came", flag=words(f"inbox.flag.{one.flag}")))]
    if one.kind in (Kind.CREDIT, Kind.OUTGOING):
        credit = UUID(one.subject)
        found += [
            EventRow(at, words("inbox.event.told", source=source_name(source)))
            for source, at in told_at(tx, credit)
        ]
        for told in (decision_row(tx, each) for each in matches.decisions(tx, credit)):
            text = f"{vnd(told.amount)} · {told.what} · {told.by}: {told.why}"
            found.append(EventRow(told.at, text))
            if told.back_at is not None:
                found.append(EventRow(told.back_at, f"{told.back} · {told.back_by}"))
    for step in service.history(tx, one):
        owner, by = names.get(step.owner, step.owner), names.get(step.by, step.by)
        key = f"inbox.event.{step.event}"
        found.append(EventRow(step.at, words(key, owner=owner, by=by, reason=step.reason)))
    return tuple(sorted(found, key=lambda each: each.at))


def _facts(tx: UnitOfWork, one: Item) -> tuple[tuple[str, str], ...]:
    if one.kind in (Kind.CREDIT, Kind.OUTGOING):
        credit = find(tx, UUID(one.subject))
        return (
            (words("finance.account"), f"…{credit.account[-4:]}"),
            (words("finance.credit.reference"), credit.reference or credit.external_id),
            (words("finance.credit.memo"), memo_text(tx, runtime().keys, credit.id) or "–"),
            (words("finance.credit.received"), vnd(credit.amount)),
        )
    if one.kind in CLOSABLE:
        return ((words("finance.reason"), why_kept(one.about)),)
    return ()
