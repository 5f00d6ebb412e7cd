"""Every gateway that sends notifications keeps these promises."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from payments.gateway import (
    Capability,
    Lists,
    Malformed,
    NotAuthentic,
    Notifies,
    Opens,
    Outcome,
    Proof,
    RawNotification,
    Reply,
    Verdict,
)
from payments.kernel.money import vnd
from tests.contract.channels import ACCOUNT


def test_notification_carries_account_reference_memo_amount_and_time(gateway, notified, clock):
    raw = notified(amount=150_000, memo="VPH1234567890 vien phi", reference="FT26328000077")

    [notification] = gateway.read(raw)

    assert notification.outcome is Outcome.CAPTURED
    assert notification.amount == vnd(150_000)
    assert notification.account == ACCOUNT
    assert notification.transaction == "FT26328000077"
    assert notification.memo == "VPH1234567890 vien phi"
    assert notification.occurred_at == clock.now()
    assert notification.reference == ""


def test_money_that_leaves_is_positive_and_paid_out(gateway, notified):
    [notification] = gateway.read(notified(amount=-70_000))

    assert (notification.outcome, notification.amount) == (Outcome.PAID_OUT, vnd(70_000))


def test_repeat_has_the_same_event_id_and_two_transfers_have_two(gateway, notified, resent):
    [first] = gateway.read(notified())

    [repeat] = gateway.read(resent(1))
    [other] = gateway.read(notified())

    assert repeat == first
    assert other.event_id != first.event_id


def test_bank_that_gives_no_reference_is_no_obstacle(gateway, notified):
    [notification] = gateway.read(notified(reference=""))

    assert notification.transaction == ""
    assert notification.event_id


def test_forgery_is_refused_or_says_nothing_new(gateway, notified):
    if gateway.proof is not Proof.SIGNATURE:
        pytest.skip("nothing in the message is signed; the inbox asks the gateway instead")
    raw = notified(memo="VPH1234567890 viện phí")
    truth = gateway.read(raw)

    for forged in forgeries(raw):
        try:
            told = gateway.read(forged)
        except (NotAuthentic, Malformed):
            continue
        assert told == truth


def test_altered_proof_is_refused(gateway, notified):
    raw = notified()
    for name in ("authorization", "x-sepay-signature", "x-sepay-timestamp", "secure-token"):
        if name in raw.headers:
            for value in altered(raw.headers[name]):
                with pytest.raises(NotAuthentic):
                    gateway.read(replace(raw, headers=dict(raw.headers) | {name: value}))
    with pytest.raises(NotAuthentic):
        gateway.read(replace(raw, headers={}))


def test_message_signed_with_another_key_is_refused(gateway, channel, branch, notified, clock):
    notified()

    forged = channel.feed.message(branch.bank.numbered(1), clock.now(), forged=True)

    with pytest.raises(NotAuthentic):
        gateway.read(RawNotification({}, forged.headers, forged.body, clock.now()))


@pytest.mark.parametrize("minutes", [-10, 10])
def test_signature_of_another_time(gateway, notified, clock, minutes):
    raw = notified()
    truth = gateway.read(raw)

    clock.advance(timedelta(minutes=minutes))
    raw = replace(raw, received_at=clock.now())

    if "x-sepay-timestamp" in raw.headers:
        with pytest.raises(NotAuthentic):
            gateway.read(raw)
    else:
        # Casso does not say whether a repeat is signed anew, and the others sign no time.
        assert gateway.read(raw) == truth


@pytest.mark.parametrize(
    ("verdict", "reply"),
    [
        (Verdict.STORED, Reply(200, {"success": True})),
        (Verdict.DUPLICATE, Reply(200, {"success": True})),
        (Verdict.UNKNOWN_REFERENCE, Reply(200, {"success": True})),
        (Verdict.AMOUNT_DIFFERS, Reply(200, {"success": True})),
        (Verdict.BAD_SIGNATURE, Reply(401, {"success": False})),
        (Verdict.TRY_AGAIN, Reply(503, {"success": False})),
    ],
)
def test_every_verdict_has_its_reply(gateway, verdict, reply):
    assert gateway.reply(verdict) == reply


def test_no_verdict_is_without_a_reply(gateway):
    assert {gateway.reply(verdict).status for verdict in Verdict} == {200, 401, 503}


def test_what_is_declared_is_what_is_there(gateway):
    kinds = {
        Capability.NOTIFIES: Notifies,
        Capability.LISTS: Lists,
        Capability.OPENS: Opens,
    }
    there = {flag for flag, protocol in kinds.items() if isinstance(gateway, protocol)}

    assert gateway.supports == there


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_marks_in_a_memo_read_the_same_in_both_forms(gateway, resigned, form):
    memo = "VPH1234567890 viện phí người bệnh Đặng Thị Thử"

    [notification] = gateway.read(resigned(memo=unicodedata.normalize(form, memo)))

    assert notification.memo == memo


def test_unknown_fields_are_no_obstacle(gateway, resigned):
    [plain] = gateway.read(resigned())

    [told] = gateway.read(resigned(extra={"newField": "x", "other": "1"}))

    assert told == plain


@pytest.mark.parametrize(
    ("moment", "is_day"),
    [
        (datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC), "2026-11-24 23:59:59"),
        (datetime(2026, 11, 24, 17, 0, 0, tzinfo=UTC), "2026-11-25 00:00:00"),
        (datetime(2026, 12, 31, 17, 0, 0, tzinfo=UTC), "2027-01-01 00:00:00"),
    ],
)
def test_wire_time_is_vietnamese_and_ours_is_utc(gateway, notified, clock, moment, is_day):
    clock.set(moment)

    raw = notified()
    [notification] = gateway.read(raw)

    assert is_day.replace(" ", "+").replace(":", "%3A").encode() in raw.body or (
        is_day.encode() in raw.body
    )
    assert notification.occurred_at == moment


def test_no_secret_and_no_payer_is_printed(gateway, channel, notified):
    [notification] = gateway.read(notified())
    printed = repr(gateway) + repr(notification)

    names = (
        "webhook_secret",
        "webhook_key",
        "api_token",
        "checksum_key",
        "secure_token",
        "api_key",
    )
    for name in names:
        if len(channel.settings.get(name, "")) > 3:
            assert channel.settings[name] not in printed
    assert "NGUYEN VAN THU" not in printed


def forgeries(raw: RawNotification) -> Iterator[RawNotification]:
    """Copies of *raw* with one byte changed, dropped or added in each."""
    for index in range(len(raw.body)):
        for byte in (b"~", b"0", b'"', bytes([raw.body[index] ^ 1])):
            yield replace(raw, body=raw.body[:index] + byte + raw.body[index + 1 :])
        yield replace(raw, body=raw.body[:index] + raw.body[index + 1 :])
    for addition in (b" ", b"}", b'{"a":1}', b"\x00"):
        yield replace(raw, body=raw.body + addition)
    for name, value in raw.headers.items():
        for changed in altered(value):
            yield replace(raw, headers=dict(raw.headers) | {name: changed})


def altered(value: str) -> Iterator[str]:
    for index in range(len(value)):
        yield value[:index] + chr(ord(value[index]) ^ 1) + value[index + 1 :]
    yield ""
    yield value + "0"
    yield " " + value
    yield "\udcff"
