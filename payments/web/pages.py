"""Renders page objects: a frozen dataclass names its template and holds only what is shown."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flask import Flask, current_app, request
from jinja2 import StrictUndefined

from payments.identity import queries
from payments.identity.model import User
from payments.identity.permissions import Permission
from payments.switches import service as switches
from payments.web import addresses, assets, environments, parts
from payments.web.addresses import url_for
from payments.web.current import (
    current,
    has_single_keys,
    is_trial,
    language,
    runtime,
    scope,
    theme,
    words,
)
from payments.web.page import Page, fields_of
from payments.web.sessions import FORM_FIELD, form_token
from payments.words import catalogue, formats
from payments.words.formats import local_time

_NAMES: Final = "vienphi_facility_names"


@dataclass(frozen=True, slots=True)
class RailItem:
    """An entry of the staff's rail; shown if its view exists and the person may open it."""

    wording_key: str
    icon: str
    endpoint: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class RailLink:
    wording_key: str
    icon: str
    address: str
    is_here: bool


RAIL: Final = (
    RailItem("nav.cashier", "till", "cashier.desk", Permission.COLLECT),
    RailItem("shift.close", "cash", "cashier.shift", Permission.COLLECT),
    RailItem("nav.stays", "plus", "cashier.stays", Permission.COLLECT),
    RailItem("nav.reconciliation", "recon", "finance.show", Permission.SEE_FINANCE),
    RailItem("nav.inbox", "inbox", "finance.inbox", Permission.SEE_FINANCE),
    RailItem("nav.refunds", "back", "finance.refunds", Permission.SEE_FINANCE),
    RailItem("nav.payouts", "twin", "finance.payouts", Permission.SEE_FINANCE),
    RailItem("nav.bhyt", "half", "finance.bhyt", Permission.SEE_FINANCE),
    RailItem("nav.exports", "file", "finance.exports", Permission.EXPORT),
    RailItem("nav.prices", "file", "admin.prices", Permission.SEE_PRICES),
    RailItem("nav.admin", "gear", "admin.users", Permission.SIGN_OUT_OTHERS),
    RailItem("nav.connections", "inbox", "connections.show", Permission.ADMIN),
)


def render(page: Page) -> str:
    """Render *page*; its fields are the names that its template may use."""
    values = fields_of(page)
    current_app.update_template_context(values)
    return environments.template(page.template, language()).render(values)


def install(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        vnd=formats.vnd,
        money=formats.money,
        digits=formats.digits,
        local_time=formats.local_time,
        local_date=formats.local_date,
        local_clock=formats.local_clock,
        seconds=formats.seconds,
        countdown=formats.countdown,
    )
    addresses.install(app)
    # Instead of Flask's own, which gives request and session: a page object holds what is shown.
    app.template_context_processors[None] = [_frame]
    environments.install(app)
    parts.install(app)


def rail_of(user: User) -> tuple[RailLink, ...]:
    """List what *user* may open and what is there to be opened."""
    found = [
        item
        for item in RAIL
        if item.endpoint in current_app.view_functions and user.may(item.permission)
    ]
    here = _nearest(found)
    return tuple(
        RailLink(item.wording_key, item.icon, url_for(item.endpoint), is_here=item is here)
        for item in found
    )


def _nearest(items: Sequence[RailItem]) -> RailItem | None:
    """Find the entry of this part of the program whose address goes furthest along this page's."""

    def reach(item: RailItem) -> int:
        address = url_for(item.endpoint)
        return len(address) if request.path.startswith(address) else 0

    same = [item for item in items if item.endpoint.partition(".")[0] == request.blueprint]
    return max(same, key=reach, default=None)


def facility_name() -> str:
    """Give the hospital's name, asked once per process."""
    facility = current().facility
    if facility is None:
        return ""
    known: dict[int, str] = current_app.extensions.setdefault(_NAMES, {})
    if facility not in known:
        with runtime().database.reading(scope()) as tx:
            known[facility] = queries.facility_name(tx)
    return known[facility]


def new_form_key() -> str:
    """Make the key that marks a form: sent twice, it has one effect."""
    return uuid.uuid4().hex


def _stops() -> Iterator[str]:
    """Say in words what is stopped now: everybody sees it on every page."""
    if current().facility is None:
        return
    for kind, stop in switches.active(runtime(), scope()).items():
        yield words(f"stop.banner.{kind}", until=local_time(stop.until), reason=stop.reason)


def _frame() -> dict[str, Any]:
    """What every template may use besides its page."""
    at = addresses.here()
    found = current().session
    user = found.user if found else None
    return {
        "asset": partial(assets.address, at=at),
        "facility_code": current().facility or "",
        "facility_name": facility_name(),
        "form_field": FORM_FIELD,
        "form_token": form_token,
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        "has_single_keys": has_single_keys(),
        "host": request.host,
        "idle_minutes": runtime().settings.idle_minutes,
        "is_trial": is_trial(),
        "lang": language(),
        "languages": catalogue.LANGUAGES,
        "new_form_key": new_form_key,
        "rail": rail_of(user) if user else (),
        "stops": tuple(_stops()),
        "theme": theme(),
        "url_for": at,
        "user": user,
    }
