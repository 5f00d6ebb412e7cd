"""S-Invoice on the wire: what is sent, what is believed, and what nobody knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest

from adapters._sandbox.wire import SandboxTransport
from adapters.sinvoice import build, requests
from adapters.sinvoice.adapter import Sinvoice
from adapters.sinvoice.sandbox import ACCOUNT, SinvoiceSandbox
from payments.external.einvoices import (
    Buyer,
    Corrected,
    Draft,
    Item,
    Kind,
    NoAnswer,
    NotIssued,
    installed,
)
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DRAFT = Draft(
    name=UUID("01a20c1e-90b3-723b-b3b1-ff3eb156c8e4"),
    kind=Kind.ORIGINAL,
    dated_at=AT,
    buyer=Buyer("NGUYỄN VĂN THỬ"),
    items=(Item("Khám bệnh", 1, vnd(150_000), vnd(150_000)),),
    amount=vnd(150_000),
)


@dataclass
class Wire(httpx.BaseTransport):
    """Remembers each request on its way; *answer* takes the place of the provider's."""

    inner: httpx.BaseTransport
    sent: list[httpx.Request] = field(default_factory=list)
    answer: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer(request) or self.inner.handle_request(request)


@pytest.fixture
def sandbox(clock: FrozenClock) -> SinvoiceSandbox:
    return SinvoiceSandbox(clock)


@pytest.fixture
def wire(sandbox: SinvoiceSandbox) -> Wire:
    return Wire(SandboxTransport(sandbox.app))


@pytest.fixture
def provider(wire: Wire, clock: FrozenClock) -> Sinvoice:
    return build("http://127.0.0.1", ACCOUNT, wire, clock)


def on_issue(status: int, body: object) -> Callable[[httpx.Request], httpx.Response | None]:
    def answer(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith(requests.ISSUE_PATH):
            return None
        return httpx.Response(status, content=json.dumps(body).encode())

    return answer


def test_an_original_is_sent_in_the_providers_words(provider: Sinvoice, wire: Wire) -> None:
    issued = provider.issue(DRAFT)

    login, call = wire.sent
    assert login.url.path == "/auth/login"
    assert call.url.path == (
        "/services/einvoiceapplication/api/InvoiceAPI/InvoiceWS/createInvoice/0100990001"
    )
    assert call.headers["cookie"].startswith("access_token=")
    told = json.loads(call.content)
    assert told["generalInvoiceInfo"] == {
        "transactionUuid": "01a20c1e-90b3-723b-b3b1-ff3eb156c8e4",
        "invoiceType": "1",
        "templateCode": "1/001",
        "invoiceSeries": "C26TVP",
        "invoiceIssuedDate": 1795489200000,
        "currencyCode": "VND",
        "adjustmentType": "1",
        "paymentStatus": True,
        "cusGetInvoiceRight": True,
    }
    assert told["summarizeInfo"]["totalAmountWithTax"] == 150_000
    assert (issued.number, issued.template) == ("C26TVP1", "1/001")
    assert issued.lookup_code
    assert issued.authority_code


@pytest.mark.parametrize(("kind", "number"), [(Kind.REPLACEMENT, "3"), (Kind.ADJUSTMENT, "5")])
def test_a_correction_names_what_it_corrects(
    provider: Sinvoice, wire: Wire, kind: Kind, number: str
) -> None:
    first = provider.issue(DRAFT)
    amount = vnd(-50_000) if kind is Kind.ADJUSTMENT else vnd(100_000)
    second = replace(
        DRAFT,
        name=UUID(int=2),
        kind=kind,
        items=(Item("Viện phí", 1, amount, amount),),
        amount=amount,
        corrects=Corrected(first.number, first.template, AT),
        reason="sai số tiền",
    )

    provider.issue(second)

    told = json.loads(wire.sent[-1].content)
    general, item = told["generalInvoiceInfo"], told["itemInfo"][0]
    assert (general["adjustmentType"], general["originalInvoiceId"]) == (number, "C26TVP1")
    assert general["additionalReferenceDesc"] == "sai số tiền"
    assert item.get("isIncreaseItem") is (False if kind is Kind.ADJUSTMENT else None)
    assert item["itemTotalAmountWithTax"] == abs(amount).dong


def test_a_name_that_was_used_is_found_and_not_issued_again(
    provider: Sinvoice, sandbox: SinvoiceSandbox
) -> None:
    first = provider.issue(DRAFT)

    assert provider.issue(DRAFT) == first
    assert provider.find(DRAFT) == first
    assert len(sandbox.book.issued) == 1


def test_what_is_not_there_is_surely_not_there(provider: Sinvoice) -> None:
    assert provider.find(DRAFT) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"code": 500, "message": "GENERAL", "error": "Internal Server Error"}),
        (502, "Bad Gateway"),
        (200, []),
        (200, {"errorCode": None, "description": None}),
        (200, {"errorCode": None, "result": {"invoiceNo": "C26TVP1"}}),
        (200, {"result": {"supplierTaxCode": "0100990002", "invoiceNo": "C26TVP1"}}),
        (200, {"result": {"supplierTaxCode": "0100990001", "invoiceNo": "K25TXX9"}}),
    ],
)
def test_an_answer_that_says_nothing_sure_is_no_answer(
    provider: Sinvoice, wire: Wire, status: int, body: object
) -> None:
    wire.answer = on_issue(status, body)

    with pytest.raises(NoAnswer) as failure:
        provider.issue(DRAFT)

    assert failure.value.is_sent


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": 400, "message": "TEMPLATE_NOT_FOUND", "data": "Mẫu không tồn tại"}),
        (200, {"errorCode": "TEMPLATE_NOT_FOUND", "description": "Mẫu không tồn tại"}),
    ],
)
def test_a_refusal_carries_the_providers_own_words(
    provider: Sinvoice, wire: Wire, status: int, body: object
) -> None:
    wire.answer = on_issue(status, body)

    with pytest.raises(NotIssued) as refused:
        provider.issue(DRAFT)

    assert refused.value.told == "TEMPLATE_NOT_FOUND: Mẫu không tồn tại"


