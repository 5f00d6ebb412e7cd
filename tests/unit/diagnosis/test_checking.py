"""Settings are checked by name, the gateway is asked, and the list tells what is installed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.channels import service as channels
from payments.config import Mode
from payments.diagnosis import checking
from payments.diagnosis.subjects import Subject, Version, at_sandbox, of_channel
from payments.gateway import Gateways
from payments.kernel.errors import InvalidField
from tests.support.gateways import desk, settings_of_sandbox
from tests.support.hospital import Hospital
from tests.unit.diagnosis.test_explaining import called

NAMES = ("vnpay", "momo", "stripe")


def keys_of(hospital: Hospital, subject: Subject) -> list[str]:
    return [step.key for step in checking.check(hospital.runtime, subject)]


@pytest.mark.parametrize("name", NAMES)
def test_right_settings_are_taken_by_the_gateway(
    hospital: Hospital, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    desk(hospital, name)

    assert called(hospital, "check", name, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    found = {step["step"] for step in told["steps"]}
    assert told["good"] is True
    assert "keys_sandbox" in found
    assert found & {"asked_unknown", "asked_answered"}


@pytest.mark.parametrize("name", NAMES)
def test_sandbox_is_checked_within_the_process(hospital: Hospital, name: str) -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"the network was asked: {request.url.host}")

    hospital.runtime = replace(hospital.runtime, transport=httpx.MockTransport(refused))

    found = keys_of(hospital, at_sandbox(name))

    assert {"asked_unknown", "asked_answered"} & set(found)


@pytest.mark.parametrize(("name", "secret"), [("vnpay", "hash_secret"), ("momo", "secret_key")])
def test_wrong_key_is_refused_by_the_gateway(hospital: Hospital, name: str, secret: str) -> None:
    desk(hospital, name)
    settings = {**settings_of_sandbox(name), secret: "wrongkeywrongkeywrongkeywrongkey"}
    subject = Subject(name, name, (Version(1, settings),), hospital.runtime.gateways)

    steps = checking.check(hospital.runtime, subject)

    assert steps[-1].key == "asked_failed"
    assert not checking.is_good(steps)


def test_every_wrong_setting_is_named(hospital: Hospital) -> None:
    settings = {"tmn_code": "x", "typo": "1", "base_url": "ftp://canary-7c1e"}
    subject = Subject("vnpay", "v", (Version(1, settings),), Gateways.named(("vnpay",)))

    steps = checking.check(hospital.runtime, subject)

    wrong = {step.facts["field"]: step for step in steps if step.key == "setting_wrong"}
    assert wrong.keys() == {"tmn_code", "typo", "base_url", "hash_secret"}
    for language in ("vi", "en", "fr"):
        assert "hash_secret" in wrong["hash_secret"].text(language)
        assert not [step for step in steps if "canary-7c1e" in step.text(language)]


def test_gateway_that_is_silent_is_no_good(hospital: Hospital) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    desk(hospital, "vnpay")
    hospital.runtime = replace(hospital.runtime, transport=httpx.MockTransport(silent))

    assert called(hospital, "check", "vnpay") == 1


def test_production_refuses_a_sandbox_key(hospital: Hospital) -> None:
    desk(hospital, "vnpay")
    subject = of_channel(hospital.runtime, hospital.scope, "vnpay")
    live = replace(hospital.runtime.settings, mode=Mode.PRODUCTION)
    hospital.runtime = replace(hospital.runtime, settings=live)

    assert "keys_refused" in keys_of(hospital, subject)


def test_list_names_adapters_and_channels_without_secrets(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    desk(hospital, "vnpay")

    assert called(hospital, "list", "--json") == 0
    out = capsys.readouterr().out
    found: dict[str, Any] = {one["name"]: one for one in json.loads(out)}

    assert found["vnpay"]["proof"] == "signature"
    assert "refunds" in found["vnpay"]["supports"]
    assert found["vnpay"]["channels"] == [
        {"slug": "vnpay", "version": 1, "state": "open", "keys": "sandbox"}
    ]
    assert found["bank_transfer"]["supports"]
    assert found["stripe"]["is_enabled"] is False
    assert "ak_test_1" not in out


def test_two_channels_of_one_adapter_must_be_named(hospital: Hospital) -> None:
    desk(hospital, "vnpay")
    runtime, scope = hospital.runtime, hospital.scope
    settings = settings_of_sandbox("vnpay")
    with runtime.database.transaction(scope) as tx:
        channels.put(tx, runtime, slug="second", adapter="vnpay", settings=settings)
    # A slug is meant before an adapter.
    assert of_channel(runtime, scope, "vnpay").slug == "vnpay"

    with runtime.database.transaction(scope) as tx:
        channels.put(tx, runtime, slug="third", adapter="vnpay", settings=settings)
        channels.end(tx, "vnpay", 1)

    with pytest.raises(InvalidField) as several:
        of_channel(runtime, scope, "vnpay")
    assert several.value.key == "several_channels"
    assert several.value.extras["known"] == "second, third"
    assert of_channel(runtime, scope, "vnpay", hint="third").slug == "third"
    with pytest.raises(InvalidField) as none:
        of_channel(runtime, scope, "nobody")
    assert none.value.key == "no_channel"
