"""The ways to the pages of ``tests/support/places.py``, and what a place is."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from payments.desks.pairing import pair
from payments.desks.waiting import wait
from payments.identity.permissions import Role
from payments.kernel.money import vnd
from payments.qr.vietqr import BuildRequest, build
from tests.support.hospital import PAYEE
from tests.support.photographs import photograph
from tests.support.price_lists import as_csv, as_xlsx
from tests.support.show import Show
from tests.support.statements import Moved, a_statement
from tests.support.visitors import Fields, Sent, Visitor
from tests.support.web import PASSWORD

Way = Callable[[Show, Visitor], None]

CASHIER, HEAD = Role.CASHIER, Role.HEAD_CASHIER
BOOKS, CHIEF, KEEPER = Role.ACCOUNTANT, Role.CHIEF_ACCOUNTANT, Role.IT_ADMIN
WATCH = Role.SECURITY_OFFICER
TODAY = "/finance/day/2026-11-24"
#: Of a file that was written in English: what is wrong in it is said in the words of the file.
_TITLES = ("login", "name", "role", "person")
NOBODY = "01a20c1e-90b3-723b-b3b1-ff3eb156c8e4"


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    #: The view whose page it is; empty for failures that belong to no view.
    endpoint: str
    #: Whose role; None is somebody who is not signed in.
    who: Role | None
    way: Way
    status: int = 200
    #: Ask for the second factor, as an installation does that is not a demo.
    is_strict: bool = False


def at(path: str) -> Way:
    return lambda _, visitor: visitor.get(path)


def invoice(name: str, more: str = "") -> Way:
    return lambda show, visitor: visitor.get(show.invoice(name) + more)


def card_of_visit(name: str) -> Way:
    return lambda show, visitor: visitor.get(f"/desk/visits/{show.visits[name]}/card")


def link(name: str, more: str = "") -> Way:
    return lambda show, visitor: visitor.get(show.link(name) + more)


def stay(name: str, more: str = "") -> Way:
    return lambda show, visitor: visitor.get(f"/desk/stays/{show.stays[name].encounter}{more}")


def slip(show: Show, visitor: Visitor) -> None:
    visitor.get(f"/desk/stays/{show.stays['watched'].encounter}/slips/{show.slips['watched']}")


def family(name: str) -> Way:
    return lambda show, visitor: visitor.get(f"/tam-ung/{show.stays[name].token}")


def to_gateway(name: str) -> Way:
    return lambda show, visitor: visitor.get(show.way(name))


def from_gateway(name: str) -> Way:
    return lambda show, visitor: visitor.get(show.way_back(name))


def refunds_of(name: str) -> Way:
    """Look up what may go back of an invoice."""

    def way(show: Show, visitor: Visitor) -> None:
        number = show.hospital.view(show.invoices[name]).number
        visitor.get(f"/finance/refunds?number={number}")

    return way


def sent(page: str, action: str, fields: Fields) -> Way:
    return lambda _, visitor: visitor.send(page, action, fields)


def einvoice_of(name: str, tax_code: str) -> Way:
    """Ask for the e-invoice of a payment for a buyer with *tax_code*."""

    def way(show: Show, visitor: Visitor) -> None:
        page = f"{TODAY}/einvoices"
        payment = str(show.payments[name])
        visitor.send(page, page, {"payment": payment, "tax_code": tax_code})

    return way


def sent_of(name: str, more: str, fields: Fields) -> Way:
    """Send a form of the page below an invoice to the page's own address."""

    def way(show: Show, visitor: Visitor) -> None:
        address = show.invoice(name) + more
        visitor.send(address, address, fields)

    return way


def scan(text: str) -> Way:
    return sent("/desk", "/desk/scan", {"scan": text})


def user(more: str = "", fields: Fields | None = None, role: Role = CASHIER) -> Way:
    def way(show: Show, visitor: Visitor) -> None:
        page = f"/admin/users/{show.user(role)}"
        if more:
            visitor.send(page, page + more, fields or {})
        else:
            visitor.get(page)

    return way