def test_a_wrong_password_sends_no_e_invoice(wire: Wire, clock: FrozenClock) -> None:
    stranger = build("http://127.0.0.1", replace(ACCOUNT, user="ai-do"), wire, clock)

    with pytest.raises(NoAnswer) as failure:
        stranger.issue(DRAFT)

    assert not failure.value.is_sent
    assert len(wire.sent) == 1


def test_a_broken_line_after_the_sending_is_unknown_and_before_it_is_not(
    provider: Sinvoice, sandbox: SinvoiceSandbox
) -> None:
    provider.find(DRAFT)
    sandbox.book.knobs = replace(sandbox.book.knobs, lose_answers=True)

    with pytest.raises(NoAnswer) as failure:
        provider.issue(DRAFT)

    assert failure.value.is_sent
    assert len(sandbox.book.issued) == 1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"tax_code": "123"}, "tax_code"),
        ({"template": "01GTKT"}, "template"),
        ({"series": "AA/26E"}, "series"),
    ],
)
def test_an_account_of_another_form_is_refused_by_its_field(
    clock: FrozenClock, change: dict[str, str], name: str
) -> None:
    with pytest.raises(InvalidField) as wrong:
        build("http://127.0.0.1", replace(ACCOUNT, **change), None, clock)

    assert wrong.value.field == name


def test_the_year_of_the_series_is_the_hospitals() -> None:
    new_year = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)

    assert requests.series_of(ACCOUNT, replace(DRAFT, dated_at=new_year)) == "C27TVP"


def test_the_adapter_is_found_and_shows_no_password(provider: Sinvoice) -> None:
    assert installed() is build
    assert ACCOUNT.password.reveal() not in repr(provider) + repr(ACCOUNT)
    assert ACCOUNT.since == date(2026, 1, 1)
    assert provider.is_sandbox
