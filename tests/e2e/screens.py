"""
Takes a picture of every screen in its main states, on a desk and on a telephone.

    python -m tests.e2e.screens                writes docs/screens.md and docs/screens/*.png
    python -m tests.e2e.screens pay day        the same, but takes only these pictures anew
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.browsers import FLAGS, chromium
from tests.support.places import PLACES
from tests.support.stagehands import DESKTOP, Theatre, theatre_in

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PHONE: Final = {"width": 390, "height": 844}
#: Flat colours and text need no more; a picture weighs a fifth so.
_COLOURS: Final = 64
_TITLE: Final = """# Screens

Every screen in its main states, on a desk (1280 × 800) and on a telephone (390 × 844), made by
`python -m tests.e2e.screens` from the hospital of the tests. Nobody on them is real. All {count}
states of all pages, with these, are held against axe-core, 320 px and 400 % zoom by
`pytest tests/e2e/test_every_page.py`.
"""
#: Name of the place and what is seen on it, by chapter.
CHAPTERS: Final[dict[str, dict[str, str]]] = {
    "Signing in": {
        "sign-in": "Sign-in, in three languages",
        "locked": "A locked screen names who locked it; another person may sign in instead",
        "kept-form": "What was typed before the lock is shown again, and sent by its person",
        "enrol": "The second factor is set up by an app's QR code or by hand",
        "second-factor": "After the password, the code of the app",
    },
    "The patient's phone": {
        "look-up": "Look-up without a link",
        "pay": "An open code on the patient's phone",
        "pay-short": "20.000 đ are missing: what came is safe, and a new code asks for the rest",
        "pay-paid": "Paid, with the receipt's number and a proof to show",
        "pay-late": "Paid after the code had ended: late money counts",
        "pay-twice": "Paid twice: the second payment is kept and named",
        "pay-expired": "The code has ended; one button makes a new one",
        "pay-unknown": "An unknown link and an expired one are answered alike",
    },
    "Money back": {
        "claim": "Whoever gets money back names an account; the link says how much and from whom",
        "claim-named": "The account waits for the hospital: last four figures, no more",
    },
    "On the way to a gateway": {
        "way-open": "A wallet or card page is reached by a plain link that names it",
        "way-paid": "Back from the gateway: what it told is shown, never believed unseen",
        "way-cancelled": "Back without having paid",
        "way-aside": "The gateway holds the money until the hospital takes it: nothing is paid yet",
    },
    "The desk": {
        "desk": "The desk between two patients: open codes at the left, services in the middle",
        "desk-no-shift": "The desk before a shift is open",
        "desk-wrong": "A refused form: the error stands beside its field, nothing typed is lost",
        "scan-refused": "A scan that a typing method changed is refused with what to do",
        "candidates": "Two records of one name: a person decides, what differs is marked",
        "new-patient": "A card that nobody has yet fills the form",
        "patient-ordered": "A patient with orders of the HIS, billed by one key",
        "merge-two": "Two records side by side: what differs is marked, nothing is chosen",
        "invoice": "An invoice whose code is open",
        "invoice-short": "20.000 đ are missing: the new code is for the rest",
        "invoice-paid": "Paid: green, with the receipt's number",
        "invoice-over": "50.000 đ too much are kept and named",
        "invoice-expired": "The code has ended; F4 shows a new one",
        "invoice-aside": "A gateway holds money: somebody takes it or lets it go",
        "invoice-cancelled": "A cancelled invoice to which money came: it is kept and named",
        "invoice-cash": "Cash: the change is the largest figure",
        "cash": "Cash: likely amounts with their change, one key each",
        "shift-new": "A shift begins with its float",
        "shift-counted": "The end of a shift: counted blind, then compared; a gap needs a reason",
        "shift-closed": "A closed shift and its sums",
        "handover-waiting": "Takings go to the safe, change to a colleague, by numbered slips",
        "safe": "The safe: what lies there by the books, and the bags that wait to be counted",
        "sticker-seen": "A photograph of the counter: whose account each code pays, what to do",
        "credit-note": "A credit note by lines or by amounts",
        "insured": "An insured visit: each line split, with the rule and its article",
        "plan-agreed": "An amount that no code carries: parts are agreed, one is asked at a time",
        "insured-returned": "A better card after payment: the difference is asked back",
        "exempt": "An exemption names its programme and its reason",
        "orders-changed": "An order changed after its invoice: the head cashier decides",
        "receipt-printed": "A receipt that was printed: each copy is counted",
        "keys": "All keys of the desk; single characters can be switched off",
    },
    "Stays": {
        "stays": "Stays and their advances; what is nearly used up stands first",
        "stay": "One stay: the ladder from the bill to what is to pay or to give back",
        "stay-settled": "Discharged: what is left goes back to its source, the newest first",
    },
    "The second screen": {
        "cash-point-screens": "Where one sits: the cash point that second screens belong to",
        "screen-waits": "A second screen shows a code of six digits, which the cashier types",
        "screen-paired": "The second screen between two patients",
        "screen-due": "The second screen while a patient pays",
    },
    "Finance": {
        "day": "A day of finance: what differs, and what waits for a person",
        "day-closed": "A closed day",
        "statement-refused": "A statement is read whole or refused with every line that is wrong",
        "statement-preview": "A statement before it is taken in: bad cells marked, balance proven",
        "einvoices": "Receipts of a day without an e-invoice, and why; those that have one",
        "bhyt": "The insurer's board of a quarter: asked, accepted, refused, settled, received",
        "bhyt-claim": "One claim: its history, what was asked and accepted, what the patient paid",
        "bhyt-files": "Files for the insurer: brought, sent to the portal, its answer in words",
        "inbox": "All that waits for a person, aged first, each with one next action, by keys",
        "rules": "Rules that match lines: tried on a day, switched on by a second person",
        "overview": "The week in charts, each with its words and its table",
        "fee-bills": "Monthly bills of gateways, held against what the fee table says",
        "payouts": "What gateways pay out, and every đồng that lies at one, by its payment",
        "payout-differs": "A payout: what waits for a person first, the bank's credit suggested",
        "closing": "Closing a day: what must be right first, each balance against the bank's",
        "month": "Closing a month: days still open, what moved on each account",
        "exports": "Files for finance: made now or in the background, or by themselves each day",
        "export-stopped": "An import file that is not made: what is missing is named",
        "accounts": "Accounts of the general ledger with dates, the unmapped ones first",
        "credit": "Money of unknown purpose: guesses in words, a person decides",
        "moves": "What is over pays another invoice of the same patient, if a second person agrees",
        "paybacks": "Money back to an account that its payee names by a link; two people agree",
    },
    "Administration": {
        "users": "Users, their roles, and who is signed in",
        "switches": "Stop switches: who, why and until when; lifted by two people",
        "fees": "What a channel costs and takes, with dates; nothing said before is lost",
        "channels": "Channels: whether each lives, and its last message",
        "channel": "A channel: new secrets beside the old ones, never shown again",
        "channel-paused": "A paused channel: since when, why, and how it is resumed",
        "channel-new": "A channel that says where money goes waits for another administrator",
        "new-channel-form": "A new channel, asked for by the settings that its adapter declares",
        "health": "What can be dark, in words",
        "prices": "The price list of a day",
        "price-list": "A price list before anybody agreed: what is new, changed, ended",
        "connections": "What was told to connected programs",
    },
    "When something is wrong": {
        "not-yours": "A page that the role does not include",
        "no-page": "An address that is not there",
    },
}


def main(wanted: Sequence[str]) -> None:
    """Write pictures and page; a picture that the page no longer names is removed."""
    folder = DOCS / "screens"
    folder.mkdir(exist_ok=True)
    named = [name for chapter in CHAPTERS.values() for name in chapter]
    for old in folder.glob("*.png"):
        if old.stem.rpartition("-")[0] not in named:
            old.unlink()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        with theatre_in(Path(place), browser) as theatre:
            for name in wanted or named:
                _take(theatre, name, folder)
        browser.close()
    (DOCS / "screens.md").write_text(_written(), encoding="utf-8")


def _take(theatre: Theatre, name: str, folder: Path) -> None:
    [place] = [one for one in PLACES if one.name == name]
    viewer = theatre.visit(place)
    page = viewer.page
    for size, window in (("desk", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(window)  # type: ignore[arg-type]
        _keep(page, folder / f"{name}-{size}.png")
    theatre.leave(place, viewer)


def _keep(page: Page, path: Path) -> None:
    page.evaluate("document.fonts.ready")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = picture.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def _written() -> str:
    parts = [_TITLE.format(count=len(PLACES))]
    for chapter, names in CHAPTERS.items():
        parts.append(f"## {chapter}\n")
        for name, caption in names.items():
            desk, phone = (f"screens/{name}-{size}.png" for size in ("desk", "phone"))
            parts.append(f"**{caption}.**\n\n![{caption}, on a desk]({desk})")
            parts.append(f"![{caption}, on a telephone]({phone})\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main(sys.argv[1:])
