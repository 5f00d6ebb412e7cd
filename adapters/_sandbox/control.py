"""The sandbox bank for programs: order transfers, spoil things, read statements. JSON only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from adapters._sandbox.bank import Order, Transfer
from adapters._sandbox.branch import Branch, Instruction
from adapters._sandbox.deliver import Delivery, Knobs
from adapters._sandbox.statement import statement
from adapters._sandbox.weather import Weather
from adapters._wire.fields import as_local
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.words.catalogue import TERMINAL
from payments.words.explaining import sentence

FEEDS_OF: Final = {"sepay": ("sepay",), "casso": ("casso",), "both": ("sepay", "casso"), "none": ()}
_TRANSFER_FIELDS: Final = {
    "account": (str, None),
    "amount": (int, None),
    "memo": (str, ""),
    "payer_name": (str, "NGUYEN VAN THU"),
    "payer_account": (str, "0123456789"),
    "reference": (str, ""),
    "no_reference": (bool, False),
    "mangle": (str, ""),
    "times": (int, 1),
    "deliver": (str, "both"),
    "delay_s": (int, 0),
    "copies": (int, 1),
    "reorder": (bool, False),
    "forge": (bool, False),
    "truncate": (bool, False),
    "drop_answer": (bool, False),
}
_MEMO_MAX: Final = 500


def control(branch: Branch, weather: Weather, *, is_immediate: bool) -> Blueprint:
    """
    Make the routes; *is_immediate* sends what is due before the answer is given.

    POST /sandbox/transfers               {account, amount, memo, mangle?, times?, deliver?, …}
    POST /sandbox/deliver                 send what is due now
    GET  /sandbox/transfers, /sandbox/deliveries
    POST /sandbox/lists                   {mood, times}: the next answers of the lists
    GET  /sandbox/statement/<account>/<yyyy-mm-dd>.csv
    """
    routes = Blueprint("control", __name__, url_prefix="/sandbox")

    @routes.errorhandler(InvalidField)
    def refuse(error: InvalidField) -> ResponseReturnValue:
        return jsonify(error=error.code, field=error.field, detail=sentence(error, TERMINAL)), 422

    @routes.post("/transfers")
    def order() -> ResponseReturnValue:
        made = branch.pay(_instruction(_fields(_TRANSFER_FIELDS)))
        sent = branch.run_due() if is_immediate else 0
        return jsonify(transfers=[_transfer(one) for one in made], sent=sent), 201

    @routes.get("/transfers")
    def transfers() -> ResponseReturnValue:
        return jsonify(transfers=[_transfer(one) for one in branch.bank.transfers()])

    @routes.get("/deliveries")
    def deliveries() -> ResponseReturnValue:
        return jsonify(deliveries=[_delivery(one) for one in branch.courier.deliveries])

    @routes.post("/deliver")
    def deliver() -> ResponseReturnValue:
        return jsonify(sent=branch.run_due())

    @routes.post("/lists")
    def lists() -> ResponseReturnValue:
        given = _fields({"mood": (str, None), "times": (int, 1)})
        if given["mood"] not in Weather.MOODS:
            raise InvalidField("mood", "one_of", choices=", ".join(Weather.MOODS))
        weather.mood, weather.left = given["mood"], max(0, given["times"])
        return jsonify(mood=weather.mood, times=weather.left)

    @routes.get("/statement/<account>/<day>.csv")
    def read_statement(account: str, day: str) -> ResponseReturnValue:
        if account not in branch.bank.accounts:
            raise InvalidField("account", "sandbox_account", account=account)
        try:
            wanted = HospitalDay.parse(day)
        except ValueError as error:
            raise InvalidField("day", "day_form") from error
        text = statement(branch.bank, account, wanted)
        name = f"saoke-{account}-{wanted}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, mimetype="text/csv", headers=headers)

    return routes


def _fields(known: Mapping[str, tuple[type, Any]]) -> Mapping[str, Any]:
    """Read the JSON object of the request; every field is of its type, none is unknown."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise InvalidField("body", "json_object")
    for name in given:
        if name not in known:
            raise InvalidField(name, "name_unknown", known=", ".join(known))
    values = {}
    for name, (kind, default) in known.items():
        value = given.get(name, default)
        if type(value) is not kind:
            raise InvalidField(name, "json_type", kind=kind.__name__)
        values[name] = value
    return values


def _instruction(given: Mapping[str, Any]) -> Instruction:
    if given["deliver"] not in FEEDS_OF:
        raise InvalidField("deliver", "one_of", choices=", ".join(FEEDS_OF))
    if len(given["memo"]) > _MEMO_MAX:
        raise InvalidField("memo", "too_long", most=_MEMO_MAX)
    reference = "" if given["no_reference"] else given["reference"] or None
    order = Order(
        given["account"],
        given["amount"],
        given["memo"],
        given["payer_name"],
        given["payer_account"],
        reference,
    )
    knobs = Knobs(
        delay_s=given["delay_s"],
        copies=given["copies"],
        is_overtaken=given["reorder"],
        is_forged=given["forge"],
        is_truncated=given["truncate"],
        drops_answer=given["drop_answer"],
    )
    return Instruction(order, given["times"], given["mangle"], FEEDS_OF[given["deliver"]], knobs)


def _transfer(one: Transfer) -> dict[str, Any]:
    return {
        "number": one.number,
        "account": one.account,
        "amount": one.amount,
        "memo": one.memo,
        "reference": one.reference,
        "at": as_local(one.at),
        "balance": one.balance,
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "number": one.number,
        "transfer": one.transfer,
        "feed": one.feed,
        "state": one.state,
        "attempts": [
            {"at": as_local(tried.at), "status": tried.status, "note": tried.note}
            for tried in one.attempts
        ],
    }
