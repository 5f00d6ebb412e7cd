"""What a channel costs and takes, with dates: a new row from a day on, and all that was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.channels import fees as table
from payments.channels import percent
from payments.channels.fees import BASIS_MAX, Agreed
from payments.channels.queries import newest
from payments.channels.routing import Fee, Terms
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import ZERO, Money, vnd
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web.admin.channel_rows import fee_text
from payments.web.admin.views import admin, day_of, names
from payments.web.current import explain, runtime, scope, words
from payments.web.openers import opener
from payments.web.pages import new_form_key, render
from payments.web.security import requires
from payments.words.formats import digits

#: The fields of the form, in their order: what is typed stays when something is refused.
AMOUNTS: Final = ("fixed", "least_fee", "most_fee", "amount_min", "amount_max")
_FIELDS: Final = ("since", "percent", *AMOUNTS, "basis")


@dataclass(frozen=True, slots=True)
class FeeRow:
    """A row of the table; *when* is the ending of its wording key: now, later or past."""

    since: HospitalDay
    fee: str
    amount_min: Money | None
    amount_max: Money | None
    basis: str
    who: str
    at: datetime
    when: str


@dataclass(frozen=True, slots=True)
class FeesPage:
    template: ClassVar[str] = "admin/fees.html"

    slug: str
    rows: tuple[FeeRow, ...]
    today: HospitalDay
    #: What the gateway itself takes; None where it says nothing.
    gateway_min: Money | None
    gateway_max: Money | None
    #: What was typed, by field; what holds now at first.
    typed: dict[str, str]
    key: str
    failed_field: str
    failure: str
    is_saved: bool


@admin.get("/admin/channels/<slug>/fees")
@requires(Permission.ADMIN)
def fees(slug: str) -> str:
    return render(_page(slug, is_saved=request.args.get("saved") == "1"))


@admin.post("/admin/channels/<slug>/fees")
@requires(Permission.ADMIN)
def agree_fees(slug: str) -> AnyResponse:
    forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    try:
        since = day_of(request.form.get("since", ""), "since")
        basis = request.form.get("basis", "")
        table.agree(runtime(), scope(), slug, since, _terms(), basis)
    except InvalidField as error:
        return Response(render(_page(slug, error)), 422)
    return redirect(url_for("admin.fees", slug=slug, saved=1), 303)


def _terms() -> Terms:
    told = {field: _amount(field) for field in AMOUNTS}
    fee = Fee(
        told["fixed"] or ZERO,
        percent.read(request.form.get("percent", ""), "percent"),
        told["least_fee"],
        told["most_fee"],
    )
    return Terms(fee, told["amount_min"], told["amount_max"])


def _amount(field: str) -> Money | None:
    """Read an amount; nothing typed is no such part, and no such limit."""
    text = request.form.get(field, "").strip()
    return forms.amount(text, field, wrong="fee_amount") if text else None


def _page(slug: str, error: InvalidField | None = None, *, is_saved: bool = False) -> FeesPage:
    with runtime().database.reading(scope()) as tx:
        channel = next(
            (one for one in newest(tx, runtime().settings.mode.value) if one.slug == slug), None
        )
        agreed = table.history(tx, slug)
        if channel is None and not agreed:
            raise NotFound(f"no channel {slug!r}")
        today = HospitalDay.of(tx.now())
        rows = _rows(tx, agreed, today)
    can = None if channel is None else opener(runtime(), channel)
    return FeesPage(
        slug=slug,
        rows=rows,
        today=today,
        # That nobody pays less than 1 đ need not be said.
        gateway_min=None if can is None or can.amount_min <= vnd(1) else can.amount_min,
        gateway_max=None if can is None else can.amount_max,
        typed=_typed(agreed, today),
        key=request.form.get(forms.KEY_FIELD) or new_form_key(),
        failed_field=error.field if error else "",
        failure=explain(error) if error else "",
        is_saved=is_saved,
    )


def _rows(tx: UnitOfWork, agreed: tuple[Agreed, ...], today: HospitalDay) -> tuple[FeeRow, ...]:
    people = names(tx)
    now = next((one for one in agreed if one.since <= today), None)
    return tuple(
        FeeRow(
            one.since,
            fee_text(one.terms.fee),
            one.terms.amount_min,
            one.terms.amount_max,
            one.basis,
            people.get(one.by, words("admin.by_program")),
            one.at,
            "now" if one is now else "later" if one.since > today else "past",
        )
        for one in agreed
    )


def _typed(agreed: tuple[Agreed, ...], today: HospitalDay) -> dict[str, str]:
    """Give what was typed; at first what holds now, so that only a change is to be typed."""
    if request.method == "POST":
        return {field: request.form.get(field, "")[:BASIS_MAX] for field in _FIELDS}
    now = next((one.terms for one in agreed if one.since <= today), table.FREE)
    amounts = (now.fee.fixed, now.fee.least, now.fee.most, now.amount_min, now.amount_max)
    told = {
        field: "" if one is None else digits(one)
        for field, one in zip(AMOUNTS, amounts, strict=True)
    }
    share = percent.written(now.fee.per_million)
    return {"since": str(today), "percent": share, "basis": "", **told}
