"""Orders of a HIS: taken in by the rules that a file of orders is read by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask import Response
from marshmallow import fields, validate

from payments.interop.orders.model import WrongOrders
from payments.interop.orders.reading import COLUMNS, STATUSES, parsed
from payments.interop.orders.taking import Taken, take_in
from payments.kernel.calendar import HospitalDay
from payments.storage.unit_of_work import UnitOfWork
from payments.tokens.model import TokenScope
from payments.web.api import once
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import VND, Strict
from payments.web.api.once import Made
from payments.web.api.reading import InvalidInput
from payments.web.current import explain_problem, runtime, scope

#: A line has 11 values and 2 of its price; a body has room for a thousand.
LINES_MAX: Final = 70
_TEXT_LETTERS_MAX: Final = 120
_PRICE_MAX: Final = 1_000_000_000
EXAMPLE: Final = {
    "source": "his",
    "orders": [
        {
            "order_number": "CD0001",
            "line": 1,
            "version": 1,
            "status": "ordered",
            "file_number": "99-700001",
            "patient_name": "LÊ THỊ THỬ NGHIỆM",
            "birth_year": 1971,
            "ordered_on": "2026-11-24",
            "service_code": "KB01",
            "quantity": 1,
            "unit_price": {"amount": 150000, "currency": VND},
        }
    ],
}


class OrderPriceDocument(Strict):
    """What the program believes one costs; refused if the catalogue says otherwise."""

    amount = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, _PRICE_MAX),
        metadata={"format": "int64"},
    )
    currency = fields.String(required=True, validate=validate.OneOf([VND]))


def _text(description: str) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Length(1, _TEXT_LETTERS_MAX),
        metadata={"description": description},
    )


def _whole(description: str, low: int, high: int) -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(low, high),
        metadata={"description": description},
    )


class OrderLineDocument(Strict):
    """One line of an order, with the names that the columns of a file have."""

    order_number = _text("With source and line, the identity of an order line.")
    line = _whole("Within the order.", 1, 999)
    version = _whole("Grows with each change; an older one is ignored.", 1, 999_999)
    status = fields.String(required=True, validate=validate.OneOf(list(STATUSES)))
    file_number = _text("The hospital's number of the patient.")
    patient_name = _text("Whom it is for.")
    birth_year = _whole("Of the patient.", 1900, 2100)
    ordered_on = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"),
        metadata={"description": "The catalogue's price of this day is billed; never a later day."},
    )
    service_code = _text("A code of the price list.")
    quantity = _whole("How many.", 1, 999)
    unit_price = fields.Nested(OrderPriceDocument)


class NewOrdersDocument(Strict):
    """Order lines of one program: taken in all together or not at all."""

    source = fields.String(
        required=True,
        validate=validate.Regexp(r"^[a-z][a-z0-9-]{1,31}\Z"),
        metadata={"description": "The program's short name; always the same one."},
    )
    orders = fields.List(
        fields.Nested(OrderLineDocument), required=True, validate=validate.Length(1, LINES_MAX)
    )


class TakenOrdersDocument(Strict):
    """What became of the lines."""

    added = fields.Integer(required=True, metadata={"description": "New."})
    changed = fields.Integer(required=True, metadata={"description": "Known, now newer."})
    repeated = fields.Integer(required=True, metadata={"description": "Known in this version."})
    stale = fields.Integer(required=True, metadata={"description": "Known in a newer version."})
    drafted = fields.Integer(
        required=True, metadata={"description": "Changes after the invoice: a person confirms."}
    )


@operation(
    "POST",
    "/orders",
    TokenScope.ORDERS_WRITE,
    Says(TakenOrdersDocument, body=NewOrdersDocument, example=EXAMPLE),
)
def take_orders(asked: dict[str, Any]) -> Response:
    """
    Take order lines of a HIS in, all of them or none.

    The same lines again add nothing. A change of a line that is billed becomes a draft for the head
    cashier.
    """
    try:
        lines = parsed(_cells(asked["orders"]), HospitalDay.of(runtime().clock.now()))
        return once.answered(
            asked,
            lambda around, _: take_in(runtime(), scope(), asked["source"], lines, around=around),
            lambda tx, taken: _made(tx, asked["source"], taken),
        )
    except WrongOrders as wrong:
        raise InvalidInput(errors=tuple(_places(wrong))) from wrong


def _cells(told: list[dict[str, Any]]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Write each line as a file would have it: there is one reader for both."""
    for row, one in enumerate(told, 1):
        cells = {name: str(one[name]) for name in COLUMNS}
        if "unit_price" in one:
            cells["unit_price"] = str(one["unit_price"]["amount"])
        yield row, cells


def _places(wrong: WrongOrders) -> Iterator[dict[str, str]]:
    for problem in wrong.problems:
        at = "" if problem.line is None else f"/{problem.line - 1}"
        name = f"/{problem.field}" if at and problem.field in _FIELDS else ""
        yield {"pointer": f"/orders{at}{name}", "detail": explain_problem(problem)}


_FIELDS: Final = frozenset(OrderLineDocument().fields)


def _made(tx: UnitOfWork, source: str, taken: Taken) -> Made:
    return Made(200, f"orders:{source}", TakenOrdersDocument(), taken)
