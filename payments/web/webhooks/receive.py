"""One address for all channels; the answer is in the gateway's own words."""

from __future__ import annotations

import json
import re
from typing import Final

from flask import Blueprint, Response, request

from payments.gateway import RawNotification, Reply
from payments.inbox.service import accept
from payments.kernel.errors import NotFound
from payments.kernel.scope import Scope
from payments.web import hosts
from payments.web.current import current, runtime
from payments.web.security import open_to_machines

webhooks = Blueprint("webhooks", __name__)

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
#: No message of a gateway is near this; a statement file comes another way.
_BODY_MAX_BYTES: Final = 256 * 1024


@webhooks.route("/webhooks/<slug>", methods=["GET", "POST"])
@open_to_machines
def receive(slug: str) -> Response:
    if not _SLUG.fullmatch(slug):
        raise NotFound("no such channel")
    request.max_content_length = _BODY_MAX_BYTES
    raw = RawNotification(
        query=request.args.to_dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=False, parse_form_data=False),
        received_at=runtime().clock.now(),
        raw_query=request.query_string.decode("latin-1"),
        method=request.method,
    )
    scope = Scope(hosts.facility(), f"channel:{slug}", current().request_id)
    return _answer(accept(runtime(), scope, slug, raw))


def _answer(reply: Reply) -> Response:
    if isinstance(reply.body, str):
        return Response(reply.body, reply.status, content_type="text/plain; charset=utf-8")
    return Response(json.dumps(dict(reply.body)), reply.status, content_type="application/json")
