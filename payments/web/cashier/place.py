"""Where the cashier works, and the second screens of that cash point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, jsonify, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from payments.desks import pairing, queries
from payments.desks.model import (
    CashPoint,
    Device,
    Light,
    NoCashPoint,
    TooManyPairings,
    WrongPairingCode,
    light_of,
)
from payments.identity.permissions import Permission
from payments.intents import queries as intents
from payments.invoicing import queries as invoicing
from payments.kernel.errors import Conflict
from payments.storage.unit_of_work import UnitOfWork
from payments.web import parts
from payments.web import place as places
from payments.web.addresses import url_for
from payments.web.cashier.views import cashier
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

#: Six digits, and what a person may put between them.
_TYPED_MAX: Final = 20


class NoPlaceChosen(Conflict):
    """The session has no cash point: choose one first."""

    code = "no-place-chosen"


@dataclass(frozen=True, slots=True)
class ScreenRow:
    id: UUID
    place_name: str
    paired_at: datetime
    seen_at: datetime
    chip: Chip


@dataclass(frozen=True, slots=True)
class PlacePage:
    template: ClassVar[str] = "cashier/place.html"

    points: tuple[CashPoint, ...]
    #: The cash point of this session.
    chosen: CashPoint | None
    #: Code of the cash point that this browser had last.
    offered: str
    screens: tuple[ScreenRow, ...]
    can_revoke: bool
    #: What is typed into the browser of a new screen.
    screen_address: str
    failure: str


@dataclass(frozen=True, slots=True)
class LightPart:
    """How the second screens of this desk are; the desk asks for it again by itself."""

    template: ClassVar[str] = "cashier/light.html"

    address: str
    chip: Chip


@cashier.get("/desk/place")
@requires(Permission.COLLECT)
def place() -> str:
    return render(_page())


@cashier.post("/desk/place")
@requires(Permission.COLLECT)
def choose_place() -> AnyResponse:
    try:
        with runtime().database.reading(scope()) as tx:
            point = queries.cash_point(tx, request.form.get("cash_point", ""))
            has_screen = bool(queries.devices(tx, point.code))
    except NoCashPoint as error:
        return Response(render(_page(explain(error))), 404)
    # What this session showed elsewhere is no longer before its patient.
    places.moved_on()
    answer = redirect(url_for("cashier.desk" if has_screen else "cashier.place"), 303)
    places.choose(answer, point)
    return answer


@cashier.post("/desk/place/screens")
@requires(Permission.COLLECT)
def pair_screen() -> AnyResponse:
    typed = request.form.get("code", "")[:_TYPED_MAX]
    try:
        pairing.pair(runtime(), scope(), _chosen(), typed)
    except (WrongPairingCode, TooManyPairings) as error:
        status = 429 if isinstance(error, TooManyPairings) else 422
        return Response(render(_page(explain(error))), status)
    return redirect(url_for("cashier.place"), 303)


@cashier.post("/desk/place/screens/<uuid:screen_id>/unpair")
@requires(Permission.REVOKE_SCREENS)
def unpair_screen(screen_id: UUID) -> AnyResponse:
    pairing.unpair(runtime(), scope(), screen_id)
    return redirect(url_for("cashier.place"), 303)


@cashier.get("/desk/place/light")
@requires(Permission.COLLECT, is_background=True)
def screen_light() -> Response:
    """Say how the screens of this cash point are; nothing is written."""
    with runtime().database.reading(scope()) as tx:
        return jsonify({"light": light(tx, places.here(tx))})


@cashier.post("/desk/invoices/<uuid:invoice_id>/screen")
@requires(Permission.COLLECT)
def show_on_screen(invoice_id: UUID) -> AnyResponse:
    """Show the open code of an invoice again, after the screen showed something else."""
    with runtime().database.reading(scope()) as tx:
        # Another facility's is not there, wherever one sits.
        invoicing.version(tx, invoice_id)
        intent = intents.latest(tx, invoice_id)
    _chosen()
    if intent is not None and intent.is_open:
        places.show(intent.id)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


def light(tx: UnitOfWork, point: CashPoint | None) -> Markup:
    """Draw the light of the second screens of *point*; the desk works with any of them."""
    if point is None:
        chip = Chip("off", "stop", words("screen.light.no_place"))
    else:
        chip = _chip(light_of(queries.devices(tx, point.code), tx.now()), point.name)
    return parts.drawn(LightPart(url_for("cashier.place"), chip))


_LIGHTS: Final = {
    Light.NONE: ("off", "stop", "screen.light.none"),
    Light.LOST: ("warn", "alert", "screen.light.lost"),
    Light.OK: ("ok", "check", "screen.light.ok"),
}


def _chosen() -> str:
    code = places.chosen()
    if not code:
        raise NoPlaceChosen()
    return code


def _page(failure: str = "") -> PlacePage:
    session = current().session
    can_revoke = session is not None and session.user.may(Permission.REVOKE_SCREENS)
    with runtime().database.reading(scope()) as tx:
        points = queries.cash_points(tx)
        chosen = places.here(tx)
        devices: tuple[Device, ...] = ()
        if can_revoke:
            devices = queries.devices(tx)
        elif chosen is not None:
            devices = queries.devices(tx, chosen.code)
        now = tx.now()
    names = {point.code: point.name for point in points}
    rows = tuple(_row(one, names[one.cash_point], now) for one in devices)
    return PlacePage(
        tuple(point for point in points if point.is_active),
        chosen,
        places.offered(),
        rows,
        can_revoke,
        runtime().settings.public_url + url_for("display.show"),
        failure,
    )


def _row(device: Device, name: str, now: datetime) -> ScreenRow:
    chip = _chip(light_of((device,), now), name)
    return ScreenRow(device.id, name, device.paired_at, device.seen_at, chip)


def _chip(light: Light, name: str) -> Chip:
    look, icon, key = _LIGHTS[light]
    return Chip(look, icon, words(key, cash_point=name))
