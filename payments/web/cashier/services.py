"""The services on the desk: what the search finds, and what was picked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from werkzeug.datastructures import MultiDict

from payments.catalogue.model import ServiceItem
from payments.invoicing.model import LINES_MAX
from payments.kernel.errors import InvalidField
from payments.kernel.text import unmarked
from payments.web.cashier.pages import ServiceList, ServiceRow
from payments.web.current import explain

#: More would make the page slow on an old desk; the search box finds the others.
_SHOWN_MAX: Final = 300
SEARCH_LETTERS_MAX: Final = 60
QUANTITY: Final = "quantity:"

Form = MultiDict[str, str]


def picked(form: Form) -> list[str]:
    """List the picked codes in the order of the page, each once."""
    return list(dict.fromkeys(form.getlist("service")))[: LINES_MAX + 1]


def listed(items: Sequence[ServiceItem], form: Form, error: InvalidField | None) -> ServiceList:
    """List what is picked and what the search of *form* finds, as it was typed."""
    search = form.get("q", "")[:SEARCH_LETTERS_MAX]
    lines = {code: line for line, code in enumerate(picked(form), start=1)}
    found = [item for item in items if item.code in lines or _matches(item, search)]
    return ServiceList(
        tuple(_row(item, form, lines, error) for item in found[:_SHOWN_MAX]),
        hidden=max(0, len(found) - _SHOWN_MAX),
    )


@lru_cache(maxsize=16)
def untouched(items: tuple[ServiceItem, ...]) -> ServiceList:
    """List *items* for the empty desk: the same items are asked for by every desk all day."""
    return listed(items, MultiDict(), None)


def _matches(item: ServiceItem, search: str) -> bool:
    wanted = unmarked(search).lower().split()
    text = _searchable(item)
    return all(word in text for word in wanted)


def _row(
    item: ServiceItem, form: Form, lines: Mapping[str, int], error: InvalidField | None
) -> ServiceRow:
    line = lines.get(item.code)
    is_wrong = error is not None and line is not None and error.line == line
    return ServiceRow(
        item.code,
        item.name,
        item.department_name,
        item.price,
        _searchable(item),
        is_chosen=line is not None,
        quantity=form.get(f"{QUANTITY}{item.code}", "1")[:3],
        failure=explain(error) if error is not None and is_wrong else "",
    )


def _searchable(item: ServiceItem) -> str:
    return unmarked(f"{item.code} {item.name} {item.department_name}").lower()
