"""
Is the program alive, and can it serve? Asked by a load balancer, a watcher and the demo.

``/healthz`` touches nothing: where it does not answer, the process should be started anew.
``/readyz`` asks the database: where it says 503, a new start helps nobody, and requests should go
to another server.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import DBAPIError, TimeoutError

from payments.operations.watching.queries import readiness
from payments.web.current import runtime
from payments.web.security import open_to_machines

health = Blueprint("health", __name__)


@health.get("/healthz")
@open_to_machines
def live() -> Response:
    return jsonify({"status": "live"})


@health.get("/readyz")
@open_to_machines
def ready() -> tuple[Response, int]:
    """Answer 200 if the database answers and is not older than this release."""
    try:
        found = readiness(runtime().database.engine)
    except (DBAPIError, TimeoutError):
        # Its words may name a server: whoever asks here is nobody.
        return jsonify({"status": "not ready", "database": "away"}), 503
    if not found.is_ready:
        told = {"status": "not ready", "database": "answers", "schema": "older than the program"}
        return jsonify(told), 503
    return jsonify({"status": "ready"}), 200
