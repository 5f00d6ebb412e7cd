"""The stand-in's routes: bracket forms in, JSON out, repeats under one key answered once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from adapters._sandbox.faults import NO_FAULT, Fault
from adapters._sandbox.orders import Order, Refund, RefundState
from adapters._sandbox.stand import Planted, Stand, fault_of_request, pay_page
from adapters.stripe import sandbox_balance
from adapters.stripe import sandbox_book as book
from adapters.stripe import sandbox_objects as objects
from adapters.stripe.requests import BALANCE, PAYMENTS, REFUNDS, SESSIONS
from adapters.stripe.sandbox_book import Refused
from payments.kernel.calendar import HospitalDay

#: Writes an object, spoilt or not.
_Write = Callable[[Fault], dict[str, Any]]
_BOUNDS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
}
_TRIAL: Final = "Bearer sk_test_"


def routes(
    app: Flask, stand: Stand, kept: dict[str, Any], planted: Mapping[HospitalDay, Planted]
) -> None:
    """Add Stripe's routes; *kept* holds answers by idempotency key, *planted* differences."""
    app.register_error_handler(Refused, _refused)
    _sessions(app, stand, kept)
    _payments(app, stand, kept)
    _refunds(app, stand, kept)
    _balance(app, stand, planted)

    @app.get("/c/pay/<name>")
    def pay(name: str) -> ResponseReturnValue:
        try:
            return pay_page(stand, book.find_session(stand, name))
        except Refused:
            return render_template("refused.html", code="404", title="Stripe"), 404


def _sessions(app: Flask, stand: Stand, kept: dict[str, Any]) -> None:
    def written(order: Order) -> _Write:
        now = stand.clock.now()
        is_expanded = any(one.startswith("payment_intent") for one in _expanded())
        return lambda fault: objects.session(order, now, fault, is_expanded=is_expanded)

    @app.post(SESSIONS)
    def create_session() -> ResponseReturnValue:
        fields = _proven()
        return _once(kept, lambda: written(book.open_session(stand, fields, request.host_url)))

    @app.get(SESSIONS)
    def list_sessions() -> ResponseReturnValue:
        _proven()
        found = [one for one in stand.orders if one.facts["session"] and _is_within(one)]
        return _page([written(one)(fault_of_request()) for one in reversed(found)])

    @app.get(f"{SESSIONS}/<name>")
    def get_session(name: str) -> ResponseReturnValue:
        _proven()
        return jsonify(written(book.find_session(stand, name))(fault_of_request()))

    @app.post(f"{SESSIONS}/<name>/expire")
    def expire_session(name: str) -> ResponseReturnValue:
        _proven()
        return _once(kept, lambda: written(book.expire(stand, book.find_session(stand, name))))


def _payments(app: Flask, stand: Stand, kept: dict[str, Any]) -> None:
    def written(order: Order) -> _Write:
        is_expanded = "latest_charge" in _expanded()
        return lambda fault: objects.payment(order, fault, is_expanded=is_expanded)

    @app.post(PAYMENTS)
    def create_payment() -> ResponseReturnValue:
        fields = _proven()

        def make() -> _Write:
            order = book.open_payment(stand, fields)
            if fields.get("confirm") == "true":
                order = book.confirm(stand, order, fields.get("payment_method", ""))
            return written(order)

        return _once(kept, make)

    @app.get(f"{PAYMENTS}/<name>")
    def get_payment(name: str) -> ResponseReturnValue:
        _proven()
        return jsonify(written(book.find_payment(stand, name))(fault_of_request()))

    @app.post(f"{PAYMENTS}/<name>/<verb>")
    def change_payment(name: str, verb: str) -> ResponseReturnValue:
        fields = _proven()

        def change() -> _Write:
            with stand.orders.lock:
                order = book.find_payment(stand, name)
                match verb:
                    case "confirm":
                        order = book.confirm(stand, order, fields.get("payment_method", ""))
                    case "capture":
                        order = book.capture(stand, order, fields)
                    case "cancel":
                        order = book.cancel(stand, order)
                    case _:
                        raise Refused(404, "Unrecognized request URL")
                return written(order)

        return _once(kept, change)


