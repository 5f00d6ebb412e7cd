"""The inbox of exceptions: filtered, walked by keys, dealt with one by one or by flag."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.exceptions import service
from payments.exceptions.model import Filter
from payments.exceptions.service import NotClosable
from payments.identity.permissions import Permission
from payments.inbox import service as messages
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.reconciliation import applying, exceptions
from payments.web.current import explain, runtime, scope
from payments.web.finance.inbox_rows import inbox_page
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires


@finance.get("/finance/inbox")
@requires(Permission.SEE_FINANCE)
def inbox() -> str:
    return render(inbox_page(_filter(request.args.get), request.args.get("at", "")))


@finance.post("/finance/inbox/assign")
@requires(Permission.RESOLVE)
def assign_exceptions() -> AnyResponse:
    owner = request.form.get("owner", "") or scope().actor
    return _done(lambda keys: service.assign(runtime(), scope(), keys, owner))


@finance.post("/finance/inbox/close")
@requires(Permission.RESOLVE)
def close_exceptions() -> AnyResponse:
    reason = request.form.get("reason", "")
    return _done(lambda keys: service.close(runtime(), scope(), keys, reason))


@finance.post("/finance/inbox/retry")
@requires(Permission.RESOLVE)
def retry_exceptions() -> AnyResponse:
    return _done(_try_all)


def _try_all(keys: list[str]) -> None:
    for key in keys:
        _try_again(key)


def _try_again(key: str) -> None:
    """Try a message or a line once more; what another person has dealt with is left as it is."""
    kind, _, subject = key.partition(":")
    try:
        wanted = UUID(subject)
    except ValueError:
        return
    try:
        if kind == "line":
            applying.try_again(runtime(), scope(), wanted)
        elif kind == "message":
            with runtime().database.reading(scope()) as tx:
                exceptions.require_kept_message(tx, wanted)
            messages.apply(runtime(), scope(), wanted)
    except NotFound:
        return


def _done(work: Callable[[list[str]], object]) -> AnyResponse:
    """Do *work* on the ticked rows; a refused form shows the same list with the reason."""
    keys = request.form.getlist("item")[: service.AT_ONCE_MAX]
    at, chosen = request.form.get("at", ""), _filter(request.form.get)
    try:
        work(keys)
    except (InvalidField, NotClosable) as error:
        return Response(render(inbox_page(chosen, at, failure=explain(error))), 422)
    except (Conflict, service.NoException) as error:
        return Response(render(inbox_page(chosen, at, failure=explain(error))), 409)
    address = url_for("finance.inbox", flag=chosen.flag, age=chosen.age, by=chosen.owner, at=at)
    return redirect(address, 303)


def _filter(get: Callable[[str, str], str]) -> Filter:
    return Filter(get("flag", "")[:40], get("age", "")[:10], get("by", "")[:60])
