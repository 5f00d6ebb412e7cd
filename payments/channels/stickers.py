"""
Whose account a photographed code pays: of a sticker on a counter, a poster, a screen.

Fake QR stickers on the cashier counters of a children's hospital are on record (Hanoi, October
2023). Someone from the house photographs what hangs there each day; each code in the picture is
held against the register of the hospital's own accounts, bank and number together. A code of our
own without an amount is no theft, and yet does not belong there: it pays for nobody by name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from payments import audit
from payments.bank.rows import BANK_ACCOUNT
from payments.kernel.scope import Scope
from payments.qr import drawing
from payments.qr.parsing import parse
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class Verdict(StrEnum):
    OWN = "own"
    #: Of our account, but anybody may type any amount, and nobody's code is in it.
    OWN_STATIC = "own_static"
    FOREIGN = "foreign"
    #: A link to a page of this hospital.
    OWN_LINK = "own_link"
    #: Anything else that a telephone opens: a page that asks for a card, an app's link.
    OTHER = "other"


#: Take it down, keep it, and tell.
ALARMING = frozenset({Verdict.FOREIGN, Verdict.OTHER})


@dataclass(frozen=True, slots=True)
class Seen:
    """One code of a picture; *bin* and *account* are empty where it names none."""

    verdict: Verdict
    bin: str
    account: str


def judge(text: str, own: Collection[tuple[str, str]], public_url: str) -> Seen:
    """Say whose code *text* is; *own* are bank (BIN) and number of our accounts."""
    found = parse(text)
    if not found.valid or found.parsed is None:
        is_ours = text.startswith((f"{public_url}/", public_url + "?")) or text == public_url
        return Seen(Verdict.OWN_LINK if is_ours else Verdict.OTHER, "", "")
    bank, account = found.parsed.get("bin", ""), found.parsed.get("account", "")
    if (bank, account) not in own:
        return Seen(Verdict.FOREIGN, bank, account)
    is_dynamic = bool(found.parsed.get("amount")) and bool(found.parsed.get("purpose"))
    return Seen(Verdict.OWN if is_dynamic else Verdict.OWN_STATIC, bank, account)


def inspect(runtime: Runtime, scope: Scope, picture: bytes) -> tuple[Seen, ...]:
    """
    Look at every code in a photograph, and note what was seen; the picture is not kept.

    Returns nothing where no code is found: a photograph from nearer by may show one.

    Raises:
        InvalidField: not a picture, or too large to look at.
    """
    texts = drawing.texts_in(picture)
    with runtime.database.transaction(scope) as tx:
        own = accounts(tx)
        seen = tuple(judge(text, own, runtime.settings.public_url) for text in texts)
        for one in seen:
            audit.append(tx, "sticker.seen", "sticker", verdict=one.verdict.value, bin=one.bin,
                         account_end=one.account[-4:])  # fmt: skip
    return seen


def accounts(tx: UnitOfWork) -> frozenset[tuple[str, str]]:
    """List bank and number of every account of ours, also of those that collect no more."""
    rows = tx.execute(
        select(BANK_ACCOUNT.c.bin, BANK_ACCOUNT.c.account).where(
            BANK_ACCOUNT.c.facility_id == tx.facility
        )
    )
    return frozenset((row.bin, row.account) for row in rows)
