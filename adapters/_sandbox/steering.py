"""
The controls of a sandbox gateway, for programs (JSON) and for the payer's page (forms).

  GET  /sandbox/<name>/                       the orders and messages, for people
  POST /sandbox/<name>/orders/<ref>/<act>     the payer acts; knobs: {"copies": 2, "forge": true, …}
  POST /sandbox/<name>/orders/<ref>/tell      send the message once more; the same knobs
  GET  /sandbox/<name>/orders, /deliveries
  POST /sandbox/<name>/faults                 {"of": "answers"|"messages", "times": n, knobs…}
  POST /sandbox/<name>/refunds/<number>/<state>   done | refused
  POST /sandbox/<name>/notify                 {"url": …}: the registered address for messages
  POST /sandbox/<name>/payer                  {"mode": "manual"|"auto"}
  POST /sandbox/<name>/deliver                send what is due
  GET  /sandbox/<name>/settlement/<yyyy-mm-dd>?missing=1&extra=1&differing=1
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from adapters._sandbox import faults
from adapters._sandbox.orders import Order, RefundState
from adapters._wire.fields import as_local
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.words.catalogue import TERMINAL
from payments.words.explaining import sentence

if TYPE_CHECKING:
    from adapters._sandbox.stand import Stand

_PLANTED_MAX: Final = 100


def steering(stand: Stand) -> Blueprint:
    """Make the routes for *stand*."""
    routes = Blueprint("steering", __name__, url_prefix=f"/sandbox/{stand.name}")
    _orders(routes, stand)
    _run(routes, stand)

    @routes.errorhandler(InvalidField)
    def refuse(error: InvalidField) -> ResponseReturnValue:
        told = {"error": error.code, "field": error.field, "detail": sentence(error, TERMINAL)}
        return jsonify(told), 422

    return routes


def _orders(routes: Blueprint, stand: Stand) -> None:
    @routes.get("/")
    def home() -> ResponseReturnValue:
        return render_template("gateway.html", stand=stand, letters=stand.postman.letters)

    @routes.get("/orders")
    def orders() -> ResponseReturnValue:
        return jsonify(orders=[_order(one) for one in stand.orders])

    @routes.post("/orders/<reference>/<act>")
    def play(reference: str, act: str) -> ResponseReturnValue:
        fault = _fault_of_form() if request.form else _fault_of_json()
        if act == "tell":
            order = stand.orders.get(reference)
            stand.tell(order, None, fault)
        elif act in stand.behaviour.acts:
            order = stand.play(reference, act, fault)
        else:
            raise InvalidField("act", "one_of", choices=", ".join(stand.behaviour.acts))
        if not request.form:
            return jsonify(_order(order))
        back = stand.behaviour.back(order, stand.clock.now())
        return redirect(back, 303)

    @routes.post("/refunds/<int:number>/<state>")
    def finish(number: int, state: str) -> ResponseReturnValue:
        if state not in (RefundState.DONE, RefundState.REFUSED):
            raise InvalidField("state", "one_of", choices="done, refused")
        return jsonify(_order(stand.finish_refund(number, RefundState(state))))


def _run(routes: Blueprint, stand: Stand) -> None:
    @routes.get("/deliveries")
    def deliveries() -> ResponseReturnValue:
        told = [
            {
                "number": one.number,
                "order": one.about,
                "state": one.state,
                "tries": [
                    {"at": as_local(tried.at), "status": tried.status, "note": tried.note}
                    for tried in one.tries
                ],
            }
            for one in stand.postman.letters
        ]
        return jsonify(deliveries=told)

    @routes.post("/deliver")
    def deliver() -> ResponseReturnValue:
        return jsonify(sent=stand.run_due())

    @routes.post("/faults")
    def plan() -> ResponseReturnValue:
        given = dict(_json())
        of, times = given.pop("of", "answers"), given.pop("times", 1)
        if of not in ("answers", "messages"):
            raise InvalidField("of", "one_of", choices="answers, messages")
        if type(times) is not int or not 0 <= times <= 1_000_000:
            raise InvalidField("times", "json_type", kind="int")
        stand.faults.plan(of, faults.from_fields(given), times)
        return jsonify(of=of, times=times)

    @routes.post("/notify")
    def notify() -> ResponseReturnValue:
        stand.notify_url = str(_json().get("url", ""))
        return jsonify(url=stand.notify_url)

    @routes.post("/payer")
    def payer() -> ResponseReturnValue:
        mode = _json().get("mode")
        if mode not in ("manual", "auto"):
            raise InvalidField("mode", "one_of", choices="manual, auto")
        stand.options = replace(stand.options, payer=mode)
        return jsonify(mode=mode)

    @routes.get("/settlement/<day>")
    def settlement(day: str) -> ResponseReturnValue:
        try:
            wanted = HospitalDay.parse(day.removesuffix(".csv"))
        except ValueError as error:
            raise InvalidField("day", "day_form") from error
        counts = {name: _count(name) for name in ("missing", "extra", "differing")}
        file = stand.settled(wanted, **counts)
        name = f"{stand.name}-{wanted}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(file, mimetype="text/csv", headers=headers)


def _json() -> Mapping[str, Any]:
    given = request.get_json(silent=True, force=True) if request.get_data() else {}
    if not isinstance(given, dict):
        raise InvalidField("body", "json_object")
    return given


def _fault_of_json() -> faults.Fault | None:
    given = _json()
    return faults.from_fields(given) if given else None


def _fault_of_form() -> faults.Fault | None:
    ticked = [name for name in request.form.getlist("fault") if name in faults.NAMES]
    given: dict[str, Any] = dict.fromkeys(ticked, True)
    for name in ("delay", "copies"):
        given.pop(name, None)
        if request.form.get(name, "").isdecimal():
            given[name] = int(request.form[name])
    read = faults.from_fields(given)
    return read if read != faults.NO_FAULT else None


def _count(name: str) -> int:
    text = request.args.get(name, "0")
    if not text.isdecimal() or int(text) > _PLANTED_MAX:
        raise InvalidField(name, "digits_only")
    return int(text)


def _order(one: Order) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "amount": one.amount,
        "paid": one.paid,
        "state": one.state,
        "code": one.code,
        "number": one.number,
        "refunds": [
            {
                "refund": each.refund,
                "number": each.number,
                "amount": each.amount,
                "state": each.state,
            }
            for each in one.refunds
        ],
    }
