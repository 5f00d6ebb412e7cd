"""A patient fetches the proof of a receipt from the day after."""

from __future__ import annotations

from uuid import UUID

from payments.kernel.money import vnd
from payments.receipts import proving
from tests.support.hospital import Hospital
from tests.support.web import Browser
from tests.unit.receipts.test_proving import KEY, anchor


def paid(hospital: Hospital) -> tuple[str, UUID]:
    """Give the address of a paid invoice's page, and its payment."""
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(150_000)))
    hospital.work()
    [payment] = hospital.payments(invoice)
    return f"/p/{hospital.view(invoice).pay_token}", payment.id


def test_the_page_offers_a_sound_proof_after_the_night(
    browser: Browser, hospital: Hospital
) -> None:
    page, payment = paid(hospital)
    proof = f"{page}/receipts/{payment}/proof.json"

    assert proof not in browser.get(page).get_data(as_text=True)
    early = browser.get(proof)
    assert early.status_code == 409
    assert "ngày mai" in early.get_data(as_text=True)

    anchor(hospital)

    assert proof in browser.get(page).get_data(as_text=True)
    answer = browser.get(proof)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="BL26000001.proof.json"'
    given = proving.read(answer.get_data(as_text=True))
    assert given.amount == vnd(150_000)
    assert list(proving.faults(given, KEY.public_key())) == []


def test_a_link_opens_the_proofs_of_its_own_invoice_only(
    browser: Browser, hospital: Hospital
) -> None:
    page, _ = paid(hospital)
    _, other = paid(hospital)
    anchor(hospital)

    for payment in (other, UUID(int=7)):
        assert browser.get(f"{page}/receipts/{payment}/proof.json").status_code == 404
    unknown = f"/p/{'x' * 22}/receipts/{other}/proof.json"
    assert browser.get(unknown).status_code == 404