def enter(login: str, password: str = PASSWORD) -> Way:
    return sent("/sign-in", "/sign-in", {"login": login, "password": password})


def newcomer(*steps: tuple[str, Fields]) -> Way:
    """Sign in as an administrator who has no second factor yet, then go on."""

    def way(show: Show, visitor: Visitor) -> None:
        visitor.send("/sign-in", "/sign-in", {"login": show.newcomer(KEEPER), "password": PASSWORD})
        for action, fields in steps:
            visitor.send("", action, fields)

    return way


def enrolled(*steps: tuple[str, Fields]) -> Way:
    """Sign in as an administrator who has a second factor, then go on."""

    def way(show: Show, visitor: Visitor) -> None:
        login = show.enrolled()
        visitor.send("/sign-in", "/sign-in", {"login": login, "password": PASSWORD})
        for action, fields in steps:
            visitor.send("", action, fields)

    return way


def recovery(show: Show, visitor: Visitor) -> None:
    newcomer()(show, visitor)
    visitor.send("", "/sign-in/enrol", {"code": show.code_in(visitor.text())})


def password_of_today(*, wrong: bool = False) -> Way:
    """Sign in with a password for one time; choose the next one, or choose it badly."""

    def way(show: Show, visitor: Visitor) -> None:
        login, password = show.given_password()
        visitor.send("/sign-in", "/sign-in", {"login": login, "password": password})
        if wrong:
            told = {"password": "mật khẩu mới của tôi", "password_again": "khác hẳn"}
            visitor.send("", "/sign-in/password", told)

    return way


def locked(show: Show, visitor: Visitor) -> None:
    visitor.send("/sign-in", "/sign-in", {"login": show.logins[CASHIER], "password": PASSWORD})
    visitor.send("/desk", "/lock", {"next": "/desk"})


def kept(*, until_shown: bool) -> Way:
    """A form comes after the screen was locked in another tab: it is kept and asked about."""

    def way(show: Show, visitor: Visitor) -> None:
        locked(show, visitor)
        visitor.send("", "/desk/invoices", FORM | {"key": "0" * 32})
        if until_shown:
            sealed = visitor.text().split('name="kept" value="')[1].split('"')[0]
            visitor.send("", "/unlock", {"password": PASSWORD, "kept": sealed})

    return way


def closing(*counted: str) -> Way:
    """Open a shift with 500.000 đ as somebody new, then count the drawer so many times."""

    def way(show: Show, visitor: Visitor) -> None:
        _opened(show, visitor)
        visitor.get("/desk/shift/close")
        for one in counted:
            shift = visitor.text().split('name="shift" value="')[1].split('"')[0]
            visitor.send("", "/desk/shift/close", {"shift": shift, "counted": one})

    return way


def handing_over(amount: str = "") -> Way:
    """Open a shift as somebody new, and hand change to another cash point where one is given."""

    def way(show: Show, visitor: Visitor) -> None:
        number = _opened(show, visitor)
        visitor.get("/desk/shift")
        shift = visitor.text().split("/desk/shifts/")[1].split("/")[0]
        visitor.get(f"/desk/shifts/{shift}/handover")
        if amount:
            key = visitor.text().split('name="key" value="')[1].split('"')[0]
            fields = {"key": key, "kind": "float", "amount": amount, "cash_point": f"T{number}"}
            visitor.send("", f"/desk/shifts/{shift}/handover", fields)

    return way


def handed_paper(show: Show, visitor: Visitor) -> None:
    """The paper of change that waits for its receiver."""
    handing_over("500.000")(show, visitor)
    visitor.get(f"/desk/handovers/{_handover(visitor)}/paper")


