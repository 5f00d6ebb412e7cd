"""A request that is sent twice has one effect, and both get the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from flask import Response, request
from marshmallow import Schema

from payments import idempotency
from payments.idempotency import Around, Earlier
from payments.kernel.errors import VienphiError
from payments.storage.unit_of_work import UnitOfWork
from payments.web.api.blueprint import KEY_HEADER
from payments.web.current import runtime, scope

T = TypeVar("T")

REPLAYED: Final = "Idempotency-Replayed"


class NoIdempotencyKey(VienphiError):
    """A POST needs the header Idempotency-Key: 1 to 255 visible ASCII characters, new for each."""

    code = "no-idempotency-key"


@dataclass(frozen=True, slots=True)
class Made:
    """What an operation made, as it is answered and kept."""

    status: int
    #: Names it in the books: ``invoice:<id>``.
    resource: str
    document: Schema
    told: object
    location: str = ""

    def text(self) -> str:
        body = {"location": self.location, "body": self.document.dump(self.told)}
        return json.dumps(body, ensure_ascii=False)


class _Repeated(Exception):
    """Leaves a transaction in which the first request turned out to have been served."""

    def __init__(self, earlier: Earlier) -> None:
        super().__init__()
        self.earlier = earlier


@dataclass(slots=True)
class _Once:
    """Claims the key in the transaction of the use case, and keeps the answer there."""

    key: str
    content: bytes
    tell: Callable[[UnitOfWork, Any], Made]
    made: Made | None = field(default=None)

    def __call__(self, tx: UnitOfWork, work: Callable[[], T]) -> T:
        actor, route = scope().actor, _route()
        earlier = idempotency.once(tx, actor, route, self.key, self.content)
        if earlier is not None:
            raise _Repeated(earlier)
        result = work()
        self.made = self.tell(tx, result)
        idempotency.finish(
            tx,
            runtime().keys,
            actor,
            route,
            self.key,
            status=self.made.status,
            resource=self.made.resource,
            body=self.made.text(),
        )
        return result


def answered(
    asked: object, use_case: Callable[[Around, str], T], tell: Callable[[UnitOfWork, T], Made]
) -> Response:
    """
    Do *use_case* once for this key, and answer with what *tell* says of its result.

    *use_case* gets what it must let happen around its work, and a key of its own that is the same
    for every repeat.

    Raises:
        NoIdempotencyKey: the header is missing or of another shape.
        KeyReused: the key was sent before with other content.
    """
    once = _Once(_key(), _content(asked), tell)
    earlier = _known(once)
    if earlier is not None:
        return _replayed(earlier)
    try:
        result = use_case(once, _service_key(once.key))
    except _Repeated as repeated:
        return _replayed(repeated.earlier)
    if once.made is None:
        # The use case knew its own key and did nothing: the twin of this request came first.
        earlier = _known(once)
        if earlier is not None:
            return _replayed(earlier)
        # Or long ago, when what we answered then has been forgotten.
        with runtime().database.reading(scope()) as tx:
            once.made = tell(tx, result)
    return _answer(once.made.status, once.made.text())


def _known(once: _Once) -> Earlier | None:
    with runtime().database.reading(scope()) as tx:
        return idempotency.known(tx, scope().actor, _route(), once.key, once.content)


def _replayed(earlier: Earlier) -> Response:
    answer = _answer(earlier.status, earlier.body(runtime().keys))
    answer.headers[REPLAYED] = "true"
    return answer


def _answer(status: int, kept: str) -> Response:
    told = json.loads(kept)
    answer = Response(
        json.dumps(told["body"], ensure_ascii=False), status, content_type="application/json"
    )
    if told["location"]:
        answer.headers["Location"] = told["location"]
    return answer


def _key() -> str:
    # The draft of the IETF writes the key as a quoted string; most programs send it bare.
    key = request.headers.get(KEY_HEADER, "").strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= 255 or not all("!" <= char <= "~" for char in key):
        raise NoIdempotencyKey(f"send {KEY_HEADER}: 1 to 255 visible ASCII characters")
    return key


def _route() -> str:
    # By its address, not by the name of a function, which another release may have renamed.
    return f"{request.method} {request.url_rule}"


def _content(asked: object) -> bytes:
    told = json.dumps(asked, sort_keys=True, default=str)
    return idempotency.fingerprint(request.path, told)


def _service_key(key: str) -> str:
    told = idempotency.fingerprint(scope().actor, _route(), key)
    return f"api:{hashlib.sha256(told).hexdigest()[:48]}"
