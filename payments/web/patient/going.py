"""``/p/<token>/ways``: to a gateway's page by a plain link or form, and back from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from payments.channels.breaker import ChannelDown
from payments.channels.pausing import ChannelPaused
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import (
    Outcome,
    PostForm,
    Presentation,
    RawNotification,
    Redirect,
    Returns,
    ReturnView,
    ShowQr,
    Trouble,
)
from payments.intents import attempts
from payments.intents import queries as intents
from payments.intents.attempts import GatewayAttempt
from payments.intents.model import Intent
from payments.intents.opening import AmountOutOfRange, AttemptRequest, open_attempt
from payments.intents.status import ACTIVE, Status
from payments.invoicing.queries import InvoiceView
from payments.kernel.errors import NotFound
from payments.qr import drawing
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web.current import language, runtime, scope, words
from payments.web.offers import name_of
from payments.web.pages import render
from payments.web.patient.pages import WayPage, WayRow
from payments.web.patient.pay import invoice_of
from payments.web.patient.views import patient
from payments.web.patient.ways import open_for
from payments.web.plans import asked_of
from payments.web.security import posts_to, public

_ENDED: Final = frozenset({Status.FAILED, Status.CANCELLED, Status.EXPIRED})
_NOT_PAID: Final = frozenset({Outcome.FAILED, Outcome.CANCELLED, Outcome.EXPIRED})
#: A link that opens an app on the telephone has a scheme of its own; these run or read something.
_NEVER_LINKED: Final = frozenset({"", "javascript", "data", "file", "vbscript", "blob"})


class NoWay(NotFound):
    """There is no such attempt at a gateway for this invoice."""

    code = "no-way"


@patient.post("/p/<token>/ways/<slug>")
@public
def open_way(token: str, slug: str) -> AnyResponse:
    """Ask the gateway for its page; a repeat of the form gives the same one."""
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    with runtime().database.reading(scope()) as tx:
        invoice = invoice_of(tx, token)
    asked = AttemptRequest(
        invoice=invoice.id,
        channel=slug,
        key=f"patient:{key}",
        return_url=runtime().settings.public_url
        + url_for("patient.come_back", token=token, slug=slug),
        payer_ip=request.remote_addr or "",
        language=language(),
    )
    try:
        intent = open_attempt(runtime(), scope(), asked)
    except (ChannelDown, ChannelPaused, AmountOutOfRange):
        # Shut since the page was drawn: the page says why, and offers the next one.
        return redirect(url_for("patient.pay", token=token, instead_of=slug), 303)
    return redirect(url_for("patient.go", token=token, intent=intent), 303)


@patient.get("/p/<token>/ways/<uuid:intent>")
@public
def go(token: str, intent: UUID) -> AnyResponse:
    """Show the way to the gateway's page: a link or a button, never a redirect of ours."""
    with runtime().database.reading(scope()) as tx:
        invoice = invoice_of(tx, token)
        stored = intents.attempt_of(tx, invoice.id, intent)
        attempt = None if stored is None else attempts.of_intent(tx, intent)
        others = () if stored is None else _others(tx, invoice, but=stored.channel)
    if stored is None or attempt is None:
        raise NoWay()
    return _answer(_Seen(token, invoice, stored, attempt, hint=None, others=others))


@patient.get("/p/<token>/back/<slug>")
@public
def come_back(token: str, slug: str) -> AnyResponse:
    """Show how it stands after the gateway's page; what the browser says is never booked."""
    with runtime().database.reading(scope()) as tx:
        invoice = invoice_of(tx, token)
        stored = attempts.newest_of(tx, invoice.id, slug)
        attempt = None if stored is None else attempts.of_intent(tx, stored.id)
        channels = valid_versions(tx, runtime(), slug)
        others = _others(tx, invoice, but=slug)
    if stored is None or attempt is None:
        raise NoWay()
    adapter = adapter_of(runtime(), channels[0]) if channels else None
    hint = adapter.read_return(_raw()) if isinstance(adapter, Returns) else None
    is_ours = hint is not None and hint.reference in (stored.code, str(attempt.number))
    told = hint if is_ours else _NO_HINT
    return _answer(_Seen(token, invoice, stored, attempt, hint=told, others=others))


