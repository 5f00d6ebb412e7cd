"""The patient's blueprint: its pages are compressed, and what is not there has a page in words."""

from __future__ import annotations

import gzip
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from payments.invoicing.links import TooManyLinks
from payments.invoicing.model import NoInvoice
from payments.kernel.errors import NotFound, VienphiError
from payments.web import problem, security_events
from payments.web.current import current, explain, runtime, wants_document, words
from payments.web.pages import render
from payments.web.patient import guesses
from payments.web.patient.pages import MissingPage

patient = Blueprint("patient", __name__)
patient.before_request(guesses.refuse)

#: Level 6 gains 2 % of bytes and costs half as much again.
_LEVEL: Final = 4
_SMALL_BYTES: Final = 600


@patient.errorhandler(NotFound)
def missing(error: NotFound) -> AnyResponse:
    """Answer alike to every link that opens nothing: unknown, ended, of another facility."""
    if isinstance(error, NoInvoice):
        guesses.count()
    if wants_document():
        return problem.explained(error)
    security_events.not_found()
    return _without_invoice(error, 404, words("problem.http.404"))


@patient.errorhandler(TooManyLinks)
def too_many(error: TooManyLinks) -> AnyResponse:
    """Refuse before anything is looked up: a right link is answered like an invented one."""
    if wants_document():
        return problem.explained(error)
    answer = _without_invoice(error, 429, words("problem.too-many-links"))
    answer.headers["Retry-After"] = str(error.extras["retry_after"])
    return answer


def _without_invoice(error: VienphiError, status: int, title: str) -> Response:
    page = MissingPage(
        title,
        explain(error),
        words(f"problem.advice.{status}"),
        current().request_id,
        runtime().settings.help_phone,
    )
    return Response(render(page), status)


@patient.after_request
def compress(answer: Response) -> Response:
    """
    Compress pages: a telephone pays for each byte.

    Only answers to GET, which hold nothing that a visitor chose beside the form's token: the length
    tells nothing of it (BREACH).
    """
    takes = "gzip" in request.headers.get("Accept-Encoding", "")
    if answer.mimetype != "text/html" or request.method != "GET":
        return answer
    answer.headers["Vary"] = "Accept-Encoding, Cookie, Accept-Language"
    body = answer.get_data()
    if takes and len(body) > _SMALL_BYTES:
        answer.set_data(gzip.compress(body, _LEVEL, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer
