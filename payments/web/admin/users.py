"""Users: who there is, what each may do, when each was last seen, and what is taken away."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity import factors, queries, service, staff
from payments.identity.model import LoginTaken, OwnUser, RoleConflict
from payments.identity.permissions import FACTOR_ROLES, ROLES, Permission, Role
from payments.identity.queries import UserView
from payments.kernel.errors import InvalidField
from payments.web.admin.pages import PasswordsPage, UserPage, UserRow, UsersPage
from payments.web.admin.views import admin, may
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.pages import render
from payments.web.problem import explained
from payments.web.security import requires

#: Who was not seen for so long may have left the hospital.
_FORGOTTEN_AFTER: Final = timedelta(days=60)


@admin.get("/admin/users")
@requires(Permission.SIGN_OUT_OTHERS)
def users() -> str:
    return render(_users_page())


@admin.get("/admin/users/<uuid:user_id>")
@requires(Permission.SIGN_OUT_OTHERS)
def user(user_id: UUID) -> str:
    return render(_user_page(user_id, ""))


@admin.post("/admin/users")
@requires(Permission.ADMIN)
def add_user() -> str:
    password = staff.first_password()
    made = service.add_user(
        runtime(),
        scope(),
        login=request.form.get("login", ""),
        name=request.form.get("name", ""),
        role=_role(),
        password=password,
        person=request.form.get("person", ""),
        must_change=True,
    )
    return render(PasswordsPage(((made, password),)))


@admin.post("/admin/users/<uuid:user_id>/role")
@requires(Permission.ADMIN)
def change_role(user_id: UUID) -> AnyResponse:
    staff.change_role(runtime(), scope(), user_id, _role())
    return _back(user_id)


@admin.post("/admin/users/<uuid:user_id>/disable")
@requires(Permission.ADMIN)
def disable_user(user_id: UUID) -> AnyResponse:
    staff.disable(runtime(), scope(), user_id)
    return _back(user_id)


@admin.post("/admin/users/<uuid:user_id>/enable")
@requires(Permission.ADMIN)
def enable_user(user_id: UUID) -> AnyResponse:
    staff.enable(runtime(), scope(), user_id)
    return _back(user_id)


@admin.post("/admin/users/<uuid:user_id>/sign-out")
@requires(Permission.SIGN_OUT_OTHERS)
def end_sessions(user_id: UUID) -> AnyResponse:
    staff.end_sessions(runtime(), scope(), user_id)
    return _back(user_id)


@admin.post("/admin/users/<uuid:user_id>/factor")
@requires(Permission.ADMIN)
def reset_factor(user_id: UUID) -> AnyResponse:
    staff.reset_factor(runtime(), scope(), user_id)
    return _back(user_id)


@admin.post("/admin/users/<uuid:user_id>/password")
@requires(Permission.ADMIN)
def give_password(user_id: UUID) -> str:
    staff.refuse_own(scope(), user_id)
    return render(PasswordsPage((staff.give_password(runtime(), scope(), user_id),)))


@admin.errorhandler(LoginTaken)
@admin.errorhandler(RoleConflict)
@admin.errorhandler(OwnUser)
def refused(error: LoginTaken | RoleConflict | OwnUser) -> AnyResponse:
    """Show the page again with what is the matter; what was typed is still there."""
    if request.endpoint == "admin.add_user":
        field = "login" if isinstance(error, LoginTaken) else "role"
        return Response(render(_users_page(field, explain(error))), 409)
    user_id = (request.view_args or {}).get("user_id")
    if user_id is None:
        return explained(error)
    return Response(render(_user_page(user_id, explain(error))), 409)


def refused_field(error: InvalidField) -> AnyResponse:
    """Show the form for a new user again, with the failure beside its field."""
    return Response(render(_users_page(error.field, explain(error))), 422)


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise InvalidField("role", "role_choice") from None


def _back(user_id: UUID) -> AnyResponse:
    return redirect(url_for("admin.user", user_id=user_id), 303)


def _users_page(failed_field: str = "", failure: str = "") -> UsersPage:
    with runtime().database.reading(scope()) as tx:
        found = queries.user_views(tx)
    typed = request.form if failure else {}
    return UsersPage(
        users=tuple(_row(view) for view in found),
        roles=tuple(Role),
        may_change=may(Permission.ADMIN),
        login=typed.get("login", "")[:32],
        name=typed.get("name", "")[:80],
        person=typed.get("person", "")[:20],
        role=typed.get("role", ""),
        failed_field=failed_field,
        failure=failure,
    )


def _user_page(user_id: UUID, failure: str) -> UserPage:
    with runtime().database.reading(scope()) as tx:
        view = queries.user_view(tx, user_id)
        left = factors.recovery_codes_left(tx, user_id)
    session = current().session
    return UserPage(
        row=_row(view),
        roles=tuple(Role),
        permissions=tuple(one for one in Permission if one in ROLES[view.user.role]),
        may_change=may(Permission.ADMIN),
        is_own=session is not None and session.user.id == user_id,
        codes_left=left,
        failure=failure,
    )


def _row(view: UserView) -> UserRow:
    chips = []
    if view.user.is_disabled:
        chips.append(Chip("off", "stop", words("admin.user.disabled")))
    elif view.open_sessions:
        chips.append(Chip("ok", "check", words("admin.user.signed_in", n=view.open_sessions)))
    else:
        chips.append(Chip("off", "clock", words("admin.user.away")))
    if view.user.must_change and not view.user.is_disabled:
        chips.append(Chip("wait", "clock", words("admin.user.must_change")))
    if _is_forgotten(view):
        chips.append(Chip("warn", "late", words("admin.user.forgotten")))
    if view.user.role in FACTOR_ROLES and not view.has_factor and not view.user.is_disabled:
        chips.append(Chip("warn", "alert", words("admin.user.no_factor")))
    return UserRow(view, tuple(chips))


def _is_forgotten(view: UserView) -> bool:
    if view.user.is_disabled or view.last_seen_at is None:
        return False
    return runtime().clock.now() - view.last_seen_at > _FORGOTTEN_AFTER