def _refunds(app: Flask, stand: Stand, kept: dict[str, Any]) -> None:
    def written(order: Order, one: Refund) -> _Write:
        return lambda fault: objects.refund(order, one, fault)

    @app.post(REFUNDS)
    def create_refund() -> ResponseReturnValue:
        fields = _proven()

        def make() -> _Write:
            with stand.orders.lock:
                return written(*book.refund(stand, fields))

        return _once(kept, make)

    @app.get(REFUNDS)
    def list_refunds() -> ResponseReturnValue:
        fields = _proven()
        named = fields.get("payment_intent") or fields.get("charge", "")
        orders = [book.find_payment(stand, named)] if named else list(stand.orders)
        pairs = [(order, one) for order in orders for one in order.refunds]
        pairs.sort(key=lambda pair: pair[1].number, reverse=True)
        return _page([written(*pair)(fault_of_request()) for pair in pairs])

    @app.get(f"{REFUNDS}/<name>")
    def get_refund(name: str) -> ResponseReturnValue:
        _proven()
        for order in stand.orders:
            for one in order.refunds:
                if objects.refund_name(one) != name:
                    continue
                # Where a program plays the payer, banks take no days.
                if stand.options.payer == "auto" and one.state is RefundState.PENDING:
                    order = stand.finish_refund(one.number, RefundState.DONE)
                    [one] = [each for each in order.refunds if each.number == one.number]
                return jsonify(written(order, one)(fault_of_request()))
        raise Refused(404, f"No such refund: '{name}'", code="resource_missing")


def _balance(app: Flask, stand: Stand, planted: Mapping[HospitalDay, Planted]) -> None:
    @app.get(BALANCE)
    def list_balance() -> ResponseReturnValue:
        fields, orders = _proven(), tuple(stand.orders)
        paid = [one.paid_at for one in orders if one.paid_at is not None]
        moved = [refund.at for one in orders for refund in one.refunds]
        days = {HospitalDay.of(moment) for moment in (*paid, *moved)} | set(planted)
        rows = [
            row
            for day in sorted(days, key=str, reverse=True)
            for row in sandbox_balance.rows(orders, day, planted.get(day, Planted()))
            # Nothing is paid out here, so that no payout has rows: our choice.
            if _is_between(row["created"], fields) and "payout" not in fields
        ]
        if "data.source" not in _expanded():
            rows = [{**row, "source": row["source"]["id"]} for row in rows]
        return _page(rows)

    @app.get("/v1/payouts")
    def list_payouts() -> ResponseReturnValue:
        _proven()
        return _page([])


def _once(kept: dict[str, Any], make: Callable[[], _Write]) -> Response:
    """Do it, or answer as the first time where the same was asked under the same key."""
    name = request.headers.get("Idempotency-Key", "")
    asked = (request.path, sorted(request.form.items()))
    if name and name in kept:
        first, body = kept[name]
        if first != asked:
            message = "Keys for idempotent requests can only be used with the same parameters."
            raise Refused(400, message, kind="idempotency_error")
        answer = jsonify(body)
        answer.headers["Idempotent-Replayed"] = "true"
        return answer
    write = make()
    if name:
        kept[name] = (asked, write(NO_FAULT))
    return jsonify(write(fault_of_request()))


def _page(found: list[dict[str, Any]]) -> Response:
    """Give a page of what was *found*, newest first."""
    fields = request.args
    limit = fields.get("limit", "10")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise Refused(400, "limit is 1 to 100", code="parameter_invalid_integer")
    names = [one["id"] for one in found]
    after = fields.get("starting_after", "")
    start = names.index(after) + 1 if after in names else 0
    end = start + int(limit)
    return jsonify(
        object="list", url=request.path, has_more=end < len(found), data=found[start:end]
    )


def _proven() -> Mapping[str, str]:
    if not request.headers.get("Authorization", "").startswith(_TRIAL):
        raise Refused(401, "Invalid API Key provided")
    return request.form.to_dict() if request.method == "POST" else request.args.to_dict()


def _expanded() -> set[str]:
    given = request.form if request.method == "POST" else request.args
    return {value for name, value in given.items(multi=True) if name.startswith("expand")}


def _is_within(order: Order) -> bool:
    return _is_between(int(order.created_at.timestamp()), request.args)


def _is_between(created: int, fields: Mapping[str, str]) -> bool:
    return all(
        is_kept(created, int(fields[f"created[{name}]"]))
        for name, is_kept in _BOUNDS.items()
        if fields.get(f"created[{name}]", "").isdecimal()
    )


def _refused(error: Exception) -> ResponseReturnValue:
    if not isinstance(error, Refused):
        raise error
    told = {"type": error.kind, "message": error.message, "param": None}
    if error.code:
        told["code"] = error.code
    return jsonify(error=told), error.status
