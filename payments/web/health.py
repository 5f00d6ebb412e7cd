"""Is the program alive, and can it serve? Asked by a load balancer and by the demo."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from payments.web.current import runtime
from payments.web.security import open_to_machines

health = Blueprint("health", __name__)


@health.get("/healthz")
@open_to_machines
def live() -> Response:
    return jsonify({"status": "live"})


@health.get("/readyz")
@open_to_machines
def ready() -> Response:
    """Answer 200 if the database answers; its failure becomes a 503."""
    with runtime().database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return jsonify({"status": "ready"})