def counted_by_another(counted: str = "") -> Way:
    """Let one person hand change on, and another count it."""

    def way(show: Show, visitor: Visitor) -> None:
        handing_over("500.000")(show, visitor)
        address = f"/desk/handovers/{_handover(visitor)}"
        visitor.send("", "/sign-out", {})
        told = {"login": show.newcomer(CASHIER), "password": PASSWORD}
        visitor.send("/sign-in", "/sign-in", told)
        visitor.get(address)
        if counted:
            visitor.send("", f"{address}/accept", {"counted": counted})

    return way


def _handover(visitor: Visitor) -> str:
    return visitor.text().split("/desk/handovers/")[1].split("/")[0]


def _opened(show: Show, visitor: Visitor) -> str:
    """Open a shift with 500.000 đ as somebody new; tell the number of that person."""
    login = show.newcomer(CASHIER)
    visitor.send("/sign-in", "/sign-in", {"login": login, "password": PASSWORD})
    number = login.rpartition(".")[2]
    float_ = {"cash_point": f"K{number}", "opening_float": "500.000"}
    visitor.send("/desk/shift", "/desk/shift", float_)
    return number


def seated(*steps: tuple[str, Fields]) -> Way:
    """Sit down at cash point Q2 as a new head cashier, beside a screen of it, then go on."""

    def way(show: Show, visitor: Visitor) -> None:
        visitor.send("/sign-in", "/sign-in", {"login": show.newcomer(HEAD), "password": PASSWORD})
        visitor.send("/desk/place", "/desk/place", {"cash_point": "Q2"})
        waiting = wait(show.runtime, show.scope, "", address=show.newcomer(CASHIER))
        pair(show.runtime, show.scope, "Q2", waiting.code.reveal())
        visitor.get("/desk/place")
        for action, fields in steps:
            visitor.send("", action, fields)

    return way


def paired_screen(show: Show, visitor: Visitor) -> None:
    """A second screen that has just been paired."""
    visitor.get("/display")
    code = re.findall(r'class="code-big">([0-9 ]+)<', visitor.text())[0]
    pair(show.runtime, show.scope, "Q2", code)
    visitor.get("/display")
    visitor.wait_for("#screen main > svg")


def screen_with_code(show: Show, visitor: Visitor) -> None:
    """A second screen of a desk that has just shown a code on it."""
    seated()(show, visitor)
    visitor.get("/display")
    code = re.findall(r'class="code-big">([0-9 ]+)<', visitor.text())[0]
    visitor.send("/desk/place", "/desk/place/screens", {"code": code})
    visitor.send("/desk/place", show.invoice("due") + "/screen", {})
    visitor.get("/display")
    visitor.wait_for("#screen .qr-symbol")


def many(times: int, page: str, action: str, fields: Fields) -> Way:
    def way(_: Show, visitor: Visitor) -> None:
        for _again in range(times):
            visitor.send(page, action, fields)

    return way


def price_list(*, is_applied: bool = False) -> Way:
    def way(show: Show, visitor: Visitor) -> None:
        rows = (("KB01", "Khám theo yêu cầu", "KB", 165_000), ("KB77", "Khám tại nhà", "KB", 900))
        fields = {"file": Sent("gia.xlsx", as_xlsx(*rows)), "since": "2026-12-01"}
        visitor.send("/admin/prices", "/admin/prices/lists", fields)
        if is_applied:
            _, _, rest = visitor.text().partition('name="seen" value="')
            if rest:
                action = re.findall(r'action="([^"]+/apply)"', visitor.text())[0]
                visitor.send("", action, {"seen": rest.split('"')[0]})

    return way


def paid_receipt(name: str) -> Way:
    return lambda show, visitor: visitor.get(f"/desk/receipts/{show.payments[name]}")


def credit(name: str, more: str = "", fields: Fields | None = None) -> Way:
    def way(show: Show, visitor: Visitor) -> None:
        page = f"/finance/credits/{show.credits[name]}"
        if more:
            visitor.send(page, page + more, fields or {})
        else:
            visitor.get(page)

    return way


def insured_claim(show: Show, visitor: Visitor) -> None:
    visitor.get(f"/finance/bhyt/claims/{show.claimed}")


