"""
Figures for Prometheus at ``/metrics``: to this machine, or to a token of scope ``metrics:read``.

What a proxy passes on comes from this machine too, so a request that a proxy has marked counts as
one from outside.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from flask import Blueprint, Response, request

from payments.operations.watching import model, queries
from payments.tokens.model import TokenScope
from payments.web import hosts, tokens
from payments.web.current import current, runtime, scope
from payments.web.security import open_to_machines

metrics = Blueprint("metrics", __name__)

_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PASSED_ON: Final = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@metrics.get("/metrics")
@open_to_machines
def show() -> Response:
    """Tell the figures of the facility under whose host name they are asked for."""
    if _is_at_home():
        current().facility = hosts.facility()
    else:
        tokens.admit(TokenScope.METRICS_READ)
    made = runtime()
    found = queries.samples(made.database, scope(), made.settings.backups_folder)
    return Response(model.text(found, scope().facility), content_type=_TYPE)


def _is_at_home() -> bool:
    if any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
