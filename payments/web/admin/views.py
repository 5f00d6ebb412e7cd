"""The blueprint of the administration, its tabs, and what several of its pages share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, request, url_for

from payments.identity import queries as identity
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Problem
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import current, explain_problem, runtime, words

admin = Blueprint("admin", __name__)

_TABS: Final = (
    ("admin.tab.users", "admin.users", Permission.SIGN_OUT_OTHERS),
    ("admin.tab.channels", "admin.channels", Permission.ADMIN),
    ("admin.tab.health", "admin.health", Permission.SIGN_OUT_OTHERS),
    ("admin.tab.switches", "admin.switches", Permission.SIGN_OUT_OTHERS),
    ("admin.tab.prices", "admin.prices", Permission.SEE_PRICES),
)


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a file, in words."""

    line: int | None
    column: str
    text: str


@admin.context_processor
def _tabs() -> dict[str, Any]:
    here = request.path
    return {
        "tabs": tuple(
            Tab(words(key), url_for(endpoint), is_here=here.startswith(url_for(endpoint)))
            for key, endpoint, permission in _TABS
            if may(permission)
        )
    }


def may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)


def names(tx: UnitOfWork) -> dict[str, str]:
    """Give the names of the members of staff by what they are called in rows: ``user:<id>``."""
    return {f"user:{one.id}": one.name for one in identity.users(tx)}


def findings(problems: tuple[Problem, ...]) -> tuple[Finding, ...]:
    return tuple(Finding(one.line, one.field, explain_problem(one)) for one in problems)


def today() -> HospitalDay:
    return HospitalDay.of(runtime().clock.now())


def day_of(text: str, field: str) -> HospitalDay:
    """Read a day as a browser sends it, or as people write it. Raises InvalidField."""
    told = text.strip()
    try:
        if "/" in told:
            day, month, year = told.split("/")
            return HospitalDay(date(int(year), int(month), int(day)))
        return HospitalDay.parse(told)
    except ValueError:
        raise InvalidField(field, "day_form") from None
