"""The door for gateways: their words in, their words out."""

from __future__ import annotations

import json
from typing import Any

from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser

AUTHENTIC = {"Authorization": "Apikey ak_test_1", "Content-Type": "application/json"}


def message(code: str, amount: int = 150_000, number: int = 92704) -> dict[str, Any]:
    return {
        "id": number,
        "gateway": "Vietcombank",
        "transactionDate": "2026-11-24 07:31:00",
        "accountNumber": "0071000123456",
        "code": None,
        "content": f"{code} chuyen tien",
        "transferType": "in",
        "transferAmount": amount,
        "accumulated": 19_077_000,
        "subAccount": None,
        "referenceCode": f"MBVCB.{number}",
        "description": "",
    }


def send(browser: Browser, told: Any, headers: dict[str, str] = AUTHENTIC) -> Any:
    body = told if isinstance(told, (str, bytes)) else json.dumps(told)
    return browser.client.post("/webhooks/sepay", data=body, headers=headers)


def test_message_pays_the_invoice_without_any_token_of_a_form(
    browser: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)

    answer = send(browser, message(intent.code))

    assert (answer.status_code, answer.get_json()) == (200, {"success": True})
    assert hospital.view(invoice).paid == vnd(150_000)
    hospital.assert_balanced()


def test_repeated_message_pays_once(browser: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)

    for _ in range(3):
        assert send(browser, message(intent.code)).status_code == 200

    assert hospital.view(invoice).paid == vnd(150_000)
    assert len(hospital.payments(invoice)) == 1


def test_forged_message_changes_nothing(browser: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)

    for headers in ({}, {"Authorization": "Apikey wrong"}, {"Authorization": "ak_test_1"}):
        assert send(browser, message(intent.code), headers).status_code == 401

    assert hospital.view(invoice).paid == vnd(0)


def test_unreadable_message_is_asked_for_again(browser: Browser, hospital: Hospital) -> None:
    for body in (b"", b"{", b"[]", b"\xff\xfe", b"null", b"{}", b"[" * 5000):
        assert 400 <= send(browser, body).status_code <= 503, body[:10]
    hospital.assert_balanced()


def test_unknown_channel_is_not_found(browser: Browser, hospital: Hospital) -> None:
    for slug in ("nobody", "vietqr", "..", "%00", "x" * 200, "SEPAY"):
        answer = browser.client.post(f"/webhooks/{slug}", data="{}", headers=AUTHENTIC)
        assert answer.status_code == 404, slug


def test_oversize_message_is_refused(browser: Browser, hospital: Hospital) -> None:
    assert send(browser, b"x" * 300_000).status_code == 413


def test_answer_sets_no_cookie(browser: Browser, hospital: Hospital) -> None:
    assert "Set-Cookie" not in send(browser, message("VPHXXXXXXXXX")).headers
