"""A channel with a setting too few, too many or wrong is refused, by the name of the setting."""

from __future__ import annotations

import pytest

from adapters import bank_transfer, casso, sepay
from adapters.bank_transfer.sandbox import demo_settings
from payments.gateway import Attempt, Capability, Lists, Notifies, Payee, TransferTo
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd

BUILDS = {"bank_transfer": bank_transfer.build, "sepay": sepay.build, "casso": casso.build}
LIVE = {
    "bank_transfer": {
        "bin": "970436",
        "account": "0071000123456",
        "holder": "BENH VIEN",
        "notified_by": "sepay",
    },
    "sepay": {"webhook_secret": "a-live-secret", "api_token": "a-live-token"},
    "casso": {"checksum_key": "a-live-key", "api_key": "AK_CS.live"},
}


@pytest.fixture(params=sorted(BUILDS))
def name(request):
    return request.param


def test_demo_settings_build_and_are_known_as_sandbox(name, clock):
    adapter = BUILDS[name](demo_settings("http://127.0.0.1:8081")[name], None, clock)

    assert adapter.is_sandbox


def test_live_settings_are_no_sandbox(name, clock):
    assert not BUILDS[name](LIVE[name], None, clock).is_sandbox


def test_each_missing_setting_is_named(name, clock):
    for missing in LIVE[name]:
        for settings in (
            {key: value for key, value in LIVE[name].items() if key != missing},
            LIVE[name] | {missing: "  "},
        ):
            with pytest.raises(InvalidField) as refused:
                BUILDS[name](settings, None, clock)
            assert refused.value.field == missing


def test_unknown_setting_is_named(name, clock):
    with pytest.raises(InvalidField) as refused:
        BUILDS[name](LIVE[name] | {"secrett": "x"}, None, clock)

    assert refused.value.field == "secrett"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("bank_transfer", "bin", "97043"),
        ("bank_transfer", "bin", "٩٧٠٤٣٦"),
        ("bank_transfer", "account", "0071 0001"),
        ("bank_transfer", "account", "1" * 20),
        ("bank_transfer", "holder", "X" * 101),
        ("bank_transfer", "notified_by", "sepay,,casso"),
        ("bank_transfer", "notified_by", "sepay,sepay"),
        ("bank_transfer", "notified_by", "Sê"),
        ("sepay", "auth", "none"),
        ("sepay", "api", "v3"),
        ("sepay", "body", "multipart"),
        ("sepay", "webhook_key", "ak_live"),
        ("sepay", "api_token", "with\nline"),
        ("sepay", "api_url", "http://userapi.sepay.vn/v2"),
        ("sepay", "api_url", "https://169.254.169.254/"),
        ("sepay", "api_url", "https://[::1]/"),
        ("sepay", "api_url", "https://0x7f000001/"),
        ("sepay", "api_url", "https://user:pass@userapi.sepay.vn/"),
        ("sepay", "api_url", "ftp://127.0.0.1/"),
        ("casso", "webhook", "v3"),
        ("casso", "secure_token", "tok"),
        ("casso", "api_url", "//oauth.casso.vn"),
        ("casso", "api_url", "https://10.0.0.1"),
    ],
)
def test_wrong_setting_is_named(name, field, value, clock):
    with pytest.raises(InvalidField) as refused:
        BUILDS[name](LIVE[name] | {field: value}, None, clock)

    assert refused.value.field == field


def test_bank_transfer_opens_with_payee_and_memo_and_says_whom_it_believes(clock):
    adapter = bank_transfer.build(demo_settings("http://localhost")["bank_transfer"], None, clock)

    shown = adapter.open(Attempt("VPH1234567890", vnd(5_000), clock.now()))

    payee = Payee("999999", "99001000001", "BENH VIEN DA KHOA THU NGHIEM")
    assert shown == TransferTo(payee, "VPH1234567890")
    assert adapter.notified_by == ("sepay", "casso")
    assert adapter.supports == {Capability.OPENS}
    assert not isinstance(adapter, Notifies | Lists)
