"""The page of the sandbox bank: what a person can pay there, and what the bank refuses."""

from __future__ import annotations

import io
from datetime import timedelta

import httpx
import pytest
import qrcode
from PIL import Image

from adapters import sepay
from adapters._sandbox.open_codes import asked_from
from adapters.bank_transfer.sandbox import create_app, demo_settings
from payments.kernel.money import vnd
from payments.qr.vietqr import BuildRequest, build
from tests.contract.channels import ACCOUNT, BASE_URL


def a_code(**changed):
    asked = {
        "bin": "999999",
        "account": ACCOUNT,
        "amount": vnd(250_000),
        "purpose": "VPH1234567890 vien phi",
    }
    return build(BuildRequest(**asked | changed))


def picture_of(*codes, kind="PNG"):
    drawn = [qrcode.make(code).get_image().convert("RGB") for code in codes]
    sheet = Image.new("RGB", (sum(one.width for one in drawn), drawn[0].height), "white")
    for place, one in enumerate(drawn):
        sheet.paste(one, (place * drawn[0].width, 0))
    kept = io.BytesIO()
    sheet.save(kept, kind)
    return kept.getvalue()


def pay(bank, **fields):
    answer = bank.post("/pay", data={"code": a_code()} | fields)
    assert answer.status_code == 303, answer.text
    return answer


def test_code_that_is_pasted_is_shown_and_paid_and_told(bank, branch, webhook, clock):
    shown = bank.post("/read", data={"code": a_code()}).text
    pay(bank, way="exact", deliver="sepay")

    assert "BENH VIEN DA KHOA THU NGHIEM" in shown
    assert "250.000 đ" in shown
    settings = demo_settings(BASE_URL)["sepay"]
    [told] = sepay.build(settings, None, clock).read(webhook.told("sepay")[0])
    [booked] = branch.bank.transfers()
    assert (told.amount.dong, told.memo) == (booked.amount, booked.memo)
    assert (booked.amount, booked.memo) == (250_000, "VPH1234567890 VIEN PHI")
    assert "đã nhận" in bank.get("/").text


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_code_in_a_picture_is_read(bank, kind):
    upload = {"picture": ("ma", picture_of(a_code(), kind=kind), "image/png")}

    answer = bank.post("/read", files=upload, data={"code": ""})

    assert answer.status_code == 200
    assert "VPH1234567890" in answer.text


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        picture_of("one", "another"),
    ],
    ids=["empty", "text", "svg", "broken", "two codes"],
)
def test_picture_without_one_code_is_refused(bank, picture):
    answer = bank.post("/read", files={"picture": ("ma.png", picture)})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_picture_with_too_many_points_is_refused_before_it_is_unpacked(bank):
    kept = io.BytesIO()
    Image.new("1", (6_000, 5_000)).save(kept, "PNG")

    answer = bank.post("/read", files={"picture": ("ma.png", kept.getvalue())})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("way", "fields", "amounts"),
    [
        ("exact", {}, [250_000]),
        ("short", {}, [249_000]),
        ("short", {"amount": "100.000"}, [100_000]),
        ("over", {}, [300_000]),
        ("twice", {}, [250_000, 250_000]),
        ("free", {"amount": "5000", "memo": "khong co ma"}, [5_000]),
    ],
)
def test_ways_to_pay(bank, branch, way, fields, amounts):
    pay(bank, way=way, **fields)

    assert [one.amount for one in branch.bank.transfers()] == amounts
    assert all(one.memo == fields.get("memo", one.memo) for one in branch.bank.transfers())


def test_late_payment_is_booked_when_its_time_has_come(bank, branch, clock):
    pay(bank, way="late", minutes="20")
    assert not branch.bank.transfers()

    clock.advance(timedelta(minutes=20))
    branch.run_due()

    assert [one.at for one in branch.bank.transfers()] == [clock.now()]


def test_mangled_payment_carries_a_mangled_memo(bank, branch):
    pay(bank, way="mangled", mangle="ct_den")

    assert branch.bank.transfers()[0].memo.startswith("CT DEN:")


def test_code_without_amount_asks_for_one(bank, branch):
    code = a_code(amount=None)

    assert bank.post("/pay", data={"code": code}).status_code == 422
    pay(bank, code=code, amount="7000")
    assert branch.bank.transfers()[0].amount == 7_000


def cash_code():
    """A code like ours for a withdrawal at a machine, which our builder never writes."""
    text = a_code()
    before, length, behind = text.partition("38")[0], text.partition("38")[2][:2], text[:-4]
    inner = behind.partition("38" + length)[2].replace("0208QRIBFTTA", "0206QRCASH")
    open_text = f"{before}38{int(length) - 2:02}{inner}"
    return open_text + f"{crc16(open_text.encode()):04X}"


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
    return crc & 0xFFFF


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "E_EMPTY"),
        ("hello", "E_NOT_EMV"),
        (a_code()[:-4] + "0000", "E_CRC_MISMATCH"),
        (a_code(bin="970436"), "BIN 970436 là ngân hàng thật"),
        (a_code(account="123"), "Tài khoản 123 không có"),
        (cash_code(), "QRCASH"),
    ],
    ids=["empty", "text", "checksum", "real bank", "unknown account", "cash"],
)
def test_code_that_must_not_be_paid_is_refused_with_the_reason(bank, branch, code, says):
    read, paid = bank.post("/read", data={"code": code}), bank.post("/pay", data={"code": code})

    assert (read.status_code, paid.status_code) == (422, 422)
    assert says in read.text
    assert not branch.bank.transfers()


def test_delivery_can_be_sent_again_by_hand(bank, webhook, branch):
    pay(bank, deliver="casso")

    assert bank.post("/deliveries/1/again").status_code == 303
    assert len(webhook.told("casso")) == 2
    assert bank.post("/deliveries/99/again").status_code == 422


def test_open_codes_are_offered_if_they_can_be_asked_for(branch, bank):
    def answer(request):
        return httpx.Response(200, json={"codes": [{"payload": a_code()}, {"payload": "x"}, 1]})

    ask = asked_from(f"{BASE_URL}/open", httpx.Client(transport=httpx.MockTransport(answer)))
    app = create_app(branch, ask)
    client = httpx.Client(transport=httpx.WSGITransport(app), base_url=BASE_URL)

    assert client.get("/").text.count('class="quiet"') == 1
    assert "Mã đang chờ thanh toán" not in bank.get("/").text


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"5", b'{"codes":5}', b'{"codes":[{}]}'])
def test_open_codes_that_cannot_be_read_do_not_break_the_page(branch, body):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    app = create_app(branch, asked_from(f"{BASE_URL}/open", httpx.Client(transport=transport)))
    client = httpx.Client(transport=httpx.WSGITransport(app), base_url=BASE_URL)

    assert client.get("/").status_code == 200


def test_page_is_vietnamese_marked_as_trial_and_needs_no_script(bank):
    answer = bank.get("/")

    assert '<html lang="vi">' in answer.text
    assert "không phải ngân hàng thật" in answer.text
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_memo_is_text_and_never_markup(bank):
    pay(bank, way="free", amount="1", memo="<script>alert(1)</script>")

    assert "<script" not in bank.get("/").text


def test_page_answers_to_no_foreign_name(branch):
    transport = httpx.WSGITransport(create_app(branch))

    assert httpx.Client(transport=transport).get("http://evil.test/").status_code == 400
