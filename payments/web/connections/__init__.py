"""Connected programs, for the administrator: who hears of events, and what came of each."""

from payments.web.connections.log import connections

__all__ = ["connections"]
