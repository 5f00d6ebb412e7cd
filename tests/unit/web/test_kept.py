"""What pages keep to be quick is never older than the database, nor another facility's."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from sqlalchemy import insert, update

from payments.app import create_app
from payments.catalogue.rows import SERVICE_ITEM, SERVICE_PRICE
from payments.channels import service as channels
from payments.demo.hospital import DESK
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.kernel.scope import FacilityId, Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from payments.web import addresses, assets, codes, parts
from payments.web.cashier import services
from payments.words import catalogue
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user


def page(desk: Browser, path: str = "/desk") -> str:
    return desk.get(path).get_data(as_text=True)


def set_price(hospital: Hospital, code: str, dong: int) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        told = {
            "facility_id": tx.facility,
            "service_code": code,
            "valid_from": HospitalDay.of(tx.now()).date,
            "price": dong,
        }
        tx.execute(insert(SERVICE_PRICE), told)


def test_changed_price_stands_on_the_desk_at_once(desk: Browser, hospital: Hospital) -> None:
    assert 'data-price="150000"' in page(desk)

    set_price(hospital, "KB01", 155_000)

    text = page(desk)
    assert 'data-price="155000"' in text
    assert "155.000" in text
    assert 'data-price="150000"' not in text


def test_withdrawn_service_is_gone_at_once(desk: Browser, hospital: Hospital) -> None:
    assert 'value="CT01"' in page(desk)

    with hospital.runtime.database.transaction(hospital.scope) as tx:
        tx.execute(
            update(SERVICE_ITEM)
            .where(SERVICE_ITEM.c.facility_id == tx.facility, SERVICE_ITEM.c.code == "CT01")
            .values(is_active=False)
        )

    assert 'value="CT01"' not in page(desk)


def test_what_one_person_typed_is_shown_to_no_other(desk: Browser) -> None:
    untouched = page(desk)
    desk.post("/desk/invoices", {"do": "search", "q": "sieu am", "service": ["SA01"]})

    again = page(desk)
    assert " checked" not in again
    assert again.count('name="service"') == untouched.count('name="service"') > 2


def test_payment_is_on_both_pages_at_once(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    code = hospital.show(invoice)
    token = hospital.view(invoice).pay_token
    before = page(desk, f"/desk/invoices/{invoice}"), page(desk, f"/p/{token}")
    assert all("qr-symbol" in text for text in before)

    hospital.arrive(hospital.transfer(code.code, vnd(50_000)))

    for path in (f"/desk/invoices/{invoice}", f"/p/{token}"):
        text = page(desk, path)
        assert "100.000" in text
        assert "50.000" in text
        assert code.code not in text


def test_ended_channel_shows_no_code_at_once(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    path = f"/desk/invoices/{invoice}"
    assert f"{path}/codes" in page(desk, path)

    with hospital.runtime.database.transaction(hospital.scope) as tx:
        channels.end(tx, DESK, 1)

    assert f"{path}/codes" not in page(desk, path)


def test_two_facilities_keep_nothing_of_each_other(postgres: Database, runtime: Runtime) -> None:
    """Both are asked by turns in one process, through applications of their own."""
    prices = {99001: 151_000, 99002: 252_000}
    desks = {}
    for code, dong in prices.items():
        scope = Scope(FacilityId(code), "user:test", "request-test")
        theirs = replace(
            runtime, database=postgres, settings=replace(runtime.settings, facility=code)
        )
        hospital = Hospital(theirs, scope)
        set_price(hospital, "KB01", dong)
        desks[code] = Browser(create_app(theirs).test_client())
        desks[code].sign_in(add_user(theirs, scope))

    for _ in range(2):
        for code, own in desks.items():
            text = page(own)
            assert f"{code}" in text
            for other, dong in prices.items():
                assert (f'data-price="{dong}"' in text) is (other == code)


def test_addresses_follow_the_path_below_which_we_are_reached(app: Flask) -> None:
    for root in ("", "/vienphi", ""):
        with app.test_request_context(base_url=f"http://localhost{root}"):
            assert addresses.url_for("cashier.desk") == f"{root}/desk"
            assert assets.address("icon.svg").startswith(f"{root}/static/icon.svg?v=")


def test_all_that_is_kept_is_bounded(app: Flask) -> None:
    kept = (
        codes.drawn,
        services.untouched,
        app.extensions[parts._KEPT],
        app.extensions[addresses._BUILT],
    )

    assert all((function.cache_info().maxsize or 0) in range(1, 4097) for function in kept)


def test_drawing_is_of_the_code_that_is_asked_for() -> None:
    first, other, again = (codes.drawn(text, "QR") for text in ("A1", "B2", "A1"))

    assert first == again != other


def test_each_language_has_words_of_its_own(browser: Browser) -> None:
    for chosen in ("vi", "en", "fr", "vi"):
        browser.get(f"/language/{chosen}")
        text = page(browser, "/sign-in")
        for language in ("vi", "en", "fr"):
            words = catalogue.say("action.sign_in", language)
            assert (words in text) is (language == chosen), (chosen, words)
