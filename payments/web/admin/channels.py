"""Channels: which there are, whether they live, and new secrets beside the old ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.channels import administration, pausing
from payments.channels.administration import LastVersion, VersionView
from payments.channels.pausing import Switch, Switched
from payments.identity.permissions import Permission
from payments.inbox.queries import Traffic, traffic
from payments.intents.pausing import pause_channel as pause_with_codes
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
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


def _rows() -> tuple[ChannelRow, ...]:
    with runtime().database.reading(scope()) as tx:
        versions = administration.versions(tx)
        seen = traffic(tx)
        switched = pausing.switched(tx)
    newest: dict[str, VersionView] = {}
    for one in versions:
        newest.setdefault(one.slug, one)
    now = runtime().clock.now()
    return tuple(
        _row(
            one,
            sum(other.slug == slug and other.is_valid(now) for other in versions),
            seen.get(slug, _NONE),
            switched.get(slug),
        )
        for slug, one in newest.items()
    )


def _row(newest: VersionView, valid: int, seen: Traffic, switched: Switched | None) -> ChannelRow:
    return ChannelRow(
        newest.slug,
        newest,
        valid,
        _state(valid, seen, switched),
        seen.last_at,
        seen.proven,
        seen.applied,
        seen.refused,
    )


def _state(valid: int, seen: Traffic, switched: Switched | None) -> Chip:
    if not valid:
        return Chip("off", "stop", words("admin.channel.ended"))
    if switched is not None and switched.state is Switch.NEW:
        return Chip("wait", "clock", words("admin.channel.is_new"))
    if switched is not None and not switched.is_open:
        return Chip("warn", "stop", words("admin.channel.is_paused"))
    if seen.refused:
        return Chip("bad", "stop", words("admin.channel.refusing", n=seen.refused))
    if valid > 1:
        return Chip("wait", "twin", words("admin.channel.rotating", n=valid))
    return Chip("ok", "check", words("admin.channel.working"))


def _page(
    slug: str, failed_field: str = "", failure: str = "", *, is_saved: bool = False
) -> ChannelPage:
    row = next((one for one in _rows() if one.slug == slug), None)
    if row is None:
        raise NotFound(f"no channel {slug!r}")
    with runtime().database.reading(scope()) as tx:
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
