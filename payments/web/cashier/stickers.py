"""``/desk/stickers``: a photograph of what hangs at the counter, held against our accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import structlog
from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from payments.channels import stickers
from payments.channels.stickers import ALARMING, Seen, Verdict
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.qr.banks import table
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

#: A photograph of a telephone has 3 to 8 MB.
_BODY_MAX_BYTES: Final = 12 * 1024 * 1024
_LOOKS: Final = {
    Verdict.OWN: ("ok", "check"),
    Verdict.OWN_LINK: ("ok", "check"),
    Verdict.OWN_STATIC: ("warn", "alert"),
    Verdict.FOREIGN: ("bad", "stop"),
    Verdict.OTHER: ("bad", "stop"),
}
_log = structlog.get_logger("security")


@dataclass(frozen=True, slots=True)
class SeenRow:
    look: str
    icon: str
    said: str
    more: str


@dataclass(frozen=True, slots=True)
class StickersPage:
    template: ClassVar[str] = "cashier/stickers.html"

    #: None before a picture was sent.
    seen: tuple[SeenRow, ...] | None
    failure: str


@cashier.get("/desk/stickers")
@requires(Permission.COLLECT)
def ask_sticker() -> str:
    return render(StickersPage(None, ""))


@cashier.post("/desk/stickers")
@requires(Permission.COLLECT, body_max_bytes=_BODY_MAX_BYTES)
def look_at_sticker() -> AnyResponse:
    sent = request.files.get("picture")
    try:
        seen = stickers.inspect(runtime(), scope(), sent.read() if sent is not None else b"")
    except InvalidField as error:
        return Response(render(StickersPage(None, explain(error))), 422)
    for one in seen:
        if one.verdict in ALARMING:
            _log.warning(
                "security.foreign_code",
                verdict=one.verdict.value,
                bin=one.bin,
                account_end=one.account[-4:],
                facility=scope().facility,
                actor=scope().actor,
            )
    return Response(render(StickersPage(tuple(map(_row, seen)), "")))


def _row(one: Seen) -> SeenRow:
    bank = table(runtime().settings.banks_file).get(one.bin)
    told = {
        "bank": bank.short_name if bank is not None else one.bin,
        "account": one.account,
    }
    key = f"sticker.{one.verdict.value}"
    return SeenRow(*_LOOKS[one.verdict], words(key, **told), words(f"{key}.more"))
