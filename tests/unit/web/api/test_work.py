"""What a program does is what the desk does: the same invoices, codes, money and papers."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from flask import Flask
from pypdf import PdfReader

from payments.channels import fees
from payments.channels import service as channels
from payments.channels.routing import Fee, Terms
from payments.demo.hospital import DESK
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.qr import drawing
from payments.web.api.document import document
from tests.support.hospital import PAYEE, SANDBOX, Hospital
from tests.support.program import PREFIX, Program
from tests.support.web import Browser
from tests.unit.web.api.test_stays import a_stay

SECOND, OTHER_ACCOUNT = "vietqr-two", "0071000999000"
KB = {"department_code": "KB", "amount": {"amount": 50_000, "currency": "VND"}}


def test_invoice_is_issued_shown_paid_and_printed(program: Program, hospital: Hospital) -> None:
    invoice = program.issue("KB01")
    code = program.post(f"/invoices/{invoice['id']}/codes", {}).get_json()
    hospital.arrive(hospital.transfer(code["code"], vnd(code["amount"]["amount"])))
    hospital.work()

    paid = program.get(f"/invoices/{invoice['id']}").get_json()
    [payment] = program.get(f"/invoices/{invoice['id']}/payments").get_json()["items"]
    paper = program.client.get(
        payment["receipt"], headers={"Authorization": f"Bearer {program.token}"}
    )
    statement = program.get("/days/2026-11-24/statement").get_json()

    assert invoice["due"] == {"amount": 150_000, "currency": "VND"}
    assert (paid["payment"], paid["due"]["amount"], paid["paid"]["amount"]) == ("paid", 0, 150_000)
    assert program.get(f"/codes/{code['id']}").get_json()["status"] == "captured"
    assert payment["receipt_number"]
    assert payment == program.get(f"/payments/{payment['id']}").get_json()
    assert paper.content_type == "application/pdf"
    text = PdfReader(io.BytesIO(paper.get_data())).pages[0].extract_text()
    assert payment["receipt_number"] in text
    assert statement["received"] == {"amount": 150_000, "currency": "VND"}
    assert (statement["applied"]["amount"], statement["lines"]) == (150_000, 1)
    hospital.assert_balanced()


def test_desk_and_program_see_the_same_invoice(
    desk: Browser, program: Program, hospital: Hospital
) -> None:
    invoice = program.issue("KB01")

    page = desk.get(f"/desk/invoices/{invoice['id']}").get_data(as_text=True)

    assert invoice["number"] in page
    assert "NGUYỄN VĂN THỬ" in page
    assert invoice["patient"] == {"file_number": "99-000001", "name": "N*** V*** THỬ"}


def test_location_of_what_was_made_can_be_read(program: Program, hospital: Hospital) -> None:
    made = program.post("/invoices", {**_order()})
    code = program.post(f"/invoices/{made.get_json()['id']}/codes", {})

    for answer in (made, code):
        place = answer.headers["Location"].removeprefix(PREFIX)
        assert program.get(place).get_json()["id"] == answer.get_json()["id"]


def test_pictures_hold_the_payload_and_end_with_the_code(
    program: Program, hospital: Hospital
) -> None:
    invoice = program.issue()
    code = program.post(f"/invoices/{invoice['id']}/codes", {}).get_json()
    png = program.get(f"/codes/{code['id']}.png")
    svg = program.get(f"/codes/{code['id']}.svg")
    program.post(f"/invoices/{invoice['id']}/cancel", {"reason": "Đổi dịch vụ"})

    ended = program.get(f"/codes/{code['id']}.png")

    assert drawing.texts_in(png.get_data()) == (code["payload"],)
    assert svg.get_data(as_text=True).startswith("<svg")
    assert (ended.status_code, ended.get_json()["type"]) == (404, "/problems/code-ended")


def test_open_code_is_given_again_and_replaced_when_the_amount_changes(
    program: Program, hospital: Hospital
) -> None:
    invoice = program.issue()
    first = program.post(f"/invoices/{invoice['id']}/codes", {}).get_json()
    second = program.post(f"/invoices/{invoice['id']}/codes", {}).get_json()
    reduced = program.post(
        f"/invoices/{invoice['id']}/credit-notes", {"reason": "Giảm giá", "amounts": [KB]}
    )
    third = program.post(f"/invoices/{invoice['id']}/codes", {}).get_json()

    assert second == first
    assert reduced.status_code == 201
    assert reduced.get_json()["due"]["amount"] == third["amount"]["amount"] == 100_000
    assert program.get(f"/codes/{first['id']}").get_json()["status"] == "superseded"
    [note] = reduced.get_json()["credit_notes"]
    assert (note["amount"], note["parts"]) == (KB["amount"], [KB])
    hospital.assert_balanced()


def second_account(hospital: Hospital) -> None:
    """Open a second channel for transfers, to another account of ours."""
    told = {**SANDBOX["bank_transfer"], "account": OTHER_ACCOUNT}
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        channels.add_account(
            tx, hospital.runtime.settings.mode, replace(PAYEE, account=OTHER_ACCOUNT)
        )
        channels.put(
            tx,
            hospital.runtime,
            slug=SECOND,
            adapter="bank_transfer",
            settings=told,
            account=OTHER_ACCOUNT,
        )


def agree(hospital: Hospital, channel: str, terms: Terms) -> None:
    day = HospitalDay.of(hospital.runtime.clock.now())
    fees.agree(hospital.runtime, hospital.scope, channel, day, terms, "HĐ 1/2026")


def test_code_goes_through_the_channel_that_the_desk_would_choose(
    program: Program, hospital: Hospital
) -> None:
    second_account(hospital)
    invoice = program.issue("KB01")
    path = f"/invoices/{invoice['id']}/codes"
    agree(hospital, SECOND, Terms(Fee(vnd(500)), amount_max=vnd(149_999)))
    agree(hospital, DESK, Terms(Fee(vnd(900))))
    first = program.post(path, {}).get_json()
    agree(hospital, SECOND, Terms(Fee(vnd(500)), amount_max=vnd(150_000)))
    second = program.post(path, {}, key="the-same-key").get_json()
    agree(hospital, DESK, Terms(amount_max=vnd(10_000)))
    agree(hospital, SECOND, Terms(amount_max=vnd(20_000)))

    refused, repeated = program.post(path, {}), program.post(path, {}, key="the-same-key")

    assert first["payee"]["account"] == PAYEE.account
    assert second["payee"]["account"] == OTHER_ACCOUNT
    assert (refused.status_code, refused.get_json()["type"]) == (
        422,
        "/problems/amount-out-of-range",
    )
    assert repeated.get_json() == second


def test_rules_of_the_desk_hold_for_programs(program: Program, hospital: Hospital) -> None:
    invoice = program.issue()
    code = program.post(f"/invoices/{invoice['id']}/codes", {}).get_json()
    hospital.arrive(hospital.transfer(code["code"], vnd(150_000)))

    cancelled = program.post(f"/invoices/{invoice['id']}/cancel", {"reason": "Đổi dịch vụ"})
    shown = program.post(f"/invoices/{invoice['id']}/codes", {})
    reduced = program.post(
        f"/invoices/{invoice['id']}/credit-notes",
        {"reason": "Giảm giá", "amounts": [{**KB, "department_code": "XX"}]},
    )
    twice = program.post(
        f"/invoices/{invoice['id']}/credit-notes", {"reason": "Giảm giá", "amounts": [KB, KB]}
    )

    assert (cancelled.status_code, cancelled.get_json()["type"]) == (
        409,
        "/problems/money-received",
    )
    assert (shown.status_code, shown.get_json()["type"]) == (422, "/problems/nothing-due")
    assert (reduced.status_code, twice.status_code) == (422, 422)


def test_every_problem_type_that_is_answered_has_a_page(
    program: Program, hospital: Hospital
) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    answers = [
        program.get(f"/invoices/{nobody}"),
        program.get("/services?limit=x"),
        program.get("/services?cursor=x"),
        program.post("/invoices", {}),
        program.client.get(f"{PREFIX}/services"),
    ]

    for answer in answers:
        kind = answer.get_json()["type"]
        assert program.client.get(kind).status_code == 200, kind


def test_examples_of_the_document_work(app: Flask, program: Program, hospital: Hospital) -> None:
    with app.app_context():
        told = document()
    stay = a_stay(hospital)
    tried = 0
    for path, methods in told["paths"].items():
        body = methods.get("post", {}).get("requestBody")
        if body is None:
            continue
        tried += 1
        address = path.removeprefix(PREFIX).format(invoice_id=hospital.issue("KB01"))
        example = body["content"]["application/json"]["example"]
        answer = program.post(address, example | ({"stay": stay} if "stay" in example else {}))

        assert str(answer.status_code) in methods["post"]["responses"], path
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
    assert tried == 6


def test_page_shows_every_operation_and_fetches_nothing_from_elsewhere(
    app: Flask, program: Program
) -> None:
    page = app.test_client().get(f"{PREFIX}/docs")
    text = page.get_data(as_text=True)
    told = app.test_client().get(f"{PREFIX}/openapi.json").get_json()

    for path, methods in told["paths"].items():
        for method in set(methods) - {"parameters"}:
            assert f"{method.upper()} {path}" in text
    for name in told["components"]["schemas"]:
        assert f'id="{name}"' in text
    addresses = re.findall(r'(?:href|src)="([^"]+)"', text)
    assert all(address.startswith(("/static/", "/api/", "#")) for address in addresses)
    assert {address[1:] for address in addresses if address[0] == "#"} <= set(
        re.findall(r' id="([^"]+)"', text)
    )
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_document_and_page_need_no_token_and_set_no_cookie(app: Flask) -> None:
    for path in ("/openapi.json", "/docs"):
        answer = app.test_client().get(PREFIX + path)

        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers


def _order() -> dict[str, object]:
    return {
        "patient": {"name": "TRẦN THỊ THỬ", "birth_year": 1990, "file_number": "99-000002"},
        "lines": [{"service": "KB01", "quantity": 2}],
    }
