"""Channels: which there are, whether they live, and new secrets beside the old ones."""

from __future__ import annotations

from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.channels import administration
from payments.channels.administration import LastVersion, VersionView
from payments.identity.permissions import Permission
from payments.inbox.queries import Traffic, traffic
from payments.kernel.errors import InvalidField, NotFound
from payments.web import forms
from payments.web.admin.pages import ChannelPage, ChannelRow, ChannelsPage
from payments.web.admin.views import admin
from payments.web.chips import Chip
from payments.web.current import explain, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

#: Before each name, so that no setting can be mistaken for a field of ours.
PREFIX: Final = "secret-setting:"
_NONE: Final = Traffic(None, 0, 0, 0)


@admin.get("/admin/channels")
@requires(Permission.ADMIN)
def channels() -> str:
    return render(ChannelsPage(_rows()))


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


@admin.errorhandler(LastVersion)
def refused_end(error: LastVersion) -> AnyResponse:
    slug = (request.view_args or {})["slug"]
    return Response(render(_page(slug, "", explain(error))), 409)


def _rows() -> tuple[ChannelRow, ...]:
    with runtime().database.reading(scope()) as tx:
        versions = administration.versions(tx)
        seen = traffic(tx)
    newest: dict[str, VersionView] = {}
    for one in versions:
        newest.setdefault(one.slug, one)
    now = runtime().clock.now()
    return tuple(
        _row(
            one,
            sum(other.slug == slug and other.is_valid(now) for other in versions),
            seen.get(slug, _NONE),
        )
        for slug, one in newest.items()
    )


def _row(newest: VersionView, valid: int, seen: Traffic) -> ChannelRow:
    if not valid:
        state = Chip("off", "stop", words("admin.channel.ended"))
    elif seen.refused:
        state = Chip("bad", "stop", words("admin.channel.refusing", n=seen.refused))
    elif valid > 1:
        state = Chip("wait", "twin", words("admin.channel.rotating", n=valid))
    else:
        state = Chip("ok", "check", words("admin.channel.working"))
    return ChannelRow(
        newest.slug, newest, valid, state, seen.last_at, seen.proven, seen.applied, seen.refused
    )


def _page(
    slug: str, failed_field: str = "", failure: str = "", *, is_saved: bool = False
) -> ChannelPage:
    row = next((one for one in _rows() if one.slug == slug), None)
    if row is None:
        raise NotFound(f"no channel {slug!r}")
    with runtime().database.reading(scope()) as tx:
        versions = tuple(one for one in administration.versions(tx) if one.slug == slug)
        settings = administration.settings(tx, runtime(), slug)
    return ChannelPage(
        row=row,
        versions=versions,
        now=runtime().clock.now(),
        settings=settings,
        webhook=f"{runtime().settings.public_url}/webhooks/{slug}",
        failed_field=failed_field,
        failure=failure,
        is_saved=is_saved,
    )