def claim(name: str, fields: Fields | None = None) -> Way:
    """Open a payee's link, and send the form."""

    def way(show: Show, visitor: Visitor) -> None:
        page = f"/hoan-tien/{show.claims[name]}"
        if fields is None:
            visitor.get(page)
        else:
            visitor.send(page, page, fields)

    return way


def paybacks_of(name: str) -> Way:
    def way(show: Show, visitor: Visitor) -> None:
        number = show.hospital.view(show.invoices[name]).number
        visitor.get(f"/finance/paybacks?number={number}")

    return way


def payout(name: str) -> Way:
    return lambda show, visitor: visitor.get(f"/finance/payouts/{show.payouts[name]}")


def export(name: str) -> Way:
    return lambda show, visitor: visitor.get(f"/finance/exports/{show.exports[name]}")


def moves_of(name: str) -> Way:
    """Look for what of an invoice may be moved; another of the same person is open."""

    def way(show: Show, visitor: Visitor) -> None:
        number = show.hospital.view(show.invoices[name]).number
        visitor.get(f"/finance/moves?number={number}")

    return way


def insured(name: str, fields: Fields | None = None, action: str = "") -> Way:
    """Open an insured visit, and send its form."""

    def way(show: Show, visitor: Visitor) -> None:
        page = f"/desk/insured/{show.insured[name]}"
        if fields is None:
            visitor.get(page)
        else:
            visitor.send(page, page + action, fields)

    return way


def patient(name: str, more: str = "") -> Way:
    return lambda show, visitor: visitor.get(f"/desk/patients/{show.patients[name]}{more}")


def merge_unchosen(show: Show, visitor: Visitor) -> None:
    page = f"/desk/patients/{show.patients['first']}/merge"
    told = {"other": "99-500002", "reason": "typed_twice"}
    visitor.send(f"{page}?other=99-500002", page, told)


FORM: Final = {
    "name": "NGUYỄN VĂN THỬ",
    "birth_year": "1958",
    "file_number": "99-0240817",
    "service": "KB01",
    "do": "issue",
}
#: A category of inpatients for an examination: refused in words.
MISFIT: Final = {
    "card": "DN4990123456789",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "category": "3.2",
    "visit_type": "01",
}
_STATEMENT: Final = a_statement(Moved(150_000, "FT77")).replace(b"150000", b"150,50")
REFUSED: Final = {"account": PAYEE.account, "file": Sent("sao-ke.csv", _STATEMENT)}
SHOWN: Final = REFUSED | {"do": "preview"}
BAD_USERS: Final = as_csv(("=x", "A", "cashier", ""), ("moi.hai", "B", "vua", ""), titles=_TITLES)
GOOD_USERS: Final = as_csv(("moi.mot", "Lê Thị Thử", "Thu ngân", "NV1"), titles=_TITLES)
BAD_PRICES: Final = as_csv(("KB01", "Khám", "KHÔNG", "-5"), ("", "", "", ""))
CHIP: Final = (
    "001058000123|012345678|Nguyễn Văn Thử Nghiệm|01021958|Nam|Thôn Thử, Xã Mẫu, Tỉnh Thử|15082021"
)
NEW_CHIP: Final = CHIP.replace("Nguyễn Văn Thử Nghiệm", "Trần Văn Minh Họa")


def stickers_seen() -> Way:
    """A photograph with a code of ours, one of ours without an amount, a stranger's, and a link."""
    codes = (
        build(BuildRequest(PAYEE.bin, PAYEE.account, vnd(150_000), "VPH0000000001")),
        build(BuildRequest(PAYEE.bin, PAYEE.account)),
        build(BuildRequest("970415", "0990000000001")),
        "https://vienphi.example/pay",
    )
    picture = photograph(random.Random(1), *codes)
    return sent("/desk/stickers", "/desk/stickers", {"picture": Sent("quay.jpg", picture)})
