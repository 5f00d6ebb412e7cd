"""Users from a file: shown first, with every line that is wrong; then added, all or none."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from payments.identity import importing
from payments.identity.importing import Row
from payments.identity.permissions import Permission, Role
from payments.kernel.errors import InvalidField
from payments.keys import WrongKeys
from payments.sheets import UnreadableSheet
from payments.web.admin.pages import PasswordsPage, UserImportPage
from payments.web.admin.views import admin, findings
from payments.web.current import current, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires
from payments.words import catalogue

_CONTEXT: Final = "web.user_import"
_BODY_MAX_BYTES: Final = 1024 * 1024


@admin.get("/admin/users/import")
@requires(Permission.ADMIN)
def import_users() -> str:
    return render(UserImportPage((), 0, "", (), ""))


@admin.post("/admin/users/import")
@requires(Permission.ADMIN, body_max_bytes=_BODY_MAX_BYTES)
def show_users() -> AnyResponse | str:
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    try:
        rows = importing.shown(runtime(), scope(), content, _roles())
    except UnreadableSheet as error:
        page = UserImportPage((), 0, "", findings(error.problems), words("admin.file_refused"))
        return Response(render(page), 422)
    return render(UserImportPage(rows, sum(row.is_new for row in rows), _seal(rows), (), ""))


@admin.post("/admin/users/import/apply")
@requires(Permission.ADMIN, body_max_bytes=_BODY_MAX_BYTES)
def apply_users() -> str:
    rows = _opened(request.form.get("rows", ""))
    return render(PasswordsPage(importing.add_all(runtime(), scope(), rows)))


def _roles() -> dict[str, Role]:
    """List the words that mean a role: its key, and its name in every language."""
    return {
        word.lower(): role
        for role in Role
        for word in (
            role.value,
            *(catalogue.say(f"role.{role}", language) for language in catalogue.LANGUAGES),
        )
    }


def _seal(rows: tuple[Row, ...]) -> str:
    session = current().session
    assert session is not None, "the guard lets nobody else in"
    told = json.dumps(
        {
            "by": str(session.user.id),
            "rows": [[r.login, r.name, r.role.value, r.person, r.is_new] for r in rows],
        }
    )
    return base64.b64encode(runtime().keys.seal("session", told, context=_CONTEXT)).decode()


def _opened(sealed: str) -> tuple[Row, ...]:
    session = current().session
    assert session is not None, "the guard lets nobody else in"
    try:
        told = json.loads(
            runtime().keys.open("session", base64.b64decode(sealed), context=_CONTEXT)
        )
    except (binascii.Error, WrongKeys):
        raise InvalidField("rows", "preview_old") from None
    if told["by"] != str(session.user.id):
        raise InvalidField("rows", "preview_old")
    return tuple(
        Row(login, name, Role(role), person, is_new)
        for login, name, role, person, is_new in told["rows"]
    )
