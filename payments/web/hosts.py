"""Which facility answers under the host of this request."""

from __future__ import annotations

from typing import Final

from flask import current_app, request

from payments.kernel.errors import NotFound
from payments.kernel.scope import FacilityId
from payments.storage import installation
from payments.web.current import current, runtime

_CACHE: Final = "vienphi_hosts"


class UnknownHost(NotFound):
    """No facility of this installation answers under this host name."""

    code = "unknown-host"


def facility() -> FacilityId:
    """
    Find the facility; what was found is kept, for a host changes its facility only at a start.

    Raises:
        UnknownHost: the host names none, and there is no single one to fall back on.
    """
    known: dict[str, FacilityId] = current_app.extensions.setdefault(_CACHE, {})
    host = request.host.rsplit(":", 1)[0].lower()
    if host not in known:
        known[host] = _look_up(host)
    return known[host]


def try_facility() -> None:
    """Fill in the facility if there is one: an error page shows its name."""
    try:
        current().facility = facility()
    except NotFound:
        current().facility = None


def _look_up(host: str) -> FacilityId:
    engine = runtime().database.engine
    with engine.connect() as connection:
        named = installation.facility_of_host(connection, host)
    if named is not None:
        return named
    chosen = runtime().settings.facility
    if chosen is not None:
        return FacilityId(chosen)
    # PostgreSQL shows vp_app no facility at all; a SQLite file holds one.
    present = installation.facilities(engine)
    if len(present) != 1:
        raise UnknownHost(f"no facility is at {host}: set VIENPHI_FACILITY or add the host to one")
    return present[0][0]
