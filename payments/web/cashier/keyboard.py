"""The list of keys: what each does, printed on the buttons too; single keys can be switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from payments.web.cashier.views import cashier
from payments.web.pages import render
from payments.web.security import signed_in

#: Wording keys by key. None that a browser or a Vietnamese typing method takes for itself.
KEYS: Final = (
    ("F2", "keys.new"),
    ("F4", "keys.qr"),
    ("F8", "keys.cash"),
    ("F9", "keys.print"),
    ("Ctrl+Enter", "keys.confirm"),
    ("Esc", "keys.back"),
    ("Alt+1 … 7", "keys.alt"),
    ("/", "keys.scan"),
    ("?", "keys.help"),
)


@dataclass(frozen=True, slots=True)
class KeysPage:
    template: ClassVar[str] = "cashier/keys.html"

    keys: tuple[tuple[str, str], ...]


@cashier.get("/desk/keys")
@signed_in
def keys() -> str:
    return render(KeysPage(KEYS))
