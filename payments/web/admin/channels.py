"""Channels: which there are, whether they live, and new secrets beside the old ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.channels import administration, pausing
from payments.channels.administration import LastVersion
from payments.channels.pausing import Switch
from payments.identity.permissions import Permission
from payments.intents.pausing import pause_channel as pause_with_codes
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.web import forms
from payments.web.admin import channel_rows
from payments.web.admin.pages import ChannelPage, ChannelsPage
from payments.web.admin.views import admin
from payments.web.current import explain, runtime, scope
from payments.web.pages import render
from payments.web.security import requires

#: Before each name, so that no setting can be mistaken for a field of ours.
PREFIX: Final = "secret-setting:"


@admin.get("/admin/channels")
@requires(Permission.ADMIN)
def channels() -> str:
    with runtime().database.reading(scope()) as tx:
        found = channel_rows.rows(tx)
    return render(ChannelsPage(found))


@admin.get("/admin/channels/<slug>")
@requires(Permission.ADMIN)
def channel(slug: str) -> str:
    return render(_page(slug, is_saved=request.args.get("saved") == "1"))


@admin.post("/admin/channels/<slug>/versions")
@requires(Permission.ADMIN)
def renew_channel(slug: str) -> AnyResponse:
    given = {
        name.removeprefix(PREFIX): value
        for name, value in request.form.items()
        if name.startswith(PREFIX)
    }
    forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    try:
        administration.renew(runtime(), scope(), slug, given)
    except InvalidField as error:
        return Response(render(_page(slug, error.field, explain(error))), 422)
    return redirect(url_for("admin.channel", slug=slug, saved=1), 303)


@admin.post("/admin/channels/<slug>/versions/<int:version>/end")
@requires(Permission.ADMIN)
def end_version(slug: str, version: int) -> AnyResponse:
    administration.end(runtime(), scope(), slug, version)
    return redirect(url_for("admin.channel", slug=slug), 303)


@admin.post("/admin/channels/<slug>/pause")
@requires(Permission.ADMIN)
def pause_channel(slug: str) -> AnyResponse:
    return _switch(pause_with_codes, slug)


@admin.post("/admin/channels/<slug>/resume")
@requires(Permission.ADMIN)
def resume_channel(slug: str) -> AnyResponse:
    return _switch(pausing.resume, slug)


def _switch(change: Callable[[Runtime, Scope, str, str], int], slug: str) -> AnyResponse:
    try:
        change(runtime(), scope(), slug, request.form.get("reason", ""))
    except InvalidField as error:
        return Response(render(_page(slug, error.field, explain(error))), 422)
    return redirect(url_for("admin.channel", slug=slug), 303)


@admin.errorhandler(LastVersion)
def refused_end(error: LastVersion) -> AnyResponse:
    slug = (request.view_args or {})["slug"]
    return Response(render(_page(slug, "", explain(error))), 409)


def _page(
    slug: str, failed_field: str = "", failure: str = "", *, is_saved: bool = False
) -> ChannelPage:
    with runtime().database.reading(scope()) as tx:
        row = next((one for one in channel_rows.rows(tx) if one.slug == slug), None)
        if row is None:
            raise NotFound(f"no channel {slug!r}")
        versions = tuple(one for one in administration.versions(tx) if one.slug == slug)
        settings = administration.settings(tx, runtime(), slug)
        switched = pausing.switched(tx).get(slug)
    return ChannelPage(
        row=row,
        switched=switched,
        is_own=switched is not None
        and switched.state is Switch.NEW
        and switched.by == scope().actor,
        reason=request.form.get("reason", "")[: pausing.REASON_MAX],
        versions=versions,
        now=runtime().clock.now(),
        settings=settings,
        webhook=f"{runtime().settings.public_url}/webhooks/{slug}",
        failed_field=failed_field,
        failure=failure,
        is_saved=is_saved,
        is_made=request.args.get("made") == "1",
    )
