"""Acceptance 20: a trial says so on every page and paper; its keys work nowhere else."""

from __future__ import annotations

import io

import pypdf
import pytest
from flask import Flask

from payments.app import create_app
from payments.channels import service as channels
from payments.identity.permissions import Role
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.words import catalogue
from tests.support.feeds import MODES
from tests.support.hospital import SANDBOX, Hospital
from tests.support.program import Program, new_token
from tests.support.routes import routes
from tests.support.web import Browser, add_user

ROLES = (Role.HEAD_CASHIER, Role.CHIEF_ACCOUNTANT, Role.IT_ADMIN, Role.AUDITOR)


def told(hospital: Hospital) -> dict[str, object]:
    """Real things for the places in addresses: a paid invoice, its payment, its link."""
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(100_000)))
    hospital.work()
    [payment] = hospital.payments(invoice)
    token = hospital.view(invoice).pay_token
    return {
        "invoice_id": invoice, "payment_id": payment.id, "token": token, "code": "not-found",
        "slug": "sepay", "number": 1,
    }  # fmt: skip


def banner(path: str, chosen: str) -> str:
    # What programs ask knows no cookies: it speaks the language of the request.
    return catalogue.say("banner.sandbox", "vi" if path.startswith("/api") else chosen)


def pages(app: Flask, browser: Browser, **known: object) -> dict[str, str]:
    """Open every address; give the pages, of failures too."""
    found = {}
    for route in routes(app, **known):
        if route.method == "GET" and not route.path.startswith(("/static", "/language", "/theme")):
            answer = browser.get(route.path)
            is_page = answer.mimetype == "text/html" and answer.status_code not in (302, 303)
            text = answer.get_data(as_text=True) if is_page else ""
            # A part of a page stands inside of one that says it.
            if "<html" in text:
                found[f"{route.path} {answer.status_code}"] = text
    return found


@pytest.mark.parametrize(
    ("role", "language"), [(None, "en"), (None, "fr"), *((role, "vi") for role in (None, *ROLES))]
)
def test_every_page_of_a_trial_says_that_no_money_moves(
    app: Flask, hospital: Hospital, role: Role | None, language: str
) -> None:
    browser = Browser(app.test_client())
    if role is not None:
        browser.sign_in(add_user(hospital.runtime, hospital.scope, role))
    browser.get(f"/language/{language}")
    found = pages(app, browser, **told(hospital))

    assert len(found) > (5 if role is None else 10)
    assert [path for path, page in found.items() if banner(path, language) not in page] == []


def test_every_paper_of_a_trial_says_it(
    app: Flask, desk: Browser, hospital: Hospital, runtime: Runtime, scope: Scope
) -> None:
    known = told(hospital)
    open_one = hospital.issue()
    hospital.show(open_one)
    desk.get("/desk")
    papers = []
    for number, paper in (("1", "a5"), ("2", "roll")):
        form = {"number": number, "paper": paper, "reason": "in thử"}
        answer = desk.post(f"/desk/receipts/{known['payment_id']}/prints", form)
        papers.append(desk.get(answer.location))
    papers.append(desk.get(f"/desk/invoices/{open_one}/slip.pdf"))
    program = Program(app.test_client(), new_token(runtime, scope))
    papers.append(program.get(f"/payments/{known['payment_id']}/receipt.pdf"))

    for answer in papers:
        assert answer.mimetype == "application/pdf", answer.get_data(as_text=True)[:300]
        text = pypdf.PdfReader(io.BytesIO(answer.get_data())).pages[0].extract_text()
        assert "KHÔNG CHUYỂN TIỀN THẬT" in " ".join(text.split())


def test_production_shows_no_banner(production: Runtime, scope: Scope) -> None:
    app = create_app(production)
    page = app.test_client().get("/sign-in", base_url="https://localhost").get_data(as_text=True)

    assert catalogue.say("banner.sandbox", "vi") not in page
    assert app.test_client().get(
        "/sandbox/open-codes", base_url="https://localhost"
    ).status_code in (401, 403, 404)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_keys_of_a_sandbox_are_refused_in_production(
    production: Runtime, scope: Scope, mode: str
) -> None:
    one = MODES[mode]
    with (
        pytest.raises(InvalidField) as refused,
        production.database.transaction(scope) as tx,
    ):
        channels.put(tx, production, slug="that", adapter=one.channel, settings=one.settings)

    assert refused.value.key == "sandbox_keys"


def test_the_account_of_the_trial_bank_is_refused_in_production(
    production: Runtime, scope: Scope
) -> None:
    with pytest.raises(InvalidField), production.database.transaction(scope) as tx:
        channels.put(
            tx,
            production,
            slug="that",
            adapter="bank_transfer",
            settings=SANDBOX["bank_transfer"],
            account=SANDBOX["bank_transfer"]["account"],
        )
