"""Stop switches: what is stopped, by whom, why and until when; thrown by one, lifted by two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField, NotFound
from payments.switches import service
from payments.switches.model import BY_TWO, HOURS_MAX, AnotherLifts, Kind, NotStopped, State, Stop
from payments.web import forms
from payments.web.admin.views import admin, names
from payments.web.current import explain, runtime, scope
from payments.web.pages import render
from payments.web.security import requires

_LETTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class SwitchRow:
    kind: str
    #: None where nothing is stopped.
    stop: Stop | None
    who: str
    is_by_two: bool
    #: One person has asked to lift it, and waits for another.
    is_asked: bool


@dataclass(frozen=True, slots=True)
class SwitchesPage:
    template: ClassVar[str] = "admin/switches.html"

    rows: tuple[SwitchRow, ...]
    hours_max: int
    reason: str
    failed_kind: str
    failure: str


@admin.get("/admin/switches")
@requires(Permission.SIGN_OUT_OTHERS)
def switches() -> str:
    return render(_page())


@admin.post("/admin/switches/<kind>/stop")
@requires(Permission.SIGN_OUT_OTHERS)
def throw_switch(kind: str) -> AnyResponse:
    chosen = _kind(kind)
    try:
        hours = forms.whole(
            request.form.get("hours", ""), "hours", wrong="stop_hours", most=HOURS_MAX
        )
        reason = request.form.get("reason", "")[: _LETTERS_MAX + 1]
        service.throw(runtime(), scope(), chosen, reason, hours)
    except InvalidField as error:
        return Response(render(_page(kind, explain(error))), 422)
    except NotStopped as error:
        return Response(render(_page(kind, explain(error))), 409)
    return redirect(url_for("admin.switches"), 303)


@admin.post("/admin/switches/<kind>/lift")
@requires(Permission.SIGN_OUT_OTHERS)
def lift_switch(kind: str) -> AnyResponse:
    try:
        service.lift(runtime(), scope(), _kind(kind))
    except NotStopped as error:
        return Response(render(_page(kind, explain(error))), 409)
    except AnotherLifts as error:
        return Response(render(_page(kind, explain(error))), 403)
    return redirect(url_for("admin.switches"), 303)


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        raise NotFound(f"no switch {kind!r}") from error


def _page(failed_kind: str = "", failure: str = "") -> SwitchesPage:
    with runtime().database.reading(scope()) as tx:
        holding = service.holding(tx)
        who = names(tx)
    rows = tuple(_row(kind, holding.get(kind), who) for kind in Kind)
    reason = request.form.get("reason", "")[:_LETTERS_MAX]
    return SwitchesPage(rows, HOURS_MAX, reason, failed_kind, failure)


def _row(kind: Kind, stop: Stop | None, who: dict[str, str]) -> SwitchRow:
    by = "" if stop is None else who.get(stop.made_by, stop.made_by)
    is_asked = stop is not None and stop.state is State.LIFT_ASKED
    return SwitchRow(kind.value, stop, by, kind in BY_TWO, is_asked)
