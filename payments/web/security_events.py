"""
What the people who guard the system must see: events with fields, for the log that is shipped.

Behind row-level security an object of another facility and one that nobody has look the same, and
the answer must be the same. So the event says what is known: who asked where for what is not there,
and for the how-manieth time in this session. A person meets that once in a while; who tries
identifiers is seen by the count.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from flask import request

from payments.identity import service
from payments.web.current import current, runtime, scope

#: The name of the argument that is a patient's link: it names an object like an id does.
_TOKEN = "token"  # noqa: S105 - the argument's name
_log = structlog.get_logger("security")


def not_found() -> None:
    """Note that this request named an object that its facility does not have."""
    if not _names_object() or current().facility is None:
        return
    session = current().session
    count = service.missed(runtime(), scope(), session, _route()) if session is not None else None
    # Never the id or the link itself: a right one with a wrong facility would be in the log.
    _log.warning(
        "security.not_found_object",
        route=_route(),
        method=request.method,
        actor=scope().actor,
        facility=scope().facility,
        request_id=current().request_id,
        count_in_session=count,
    )


def _names_object() -> bool:
    told = request.view_args or {}
    return any(isinstance(value, UUID) or name == _TOKEN for name, value in told.items())


def _route() -> str:
    return request.url_rule.rule if request.url_rule is not None else ""
