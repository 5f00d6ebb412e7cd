"""The pages of the second screen and of its desk: who sees what, and for how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from payments.desks import service
from payments.desks.model import LOST_AFTER, WAITING_PER_ADDRESS
from payments.identity.permissions import Role
from payments.intents.agreeing import agree
from payments.intents.plans import equal
from payments.intents.service import cancel_invoice, credit_invoice
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.hospital import LATER, Hospital
from tests.support.web import Browser, add_user

_CODE = re.compile(r'class="code-big">(\d{3} \d{3})<')
_STATE = re.compile(r'data-state="(\w+)"')


@dataclass
class Glass:
    """A second screen: a browser that asks as its script would."""

    browser: Browser
    version: str = "-"
    done: str = ""

    def open(self) -> str:
        return self.browser.get("/display").get_data(as_text=True)

    def code(self) -> str:
        found = _CODE.search(self.open())
        assert found, "the screen shows no code to pair with"
        return found[1]

    def status(self) -> TestResponse:
        return self.browser.get(f"/display/status?seen={self.version}")

    def now(self) -> str:
        text = self.browser.get(f"/display/now?done={self.done}").get_data(as_text=True)
        found = re.search(r'data-version="([\d.]+)"', text)
        self.version = found[1] if found else "-"
        return text

    def state(self) -> str:
        found = _STATE.search(self.now())
        return found[1] if found else "unpaired"


@pytest.fixture
def glass(app: Flask) -> Glass:
    return Glass(Browser(app.test_client()))


@pytest.fixture
def at_q1(desk: Browser) -> Browser:
    """The head cashier, at cash point Q1."""
    desk.get("/desk/place")
    desk.post("/desk/place", {"cash_point": "Q1"})
    return desk


@pytest.fixture
def paired(at_q1: Browser, glass: Glass) -> Glass:
    at_q1.get("/desk/place")
    assert at_q1.post("/desk/place/screens", {"code": glass.code()}).status_code == 303
    return glass


def show(desk: Browser, invoice: UUID) -> None:
    """Press the key that shows a code."""
    desk.get(f"/desk/invoices/{invoice}")
    assert desk.post(f"/desk/invoices/{invoice}/codes").status_code == 303


def by_another(hospital: Hospital) -> Scope:
    """Whoever credits is not who issued."""
    return hospital.by("user:head")


def codes(text: str) -> list[str]:
    return re.findall(r"\bVPH[0-9A-Z]{9}\b", text)


def test_the_frame_never_holds_a_payment_code(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    show(at_q1, hospital.issue())
    assert codes(paired.now())

    frame = paired.open()

    assert "Quầy 01" in frame
    assert codes(frame) == []
    assert "150.000" not in frame
    assert "<svg" not in frame.split('id="main"')[1].split("<template")[0]


def test_the_screen_shows_amount_payee_and_code_and_nothing_of_the_illness(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue("KB01", "SA02")
    show(at_q1, invoice)

    text = paired.now()

    assert _STATE.search(text)
    assert paired.state() == "due"
    assert "400.000" in text
    assert "BENH VIEN DA KHOA THU NGHIEM" in text
    assert "N*** V*** THỬ" in text
    assert hospital.view(invoice).number in text
    visible = re.sub(r'aria-label="[^"]*"|<title>.*?</title>', "", text)
    for kept_back in ("NGUYỄN", "Siêu âm", "Phòng", "0071000123456", "1958", "99-0"):
        assert kept_back not in visible


def test_only_a_paired_screen_sees(paired: Glass, at_q1: Browser, app: Flask) -> None:
    stranger = Glass(Browser(app.test_client()))

    assert stranger.state() == "unpaired"
    assert stranger.status().get_json() == {"version": ""}
    # A person of the staff is no screen.
    assert Glass(at_q1).state() == "unpaired"
    assert paired.state() == "idle"


@pytest.mark.parametrize("cookie", ["", "x", "x" * 43, "ü" * 43, "x" * 3000])
def test_a_token_that_nobody_gave_opens_nothing(
    app: Flask, hospital: Hospital, cookie: str
) -> None:
    client = app.test_client()
    client.set_cookie("vienphi_display", cookie)

    assert Glass(Browser(client)).state() == "unpaired"
    assert client.get("/display").status_code == 200


def test_the_screen_is_told_of_each_change_and_of_nothing_else(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    assert paired.state() == "idle"
    assert paired.status().status_code == 204
    invoice = hospital.issue()
    show(at_q1, invoice)
    assert paired.status().status_code == 200
    [first] = set(codes(paired.now()))
    assert paired.status().status_code == 204

    credit_invoice(
        hospital.runtime,
        by_another(hospital),
        invoice,
        {"KB": vnd(50_000)},
        reason="giảm chỉ định",
        key="giam-0001",
    )

    assert paired.status().status_code == 200
    assert paired.state() == "replaced"
    [second] = set(codes(paired.now()))
    assert second != first
    hospital.arrive(hospital.transfer(first, vnd(60_000)))
    assert paired.status().status_code == 200
    assert paired.state() == "rest"
    assert "40.000" in paired.now()


def test_what_is_paid_is_shown_until_the_screen_has_shown_it(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    show(at_q1, invoice)
    [code] = set(codes(paired.now()))

    hospital.arrive(hospital.transfer(code, vnd(150_000)))

    assert paired.state() == "paid"
    assert codes(paired.now()) == []
    assert "150.000" in paired.now()
    # The next patient's page does not cut the green short; the screen ends it by itself.
    at_q1.get("/desk")
    assert paired.state() == "paid"
    paired.done = "1"
    assert paired.state() == "idle"
    show(at_q1, hospital.issue())
    assert paired.state() == "due"


def test_an_ended_code_is_not_shown_though_nobody_has_ended_it_yet(
    paired: Glass, at_q1: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    show(at_q1, hospital.issue())

    clock.advance(LATER)

    assert paired.state() == "expired"
    assert codes(paired.now()) == []


def test_of_a_cancelled_invoice_the_screen_sends_to_the_cashier(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    show(at_q1, invoice)

    cancel_invoice(hospital.runtime, hospital.scope, invoice, "người bệnh xin thôi")

    assert paired.state() == "ask"
    assert codes(paired.now()) == []


def test_whoever_goes_on_takes_the_code_with_them(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    first, second = hospital.issue(), hospital.issue()
    show(at_q1, first)
    assert paired.state() == "due"
    # A page that fetches itself again moves nobody, wherever it stands.
    at_q1.get("/desk", headers={"X-Vienphi-Live": "1"})
    at_q1.get(f"/desk/invoices/{first}")
    assert paired.state() == "due"

    page = at_q1.get(f"/desk/invoices/{second}")
    assert paired.state() == "idle"
    assert "Hiện mã trên màn hình phụ" not in page.get_data(as_text=True)
    page = at_q1.get(f"/desk/invoices/{first}")
    assert "Hiện mã trên màn hình phụ" in page.get_data(as_text=True)
    assert at_q1.post(f"/desk/invoices/{first}/screen").status_code == 303

    assert paired.state() == "due"
    at_q1.get("/desk")
    assert paired.state() == "idle"


def test_two_cash_points_show_what_each_lets_them_show(
    paired: Glass, at_q1: Browser, hospital: Hospital, app: Flask
) -> None:
    other = Browser(app.test_client())
    other.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER, "quay.hai"))
    other.get("/desk/place")
    other.post("/desk/place", {"cash_point": "Q2"})
    second = Glass(Browser(app.test_client()))
    other.get("/desk/place")
    other.post("/desk/place/screens", {"code": second.code()})

    show(other, hospital.issue())

    assert paired.state() == "idle"
    assert second.state() == "due"
    at_q1.get("/desk")
    assert second.state() == "due"


def test_a_revoked_screen_sees_nothing_at_once_and_is_told_to_load_anew(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    show(at_q1, hospital.issue())
    assert paired.state() == "due"
    page = at_q1.get("/desk/place").get_data(as_text=True)
    found = re.search(r"/desk/place/screens/([0-9a-f-]{36})/unpair", page)
    assert found

    assert at_q1.post(f"/desk/place/screens/{found[1]}/unpair").status_code == 303

    assert paired.state() == "unpaired"
    assert paired.status().get_json() == {"version": ""}
    assert _CODE.search(paired.open())
    assert at_q1.post(f"/desk/place/screens/{found[1]}/unpair").status_code == 404


def test_a_cashier_pairs_and_does_not_revoke(app: Flask, hospital: Hospital, glass: Glass) -> None:
    cashier = Browser(app.test_client())
    cashier.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))
    cashier.get("/desk/place")
    cashier.post("/desk/place", {"cash_point": "Q1"})
    cashier.get("/desk/place")
    assert cashier.post("/desk/place/screens", {"code": glass.code()}).status_code == 303

    page = cashier.get("/desk/place").get_data(as_text=True)

    assert "Quầy 01: màn hình phụ" in page
    assert "unpair" not in page
    assert glass.state() == "idle"


def test_wrong_codes_are_told_and_stopped(at_q1: Browser, glass: Glass) -> None:
    glass.code()
    at_q1.get("/desk/place")
    answers = [at_q1.post("/desk/place/screens", {"code": "12345"}) for _ in range(21)]

    assert [one.status_code for one in answers] == [422] * 20 + [429]
    assert "Không màn hình nào đang hiện mã này" in answers[0].get_data(as_text=True)
    assert "15 phút" in answers[-1].get_data(as_text=True)
    # Its code was ended by the wrong tries: it fetches a new one.
    glass.version = "waiting"
    assert glass.status().get_json() == {"version": ""}


def test_without_a_cash_point_nothing_is_paired_and_a_code_is_shown_on_the_desk_alone(
    desk: Browser, glass: Glass, hospital: Hospital
) -> None:
    desk.get("/desk/place")
    assert desk.post("/desk/place/screens", {"code": glass.code()}).status_code == 409
    assert desk.post("/desk/place", {"cash_point": "Q9"}).status_code == 404
    invoice = hospital.issue()

    show(desk, invoice)

    page = desk.get(f"/desk/invoices/{invoice}").get_data(as_text=True)
    assert codes(page)
    assert "Chưa chọn quầy" in page


def test_the_choice_of_a_cash_point_ends_with_its_session(
    at_q1: Browser, app: Flask, hospital: Hospital
) -> None:
    assert "Quầy 01: không có màn hình phụ" in at_q1.get("/desk").get_data(as_text=True)
    at_q1.post("/sign-out")

    at_q1.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER, "ca.sau"))

    assert "Chưa chọn quầy" in at_q1.get("/desk").get_data(as_text=True)
    # Offered first, by one key.
    assert re.search(r'value="Q1" autofocus', at_q1.get("/desk/place").get_data(as_text=True))


def test_opening_a_shift_is_sitting_down_at_its_cash_point(desk: Browser) -> None:
    desk.get("/desk/shift")
    desk.post("/desk/shift", {"cash_point": "Q2", "opening_float": "0"})

    assert "Quầy 02: không có màn hình phụ" in desk.get("/desk").get_data(as_text=True)


def test_acceptance_17_a_desk_whose_screen_has_died_says_so_and_goes_on(
    paired: Glass, at_q1: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    """acceptance 17: second screen down; the desk stays usable and the failure visible."""
    assert "Quầy 01: màn hình phụ" in at_q1.get("/desk").get_data(as_text=True)
    invoice = hospital.issue()
    clock.advance(LOST_AFTER + timedelta(seconds=1))

    show(at_q1, invoice)

    page = at_q1.get(f"/desk/invoices/{invoice}").get_data(as_text=True)
    assert "Quầy 01: màn hình phụ mất kết nối" in page
    light = at_q1.get("/desk/place/light").json["light"]
    assert "Quầy 01: màn hình phụ mất kết nối" in light
    [code] = set(codes(page))
    hospital.arrive(hospital.transfer(code, vnd(150_000)))
    assert "Đã thanh toán" in at_q1.get(f"/desk/invoices/{invoice}").get_data(as_text=True)
    # It says that it is there again by its own form's token.
    paired.open()
    found = re.search(r'data-token="([0-9a-f]{64})"', paired.open())
    assert found
    seen = paired.browser.client.post("/display/seen", headers={"X-Form-Token": found[1]})
    assert seen.status_code == 204
    light = at_q1.get("/desk/place/light").json["light"]
    assert "Quầy 01: màn hình phụ<" in light


def test_a_cash_point_that_was_closed_under_the_cashier_leaves_the_desk_working(
    paired: Glass, at_q1: Browser, hospital: Hospital, runtime: Runtime
) -> None:
    service.set_active(runtime, hospital.scope, "Q1", is_active=False)
    invoice = hospital.issue()

    show(at_q1, invoice)

    page = at_q1.get(f"/desk/invoices/{invoice}").get_data(as_text=True)
    assert codes(page)
    assert "Chưa chọn quầy" in page
    assert paired.state() == "unpaired"


def test_polls_of_a_screen_write_nothing(paired: Glass, app: Flask, runtime: Runtime) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a poll began a transaction that writes")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(runtime.database), "transaction", refuse)
        patch.setattr(type(runtime.database), "run", refuse)
        assert paired.status().status_code == 200
        assert paired.state() == "idle"


def test_too_many_waiting_screens_are_told_in_words(app: Flask, hospital: Hospital) -> None:
    for _ in range(WAITING_PER_ADDRESS):
        app.test_client().get("/display")

    answer = app.test_client().get("/display")

    assert answer.status_code == 429
    assert "Quá nhiều màn hình" in answer.get_data(as_text=True)
    assert "data-pairing" in answer.get_data(as_text=True)


@pytest.mark.parametrize("language", ["vi", "en", "fr"])
def test_the_screen_speaks_each_language(
    paired: Glass, at_q1: Browser, hospital: Hospital, language: str
) -> None:
    paired.browser.client.set_cookie("vienphi_language", language)
    show(at_q1, hospital.issue())

    text = paired.now()

    said = {"vi": "Số tiền phải trả", "en": "to pay. Scan", "fr": "à payer. Scannez"}
    assert said[language] in text
    assert f'lang="{language}"' in paired.open()


def test_screen_names_the_part_of_an_agreed_plan_and_the_next_one(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    request = IssueRequest(
        PatientRequest("NGUYỄN VĂN THỬ", 1958, "99-900001"),
        (LineRequest("CT01", 999),),
        "form-large-0001",
    )
    invoice = issue(hospital.runtime, hospital.scope, request)
    due = hospital.view(invoice).due
    agree(hospital.runtime, hospital.scope, invoice, equal(due, 2), seen_due=due)
    at_q1.get(f"/desk/invoices/{invoice}")
    at_q1.post(f"/desk/invoices/{invoice}/codes")

    first = paired.now()
    code = re.findall(r"VPH[0-9A-Z]{9}", first)[0]
    hospital.arrive(hospital.transfer(code, equal(due, 2)[0]))

    assert "Lần 1 trong 2: 349.650.000" in first
    second = paired.now()
    assert "Lần 2 trong 2: 349.650.000" in second
    assert code not in second
    assert paired.state() == "due"


def test_screen_shows_no_transfer_that_nobody_can_scan(
    paired: Glass, at_q1: Browser, hospital: Hospital
) -> None:
    request = IssueRequest(
        PatientRequest("NGUYỄN VĂN THỬ", 1958, "99-900002"),
        (LineRequest("CT01", 999),),
        "form-large-0002",
    )
    invoice = issue(hospital.runtime, hospital.scope, request)
    at_q1.get(f"/desk/invoices/{invoice}")

    at_q1.post(f"/desk/invoices/{invoice}/transfer")

    assert paired.state() == "idle"
