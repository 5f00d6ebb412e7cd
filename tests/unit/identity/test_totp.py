"""The codes are those of the RFCs, and each counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from payments.identity import totp

#: RFC 6238, appendix B, SHA-1 rows.
_RFC_SECRET = b"12345678901234567890"
_RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
#: RFC 4226, appendix D.
_RFC_4226 = [
    "755224", "287082", "359152", "969429", "338314",
    "254676", "287922", "162583", "399871", "520489",
]  # fmt: skip
NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "code"), _RFC_6238)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))

    assert totp.code_at(_RFC_SECRET, step, digits=8) == code


@pytest.mark.parametrize("count", range(10))
def test_codes_are_those_of_rfc_4226(count: int) -> None:
    assert totp.code_at(_RFC_SECRET, count) == _RFC_4226[count]


@pytest.mark.parametrize(
    ("seconds", "is_good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_window_is_one_step_on_each_side(seconds: int, is_good: bool) -> None:
    secret = totp.new_secret()
    code = totp.code_at(secret, totp.step_of(NOW + timedelta(seconds=seconds)))

    assert (totp.matching_step(secret, code, NOW, after=0) is not None) is is_good


def test_a_step_that_was_used_and_those_before_it_count_no_more() -> None:
    secret, here = totp.new_secret(), totp.step_of(NOW)

    assert totp.matching_step(secret, totp.code_at(secret, here), NOW, after=here) is None
    assert totp.matching_step(secret, totp.code_at(secret, here - 1), NOW, after=here) is None
    assert totp.matching_step(secret, totp.code_at(secret, here + 1), NOW, after=here) == here + 1


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "１２３４５６", "0000000"])
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    assert totp.matching_step(_RFC_SECRET, typed, NOW, after=0) is None


def test_address_for_the_app_carries_secret_and_names() -> None:
    secret = totp.new_secret()

    told = urlsplit(totp.address(secret, login="le.thi.mau", issuer="Vienphi 99001"))

    assert (told.scheme, told.netloc) == ("otpauth", "totp")
    assert told.path == "/Vienphi%2099001:le.thi.mau"
    assert parse_qs(told.query) == {
        "secret": [totp.as_text(secret).replace(" ", "")],
        "issuer": ["Vienphi 99001"],
    }
