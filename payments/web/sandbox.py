"""What the sandbox bank may ask of a trial: the codes that wait. Not there in production."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from payments.config import Mode
from payments.intents import queries as intents
from payments.kernel.errors import NotFound
from payments.web.current import runtime, scope
from payments.web.security import public

sandbox = Blueprint("sandbox", __name__)


@sandbox.get("/sandbox/open-codes")
@public
def open_codes() -> Response:
    """List the open codes as they are shown: what anybody at the desk can read."""
    if runtime().settings.mode is not Mode.TRIAL:
        raise NotFound("no such page")
    with runtime().database.reading(scope()) as tx:
        codes = intents.open_ones(tx)
    return jsonify({"codes": [{"payload": intent.payload} for intent in codes]})