_NO_HINT: Final = ReturnView("", is_authentic=False, hint=Outcome.UNKNOWN)


def _others(tx: UnitOfWork, invoice: InvoiceView, *, but: str) -> tuple[WayRow, ...]:
    return open_for(tx, runtime(), asked_of(tx, invoice).amount, but=but)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of an attempt; *hint* is None before the payer came back."""

    token: str
    invoice: InvoiceView
    intent: Intent
    attempt: GatewayAttempt
    hint: ReturnView | None
    others: tuple[WayRow, ...]

    @property
    def instead(self) -> tuple[WayRow, ...]:
        """
        Give what else can be tried; nothing while money may be under way by this attempt.

        Where the gateway did not answer, nobody has seen a page of it on which to pay.
        """
        was_never_shown = self.state == "waiting" and self.attempt.shown is None
        return self.others if was_never_shown or self.state in ("not_paid", "ended") else ()

    @property
    def state(self) -> str:
        """Decide on what is stored first: a browser may say what it likes."""
        status = self.intent.status
        if status is Status.CAPTURED or (not self.invoice.due and self.invoice.paid):
            return "paid"
        if status is Status.AUTHORISED:
            return "held"
        if status in _ENDED:
            return "not_paid"
        if status not in ACTIVE or self.intent.expires_at <= runtime().clock.now():
            return "ended"
        if self.hint is None and status is Status.PENDING and self.attempt.shown is not None:
            return "open"
        if self.hint is not None and self.hint.is_authentic and self.hint.hint in _NOT_PAID:
            return "not_paid"
        return "waiting"


def _answer(seen: _Seen) -> AnyResponse:
    state = seen.state
    shown = seen.attempt.shown if state == "open" else None
    form_url = shown.url if isinstance(shown, PostForm) else ""
    page = WayPage(
        token=seen.token,
        here=request.path,
        version=seen.invoice.version,
        number=seen.invoice.number,
        name=name_of(seen.intent.channel),
        amount=seen.intent.amount,
        state=state,
        said=words(f"way.state.{state}"),
        why=_why(seen) if state == "not_paid" else "",
        link=_linked(shown.url) if isinstance(shown, Redirect) else "",
        app_link=_linked(shown.app_url) if isinstance(shown, Redirect) else "",
        form_url=_linked(form_url),
        form_fields=shown.fields if isinstance(shown, PostForm) else (),
        picture=_picture(shown, seen.intent.code),
        ends_at=seen.intent.expires_at if state == "open" else None,
        instead=seen.instead,
        help_phone=runtime().settings.help_phone,
    )
    answer = Response(render(page))
    parts = urlsplit(form_url)
    return posts_to(answer, f"{parts.scheme}://{parts.netloc}") if page.form_url else answer


def _why(seen: _Seen) -> str:
    trouble: Trouble | None = seen.attempt.trouble
    if seen.hint is not None and seen.hint.trouble is not None:
        trouble = trouble or seen.hint.trouble
    return "" if trouble is None else words(f"trouble.{trouble.value}")


def _linked(url: str) -> str:
    """Give *url* where a browser may safely follow it, else nothing."""
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        return ""
    return "" if scheme in _NEVER_LINKED else url


def _picture(shown: Presentation | None, code: str) -> Markup | None:
    payload = ""
    if isinstance(shown, ShowQr):
        payload = shown.payload
    elif isinstance(shown, Redirect):
        payload = shown.qr_payload
    if not payload:
        return None
    # The drawing escapes the label and writes nothing else of ours but squares.
    return Markup(drawing.svg(payload, words("way.qr_label", code=code)))  # noqa: S704


def _raw() -> RawNotification:
    return RawNotification(
        query=request.args.to_dict(),
        headers={},
        body=b"",
        received_at=runtime().clock.now(),
        raw_query=request.query_string.decode("latin-1"),
        method="GET",
    )
