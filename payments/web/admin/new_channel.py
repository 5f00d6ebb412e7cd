"""A new channel, asked for by the settings that its adapter declares."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.channels import creating
from payments.channels.administration import VALUE_LETTERS_MAX, SettingView
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.web import forms
from payments.web.admin.channels import PREFIX
from payments.web.admin.pages import NewChannelPage
from payments.web.admin.views import admin
from payments.web.current import explain, runtime, scope
from payments.web.pages import new_form_key, render
from payments.web.security import requires

_SLUG_LETTERS_MAX = 32


@admin.get("/admin/channels/new")
@requires(Permission.ADMIN)
def new_channel() -> AnyResponse | str:
    adapter = request.args.get("adapter", "")
    try:
        return render(_page(adapter, {}))
    except InvalidField as error:
        return Response(render(_page("", {}, error)), 422)


@admin.post("/admin/channels")
@requires(Permission.ADMIN)
def create_channel() -> AnyResponse:
    forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    adapter, slug = request.form.get("adapter", ""), request.form.get("slug", "").strip()
    given = {
        name.removeprefix(PREFIX): value
        for name, value in request.form.items()
        if name.startswith(PREFIX)
    }
    try:
        creating.create(runtime(), scope(), slug, adapter, given)
    except InvalidField as error:
        known = adapter if error.field != "adapter" else ""
        return Response(render(_page(known, given, error)), 422)
    return redirect(url_for("admin.channel", slug=slug, made=1), 303)


def _page(
    adapter: str, given: Mapping[str, str], error: InvalidField | None = None
) -> NewChannelPage:
    declared = creating.declared(runtime(), adapter) if adapter else ()
    names = (one for one in sorted(runtime().gateways.names) if runtime().gateways.settings(one))
    return NewChannelPage(
        adapters=tuple(names),
        adapter=adapter,
        settings=tuple(
            SettingView(
                one,
                # A secret that was typed is not sent back: it is typed again.
                "" if one.is_secret else given.get(one.name, "")[:VALUE_LETTERS_MAX],
                is_there=False,
            )
            for one in declared
        ),
        says_where_money_goes=any(one.is_fixed for one in declared),
        slug=request.form.get("slug", "")[:_SLUG_LETTERS_MAX],
        key=request.form.get(forms.KEY_FIELD) or new_form_key(),
        failed_field=error.field if error else "",
        failure=explain(error) if error else "",
    )
