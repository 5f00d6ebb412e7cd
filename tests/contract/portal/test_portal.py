"""Every adapter of the insurer's portal keeps these promises; held against the sandbox."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.bhyt_portal import build
from adapters.bhyt_portal.adapter import BhytPortal
from adapters.bhyt_portal.requests import password_hash
from adapters.bhyt_portal.sandbox import ACCOUNT, PortalSandbox
from adapters.bhyt_portal.sandbox_book import CALLS_A_MINUTE_MAX, turned
from adapters.bhyt_portal.sandbox_people import BIRTH, CARD_CODES, NAME, card_of
from payments.card_checks.codes import MEANINGS
from payments.external.portal import Account, CardQuestion, NoAnswer, Silence, Standard
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.scope import FacilityId
from payments.kernel.secret import Secret
from tests.contract.portal.conftest import Wire

RIGHT = CardQuestion(card_of("000"), NAME, BIRTH)
DOSSIER = (
    b"<GIAMDINHHS><THONGTINDONVI><MACSKCB>99001</MACSKCB></THONGTINDONVI>"
    b"<THONGTINHOSO><SOLUONGHOSO>1</SOLUONGHOSO><DANHSACHHOSO><HOSO/></DANHSACHHOSO>"
    b"</THONGTINHOSO></GIAMDINHHS>"
)


def asked(**changes: str) -> CardQuestion:
    return replace(RIGHT, **changes)


def test_a_right_card_comes_with_all_its_facts(portal: BhytPortal) -> None:
    told = portal.card(RIGHT)

    assert (told.code, told.card, told.name, told.birth) == ("000", RIGHT.card, NAME, BIRTH)
    assert (told.valid_from, told.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (told.registered_facility, told.five_years_from) == ("99001", date(2024, 6, 1))
    assert told.new_card is None
    assert b"maKetQua" in told.raw


@pytest.mark.parametrize("code", CARD_CODES)
def test_every_card_is_answered_with_its_code(portal: BhytPortal, code: str) -> None:
    assert portal.card(asked(card=card_of(code))).code == code
    assert code in MEANINGS


@pytest.mark.parametrize("code", ["003", "004"])
def test_a_card_that_was_replaced_names_the_new_one(portal: BhytPortal, code: str) -> None:
    new = portal.card(asked(card=card_of(code))).new_card

    assert new is not None
    assert (new.valid_from, new.registered_facility) == (date(2026, 12, 1), "99001")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"card": "DN4999999"}, "051"),
        ({"card": "DN4990000000999"}, "050"),
        ({"card": "DN4010000000000"}, "052"),
        ({"card": "DN2990000000000"}, "053"),
        ({"card": "HT4990000000000"}, "051"),
        ({"name": "LÊ THỊ NGHIỆM"}, "060"),
        ({"name": "NGUYỄN VĂN MẪU"}, "061"),
        ({"birth": "15/03/1958"}, "070"),
        ({"name": ""}, "205"),
    ],
)
def test_what_is_asked_wrongly_has_a_code(
    portal: BhytPortal, changed: dict[str, str], code: str
) -> None:
    assert portal.card(asked(**changed)).code == code


@pytest.mark.parametrize("birth", ["14/03/1958", "03/1958", "1958"])
def test_as_much_of_a_birth_as_is_known_is_enough(portal: BhytPortal, birth: str) -> None:
    assert portal.card(asked(birth=birth)).code == "000"


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (replace(ACCOUNT, staff_id=Secret("099085000009")), "054"),
        (replace(ACCOUNT, staff_name="AI ĐÓ THỬ"), "055"),
    ],
)
def test_who_looks_must_be_registered(
    wire: Wire, clock: FrozenClock, account: Account, code: str
) -> None:
    portal = build("http://127.0.0.1", FacilityId(99001), account, wire, clock)

    assert portal.card(RIGHT).code == code


def test_one_session_serves_many_calls(portal: BhytPortal, sandbox: PortalSandbox) -> None:
    portal.card(RIGHT)
    portal.card(RIGHT)
    portal.copayment(RIGHT)

    assert sandbox.book.calls == ["token", "card", "card", "copayment"]


def test_a_session_is_taken_anew_before_it_ends(
    portal: BhytPortal, sandbox: PortalSandbox, clock: FrozenClock
) -> None:
    portal.card(RIGHT)
    clock.advance(timedelta(minutes=9, seconds=30))

    portal.card(RIGHT)

    assert sandbox.book.calls == ["token", "card", "token", "card"]


@pytest.mark.parametrize("verb", ["card", "copayment"])
def test_a_session_that_ended_early_costs_one_more_call(
    portal: BhytPortal, sandbox: PortalSandbox, verb: str
) -> None:
    portal.card(RIGHT)
    sandbox.book.forget_sessions()
    sandbox.book.calls.clear()

    told = getattr(portal, verb)(RIGHT)

    assert told.code in ("000", "200")
    assert sandbox.book.calls == [verb, "token", verb]


@pytest.mark.parametrize("verb", ["card", "copayment"])
def test_a_refused_session_is_tried_exactly_once_more(
    portal: BhytPortal, sandbox: PortalSandbox, verb: str
) -> None:
    sandbox.book.knobs = turned(sandbox.book.knobs, {"refuse_tokens": True})

    with pytest.raises(NoAnswer) as refused:
        getattr(portal, verb)(RIGHT)

    assert refused.value.silence is Silence.REFUSED
    assert sandbox.book.calls == ["token", verb, "token", verb]


def test_a_wrong_password_asks_nothing(
    wire: Wire, clock: FrozenClock, sandbox: PortalSandbox
) -> None:
    account = replace(ACCOUNT, password=Secret("khác"))
    portal = build("http://127.0.0.1", FacilityId(99001), account, wire, clock)

    with pytest.raises(NoAnswer) as refused:
        portal.card(RIGHT)

    assert refused.value.silence is Silence.REFUSED
    assert sandbox.book.calls == ["token"]


def test_a_line_that_breaks_is_never_tried_again(
    portal: BhytPortal, sandbox: PortalSandbox, wire: Wire
) -> None:
    portal.card(RIGHT)
    sandbox.book.knobs = turned(sandbox.book.knobs, {"down": True})
    wire.sent.clear()

    with pytest.raises(NoAnswer) as silent:
        portal.card(RIGHT)

    assert silent.value.silence is Silence.TIMED_OUT
    assert len(wire.sent) == 1


def test_nothing_sent_is_told_apart(clock: FrozenClock) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no way", request=request)

    line = httpx.MockTransport(refuse)
    portal = build("http://127.0.0.1", FacilityId(99001), ACCOUNT, line, clock)

    with pytest.raises(NoAnswer) as silent:
        portal.card(RIGHT)

    assert silent.value.silence is Silence.NOT_SENT


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>maintenance</html>", b"[]", b"{}", b'{"maKetQua":null}', b'{"maKetQua":"ok"}',
     b'{"maKetQua":"000","gtTheTu":"31/02/2026"}', b'{"maKetQua":"000","MaKetQua":"010"}'],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 500, 503])
def test_what_is_no_answer_is_none_whatever_its_status(
    wire: Wire, portal: BhytPortal, body: bytes, status: int
) -> None:
    portal.card(RIGHT)
    wire.inner = httpx.MockTransport(lambda _: httpx.Response(status, content=body))

    with pytest.raises(NoAnswer) as silent:
        portal.card(RIGHT)

    assert silent.value.silence is Silence.UNREADABLE
    assert silent.value.raw == body


@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_code_decides_and_not_the_status(wire: Wire, portal: BhytPortal, status: int) -> None:
    portal.card(RIGHT)
    body = b'{"maKetQua":"010","maThe":""}'
    wire.inner = httpx.MockTransport(lambda _: httpx.Response(status, content=body))

    assert portal.card(RIGHT).code == "010"


def test_co_payments_come_visit_by_visit(portal: BhytPortal) -> None:
    told = portal.copayment(RIGHT)

    assert told.code == "200"
    assert [row.so_far for row in told.rows] == [
        Decimal(1_200_000), Decimal(3_545_678), Decimal(4_000_000),
    ]  # fmt: skip
    assert told.rows[0].day == date(2026, 2, 3)


def test_no_co_payments_are_none_and_no_failure(portal: BhytPortal) -> None:
    told = portal.copayment(asked(card="DN4999900000001"))

    assert (told.code, told.rows) == ("204", ())


def test_who_calls_too_much_is_restricted(portal: BhytPortal, clock: FrozenClock) -> None:
    codes = [portal.card(RIGHT).code for _ in range(CALLS_A_MINUTE_MAX + 1)]

    assert set(codes[:-1]) == {"000"}
    assert codes[-1] == "500"
    clock.advance(timedelta(minutes=5))
    assert portal.copayment(RIGHT).code == "500"
    clock.advance(timedelta(minutes=26))
    assert portal.card(RIGHT).code == "000"


@pytest.mark.parametrize("standard", Standard)
def test_a_dossier_is_taken_with_a_number_to_ask_by(
    portal: BhytPortal, sandbox: PortalSandbox, standard: Standard
) -> None:
    told = portal.submit(DOSSIER, standard)

    assert (told.code, told.transaction) == ("200", "GD990000000001")
    assert told.received_at == "20261124073000"
    assert sandbox.book.received[0].size == len(DOSSIER)


def test_a_check_in_is_another_kind(portal: BhytPortal, sandbox: PortalSandbox) -> None:
    told = portal.check_in(b"<CHI_TIEU_TRANG_THAI_KCB/>", Standard.QD3176)

    assert told.code == "200"
    assert [one.kind for one in sandbox.book.received] == ["0"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "204"),
        (b"<GIAMDINHHS>", "201"),
        (b"<HOSO/>", "201"),
        (DOSSIER.replace(b"99001", b"99002"), "202"),
        (DOSSIER.replace(b"<SOLUONGHOSO>1", b"<SOLUONGHOSO>2"), "202"),
    ],
)
def test_a_wrong_dossier_is_refused_with_a_code(
    portal: BhytPortal, sandbox: PortalSandbox, content: bytes, code: str
) -> None:
    told = portal.submit(content, Standard.QD3176)

    assert (told.code, told.transaction) == (code, "")
    assert not sandbox.book.received


def test_a_file_above_the_limit_is_refused(portal: BhytPortal, sandbox: PortalSandbox) -> None:
    sandbox.book.size_max_bytes = len(DOSSIER) - 1

    assert portal.submit(DOSSIER, Standard.QD3176).code == "1001"


def test_the_limit_is_that_of_the_hour(sandbox: PortalSandbox) -> None:
    assert sandbox.book.file_max_bytes(9) == 20 * 1024 * 1024
    assert sandbox.book.file_max_bytes(22) == 100 * 1024 * 1024


def test_another_hospitals_file_is_not_ours_to_send(wire: Wire, clock: FrozenClock) -> None:
    portal = build("http://127.0.0.1", FacilityId(99002), ACCOUNT, wire, clock)

    assert portal.submit(DOSSIER, Standard.QD3176).code == "403"


def test_the_wire_is_as_the_calls_are_described(portal: BhytPortal, wire: Wire) -> None:
    portal.card(RIGHT)
    portal.copayment(RIGHT)
    portal.submit(DOSSIER, Standard.QD4750)
    token, card, copayment, dossier = wire.sent

    # MD5 in capitals, as the portal wants it: the value of another program for the same password.
    assert password_hash(replace(ACCOUNT, password=Secret("password"))) == (
        "5F4DCC3B5AA765D61D8327DEB882CF99"
    )
    assert (token.method, token.url.path) == ("POST", "/api/token/take")
    assert card.url.path == "/api/egw/KQNhanLichSuKCB2024"
    assert list(card.url.params) == ["token", "id_token", "username", "password"]
    assert set(httpx.Response(200, content=card.read()).json()) == {
        "maThe", "hoTen", "ngaySinh", "hoTenCb", "cccdCb",
    }  # fmt: skip
    assert copayment.url.path == "/api/TraCuuCCT/TraCuuTienMCCT"
    assert {"accesstoken", "tokenid", "passwordhash"} <= set(copayment.headers)
    assert dossier.url.path == "/api/qd130/guiHoSoXmlQD4750"
    assert b"loaiHoSo=130&maTinh=99&maCSKCB=99001&fileHSBase64=" in dossier.read()


def test_every_call_is_logged_without_secrets_and_names(
    portal: BhytPortal, sandbox: PortalSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="portal"), capture_logs() as logged:
        portal.card(RIGHT)
        portal.copayment(RIGHT)
        portal.submit(DOSSIER, Standard.QD3176)
        sandbox.book.knobs = turned(sandbox.book.knobs, {"down": True})
        with pytest.raises(NoAnswer):
            portal.card(RIGHT)

    assert [(one["verb"], one["code"], one["silence"]) for one in logged] == [
        ("token", "200", ""),
        ("card", "000", ""),
        ("copayment", "200", ""),
        ("submit", "200", ""),
        ("card", "", "timed_out"),
    ]
    told = str(logged)
    secrets = {ACCOUNT.password.reveal(), ACCOUNT.staff_id.reveal(), password_hash(ACCOUNT)}
    for hidden in {RIGHT.card, RIGHT.card[-10:], NAME, "THỬ", BIRTH, *secrets}:
        assert hidden not in told
    assert logged[1]["name"] == "N.V.T."
    assert logged[1]["card"] == "…0000"


def test_neither_adapter_nor_account_shows_its_secrets(portal: BhytPortal) -> None:
    told = f"{portal!r} {ACCOUNT!r} {RIGHT!r}"

    for hidden in (ACCOUNT.password.reveal(), ACCOUNT.staff_id.reveal(), RIGHT.card, NAME):
        assert hidden not in told


@pytest.mark.parametrize("url", ["http://example.vn", "ftp://127.0.0.1", "https://10.0.0.1", ""])
def test_an_account_is_told_to_named_hosts_only(clock: FrozenClock, url: str) -> None:
    with pytest.raises(InvalidField):
        build(url, FacilityId(99001), ACCOUNT, None, clock)


def test_a_portal_on_this_machine_is_a_sandbox(clock: FrozenClock) -> None:
    real = build("https://portal.example", FacilityId(99001), ACCOUNT, None, clock)
    ours = build("http://127.0.0.1:8090", FacilityId(99001), ACCOUNT, None, clock)

    assert ours.is_sandbox
    assert not real.is_sandbox
