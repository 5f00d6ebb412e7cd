"""One kept request is explained as the webhook would treat it, and nothing of it is kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from sqlalchemy import func, select

from adapters.momo import signature as momo
from adapters.stripe import signature as stripe
from adapters.vnpay import signature as vnpay
from payments.diagnosis import commands
from payments.gateway import RawNotification, Verdict
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.storage.columns import METADATA
from tests.support.feeds import MODES, switch_to, transfer
from tests.support.gateways import GatewayDesk, desk, settings_of_sandbox
from tests.support.hospital import Hospital

NAMES = ("vnpay", "momo", "stripe")
Change = Callable[[str], str]


class Told:
    """What the command said of one request."""

    def __init__(self, code: int, out: str) -> None:
        self.code = code
        self.out = out
        self.steps = {step["step"]: step for step in json.loads(out)["steps"]}

    def fact(self, step: str, name: str) -> str:
        return str(self.steps[step]["facts"][name])


@pytest.fixture
def explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    def run(hospital: Hospital, name: str, data: bytes, *more: str) -> Told:
        path = tmp_path / "request.txt"
        path.write_bytes(data)
        before = rows(hospital)
        code = called(hospital, "explain", name, str(path), "--json", *more)
        assert rows(hospital) == before
        return Told(code, capsys.readouterr().out)

    return run


def called(hospital: Hospital, *words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["gateways", *words])
    return int(args.run_with(hospital.runtime, hospital.scope, args))


def rows(hospital: Hospital) -> dict[str, int]:
    """Count the rows of every table: what is stored anywhere is seen here."""
    with hospital.runtime.database.reading(hospital.scope) as tx:
        present = [one for one in METADATA.sorted_tables if one.c.keys() and _is_ours(one)]
        return {
            one.name: tx.execute(select(func.count()).select_from(one)).scalar_one()
            for one in present
        }


def _is_ours(table: Any) -> bool:
    return table.name in {
        "notification", "refused_message", "audit_event", "payment", "intent",
        "gateway_attempt", "gateway_booking", "job", "bank_credit", "ledger_txn",
    }  # fmt: skip


def written(raw: RawNotification, path: str) -> bytes:
    """Write a request as a capture has it."""
    target = f"{path}?{raw.raw_query}" if raw.raw_query else path
    lines = [f"{raw.method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in raw.headers.items())]
    lines = [one for one in lines if not one.startswith("content-length")]
    lines.append(f"content-length: {len(raw.body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + raw.body


def resigned(name: str, raw: RawNotification, change: Change) -> RawNotification:
    """Let *change* rewrite the message, and prove it anew with the right key."""
    settings = settings_of_sandbox(name)
    if name == "vnpay":
        params = dict(parse_qsl(change(raw.raw_query), keep_blank_values=True))
        del params[vnpay.HASH]
        params[vnpay.HASH] = vnpay.sign(params, settings["hash_secret"])
        return replace(raw, raw_query=urlencode(params))
    body = change(raw.body.decode()).encode()
    if name == "momo":
        fields = json.loads(body)
        keys = settings["access_key"], settings["secret_key"]
        signed = {**fields, "signature": momo.sign(fields, momo.RESULT, keys)}
        return replace(raw, body=json.dumps(signed).encode())
    seconds = int(raw.received_at.timestamp())
    headers = {stripe.HEADER: stripe.header(body, seconds, settings["webhook_secret"])}
    return replace(raw, body=body, headers={**raw.headers, **headers})


def changed(raw: RawNotification, change: Change) -> RawNotification:
    """Change the message and leave its proof as it was."""
    body = change(raw.body.decode()).encode()
    return replace(raw, raw_query=change(raw.raw_query), body=body)


class Collected:
    """One attempt at a gateway that was paid, and the message of it, not delivered yet."""

    def __init__(self, hospital: Hospital, name: str, **fault: Any) -> None:
        self.desk: GatewayDesk = desk(hospital, name)
        self.invoice = hospital.issue()
        intent = self.desk.open(self.invoice)
        self.code = self.desk.intent(intent).code
        [self.raw] = self.desk.play(intent, "pay", **fault)[-1:]

    def file(self, raw: RawNotification | None = None) -> bytes:
        return written(raw or self.raw, f"/webhooks/{self.desk.name}")


@pytest.mark.parametrize("name", NAMES)
def test_right_message_is_accepted_and_everything_about_it_is_said(
    hospital: Hospital, explain: Callable[..., Told], name: str
) -> None:
    paid = Collected(hospital, name)

    told = explain(hospital, name, paid.file())

    assert told.code == 0
    assert told.fact("verdict", "verdict") == "stored"
    assert told.fact("names", "code") == paid.code
    assert told.fact("event", "outcome") == "captured"
    assert {"route", "covered", "proven", "amount_fits"} <= told.steps.keys()
    answer = paid.desk.replies(Verdict.STORED)
    assert told.fact("reply", "status") == str(answer.status)
    # It was only rehearsed: the real message is news.
    assert paid.desk.deliver(paid.raw) == [answer]
    assert explain(hospital, name, paid.file()).fact("verdict", "verdict") == "duplicate"


@pytest.mark.parametrize("name", NAMES)
def test_tampered_message_is_refused_as_wrongly_proven(
    hospital: Hospital, explain: Callable[..., Told], name: str
) -> None:
    paid = Collected(hospital, name)

    raw = changed(paid.raw, lambda text: text.replace("150000", "150001"))
    assert raw != paid.raw
    told = explain(hospital, name, paid.file(raw))

    assert told.code == 1
    assert "doubt_wrong" in told.steps
    assert "event" not in told.steps
    answer = paid.desk.replies(Verdict.BAD_SIGNATURE)
    assert told.fact("reply", "status") == str(answer.status)
    assert paid.desk.deliver(raw) == [answer]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("vnpay", "vnp_TmnCode=", "vnp_TmnCode=X"),
        ("momo", '"partnerCode":', '"partnerCode": "MOMOOTHER", "was":'),
        ("stripe", "{", '{"account": "acct_other", '),
    ],
)
def test_foreign_merchant_is_named_as_such(
    hospital: Hospital, explain: Callable[..., Told], name: str, old: str, new: str
) -> None:
    paid = Collected(hospital, name)

    raw = resigned(name, paid.raw, lambda text: text.replace(old, new, 1))
    assert raw != paid.raw
    told = explain(hospital, name, paid.file(raw))

    assert told.code == 1
    assert "doubt_foreign" in told.steps


@pytest.mark.parametrize("name", NAMES)
def test_unknown_reference_is_said_with_the_reply(
    hospital: Hospital, explain: Callable[..., Told], name: str
) -> None:
    paid = Collected(hospital, name)

    raw = resigned(name, paid.raw, lambda text: text.replace(paid.code, "VPHNOBODY"))
    told = explain(hospital, name, paid.file(raw))

    assert told.code == 1
    assert told.fact("names_nothing", "reference") == "VPHNOBODY"
    assert told.fact("verdict", "verdict") == "unknown_reference"


@pytest.mark.parametrize("name", NAMES)
def test_wrong_amount_is_compared_with_what_was_asked(
    hospital: Hospital, explain: Callable[..., Told], name: str
) -> None:
    paid = Collected(hospital, name)

    raw = resigned(name, paid.raw, lambda text: text.replace("150000", "149000"))
    told = explain(hospital, name, paid.file(raw))

    assert told.code == 1
    assert told.fact("amount_differs", "amount").startswith("149.000")
    assert told.fact("amount_differs", "asked").startswith("150.000")
    assert told.fact("verdict", "verdict") == "amount_differs"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", [b"", b"\x00\xff garbage", b'{"a":', b"[" * 5000])
def test_garbage_is_refused_without_a_proof(
    hospital: Hospital, explain: Callable[..., Told], name: str, body: bytes
) -> None:
    desk(hospital, name)
    head = f"POST /webhooks/{name} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()

    told = explain(hospital, name, head + body)

    assert told.code == 1
    assert "doubt_missing" in told.steps


def test_old_message_of_stripe_is_stale_and_right_for_its_time(
    hospital: Hospital, explain: Callable[..., Told]
) -> None:
    paid = Collected(hospital, "stripe")
    came = paid.raw.received_at
    later = (came + timedelta(minutes=6)).isoformat()

    assert "doubt_stale" in explain(hospital, "stripe", paid.file(), "--at", later).steps
    assert explain(hospital, "stripe", paid.file(), "--at", came.isoformat()).code == 0


def sepay(hospital: Hospital, memo: str, dong: int, **how: Any) -> bytes:
    mode = MODES["sepay hmac json"]
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        switch_to(tx, hospital.runtime, mode)
    now = hospital.runtime.clock.now()
    return written(mode.raw(transfer(7, memo, dong, now), now, **how), "/webhooks/sepay")


def test_transfer_told_by_sepay_names_its_code(
    hospital: Hospital, explain: Callable[..., Told]
) -> None:
    intent = hospital.show(hospital.issue())
    request = sepay(hospital, f"NGUYEN VAN KIN {intent.code} CK", 150_000)

    told = explain(hospital, "sepay", request)

    assert told.code == 0
    assert told.fact("names", "code") == intent.code
    assert told.fact("reason", "reason") == "posted"
    assert told.fact("covered", "fields") == "X-SePay-Timestamp, (body)"
    for hidden in ("VAN KIN", "NGUYEN VAN THU", "0123456789", "0071000123456"):
        assert hidden not in told.out


def test_sepay_short_unknown_forged_and_stale(
    hospital: Hospital, explain: Callable[..., Told]
) -> None:
    intent = hospital.show(hospital.issue())

    short = explain(hospital, "sepay", sepay(hospital, intent.code, 149_000))
    nameless = explain(hospital, "sepay", sepay(hospital, "TIEN KHAM", 150_000))
    forged = explain(hospital, "sepay", sepay(hospital, intent.code, 150_000, forged=True))
    old = timedelta(minutes=-30)
    stale = explain(hospital, "sepay", sepay(hospital, intent.code, 150_000, signed_at=old))

    assert {"names"} <= short.steps.keys()
    assert "memo_without_code" in nameless.steps
    assert nameless.fact("reason", "reason") == "suspense"
    assert "doubt_wrong" in forged.steps
    assert "doubt_stale" in stale.steps
    assert (forged.code, stale.code) == (1, 1)
    assert hospital.balance("2200") == vnd(0)


@pytest.mark.parametrize("name", NAMES)
def test_secret_that_a_message_repeats_is_shown_nowhere(
    hospital: Hospital, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = Collected(hospital, name)
    schema = {one.name: one for one in hospital.runtime.gateways.settings(name)}
    settings = settings_of_sandbox(name)
    hidden = [value for key, value in settings.items() if schema[key].is_secret]
    path = tmp_path / "canary.txt"
    assert hidden

    for canary in hidden:
        raw = resigned(name, paid.raw, lambda text, c=canary: text.replace(paid.code, c))
        path.write_bytes(written(raw, f"/webhooks/{name}/{canary}"))
        for more in ((), ("--json",), ("--lang", "vi"), ("--lang", "fr")):
            called(hospital, "explain", name, str(path), *more)
        called(hospital, "check", name)
        called(hospital, "list")

    shown = capsys.readouterr()
    assert shown.out
    assert not [one for one in hidden if one in shown.out + shown.err]


def test_wrong_address_and_method_are_named(
    hospital: Hospital, explain: Callable[..., Told]
) -> None:
    paid = Collected(hospital, "vnpay")

    elsewhere = explain(hospital, "vnpay", written(paid.raw, "/ipn"))
    put = explain(hospital, "vnpay", written(replace(paid.raw, method="PUT"), "/webhooks/vnpay"))

    assert elsewhere.fact("route_other", "path") == "/webhooks/vnpay"
    assert put.code == 1
    assert "method_refused" in put.steps
    assert "proven" not in put.steps


def test_line_of_an_editor_behind_the_body_is_left_out(
    hospital: Hospital, explain: Callable[..., Told]
) -> None:
    paid = Collected(hospital, "momo")

    told = explain(hospital, "momo", paid.file() + b"\n")

    assert told.code == 0
    assert told.fact("body_surplus", "bytes") == "1"


def test_sandbox_settings_need_no_channel(hospital: Hospital, explain: Callable[..., Told]) -> None:
    paid = Collected(hospital, "momo")

    told = explain(hospital, "momo", paid.file(), "--sandbox")

    assert told.code == 0
    assert {"proven", "no_channel"} <= told.steps.keys()


@pytest.mark.parametrize(
    ("data", "line", "key"),
    [
        (b"", 1, "request_line"),
        (b"hello\n", 1, "request_line"),
        (b"GET /x HTTP/1.1\nno header\n\n", 2, "request_header"),
        (b"POST http://[x/ HTTP/1.1\n\n", 1, "request_line"),
    ],
)
def test_what_is_no_request_is_refused_by_its_line(
    hospital: Hospital, tmp_path: Path, data: bytes, line: int, key: str
) -> None:
    path = tmp_path / "request.txt"
    path.write_bytes(data)

    with pytest.raises(InvalidField) as refused:
        called(hospital, "explain", "sepay", str(path))

    assert (refused.value.line, refused.value.key) == (line, key)
