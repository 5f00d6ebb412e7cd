"""The price list."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from payments.catalogue import queries as catalogue
from payments.tokens.model import TokenScope
from payments.web.api import cursors
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import Strict, money, text
from payments.web.api.paging import PageQuery, next_cursor, page, position
from payments.web.current import runtime, scope

_ABOUT = "services"


class ServiceDocument(Strict):
    """A service as it is sold today."""

    code = text("Code of the service.", example="KB01")
    name = text("As it stands on the invoice.")
    department_code = text("Revenue centre.")
    department_name = text("Its name.")
    price = money("Price of one, today.")


class ServicesDocument(Strict):
    """A page of the price list."""

    items = fields.List(fields.Nested(ServiceDocument), required=True)
    next = next_cursor()


@operation(
    "GET",
    "/services",
    TokenScope.SERVICES_READ,
    Says(ServicesDocument, query=PageQuery, also=(400,)),
)
def list_services(asked: dict[str, Any]) -> Any:
    """List what can be ordered today, by code."""
    begins = position(asked, _ABOUT)
    after = "" if begins is None else str(begins[0])
    with runtime().database.reading(scope()) as tx:
        found = catalogue.listed(tx, after=after, limit=asked["limit"] + 1)
    items, cursor = page(found, asked["limit"], _ABOUT, lambda item: (item.code,))
    return {"items": items, "next": cursor}, 200, cursors.link(cursor)
