"""Every gateway that lists transactions keeps these promises: the net under lost webhooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from payments.gateway import Outcome
from payments.kernel.errors import Unavailable
from payments.kernel.money import vnd
from tests.contract.channels import ACCOUNT, OTHER_ACCOUNT


@pytest.fixture
def listing(gateway):
    """The adapter with small pages and without pauses."""
    quick = {"page_size": 3}
    if hasattr(gateway.listing, "pause"):
        quick["pause"] = lambda seconds: None
    return replace(gateway, listing=replace(gateway.listing, **quick))


def test_list_tells_the_same_facts_as_the_webhook(gateway, channel, notified, clock):
    [told] = gateway.read(notified(reference="FT26328000077", memo="VPH1234567890 vien phi"))

    [listed] = gateway.transactions(ACCOUNT, clock.now() - timedelta(hours=1))

    # Version 2 of SePay names by UUID, Casso's v1 and list tell the payer too: all else is equal.
    for name in ("outcome", "amount", "occurred_at", "transaction", "account", "memo"):
        assert getattr(listed, name) == getattr(told, name)
    if channel.settings.get("api") != "v2":
        assert listed.event_id == told.event_id


def test_list_goes_through_all_pages_oldest_first(listing, notified, clock):
    for number in range(1, 12):
        clock.advance(timedelta(seconds=7))
        notified(amount=1_000 * number, memo=f"VPH{number}")

    listed = listing.transactions(ACCOUNT, clock.now() - timedelta(hours=1))

    assert [one.amount.dong for one in listed] == [1_000 * number for number in range(1, 12)]
    assert len({one.event_id for one in listed}) == 11


def test_list_of_a_whole_number_of_pages_ends(listing, notified, clock):
    for _ in range(6):
        clock.advance(timedelta(seconds=7))
        notified()

    assert len(listing.transactions(ACCOUNT, clock.now() - timedelta(hours=1))) == 6


def test_list_begins_at_the_moment_that_is_asked_for(gateway, notified, clock):
    notified(memo="before")
    clock.advance(timedelta(minutes=5))
    notified(memo="at")
    since = clock.now()
    clock.advance(timedelta(minutes=5))
    notified(memo="after")

    assert [one.memo for one in gateway.transactions(ACCOUNT, since)] == ["at", "after"]


def test_list_holds_one_account_and_both_directions(gateway, notified, clock):
    notified(amount=5_000)
    notified(amount=-2_000)
    notified(amount=9_000, account=OTHER_ACCOUNT)

    listed = gateway.transactions(ACCOUNT, clock.now())

    assert [(one.outcome, one.amount) for one in listed] == [
        (Outcome.CAPTURED, vnd(5_000)),
        (Outcome.PAID_OUT, vnd(2_000)),
    ]


def test_list_that_ignores_the_account_asked_for_is_filtered(channel, notified, network, clock):
    def unfiltered(request):
        without = request.url.copy_remove_param("account_number")
        return network.handle_request(httpx.Request("GET", without, headers=request.headers))

    notified(amount=5_000)
    notified(amount=9_000, account=OTHER_ACCOUNT)
    adapter = channel.adapter(clock, httpx.MockTransport(unfiltered))

    assert [one.amount.dong for one in adapter.transactions(ACCOUNT, clock.now())] == [5_000]


def test_empty_list_is_an_empty_list(gateway, clock):
    assert gateway.transactions(ACCOUNT, clock.now()) == ()


@pytest.mark.parametrize("mood", ["rate", "broken", "down", "unauthorised"])
def test_bad_answer_is_unavailable_and_the_next_one_counts(gateway, notified, bank, clock, mood):
    notified()
    bank.post("/sandbox/lists", json={"mood": mood}).raise_for_status()

    with pytest.raises(Unavailable) as told:
        gateway.transactions(ACCOUNT, clock.now())

    assert told.value.extras.get("retry_after_s") == (7 if mood == "rate" else None)
    assert len(gateway.transactions(ACCOUNT, clock.now())) == 1


def test_wrong_credential_is_unavailable(channel, clock, network):
    name = "api_token" if "api_token" in channel.settings else "api_key"
    other = replace(channel, settings=dict(channel.settings) | {name: "not-ours"})

    with pytest.raises(Unavailable):
        other.adapter(clock, network).transactions(ACCOUNT, clock.now())


ANSWERS = {
    "nothing": b"",
    "null": b"null",
    "array": b"[]",
    "empty object": b"{}",
    "deep": b"[" * 100_000,
    "row of nonsense": b'{"status":200,"error":0,"transactions":[1],"data":{"records":[1]}}',
    "row without fields": b'{"status":200,"error":0,"transactions":[{}],"data":{"records":[{}]}}',
    "too long": b" " * (9 * 1024 * 1024),
}


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS.keys())
def test_answer_that_is_none_is_unavailable(channel, clock, body):
    adapter = channel.adapter(
        clock, httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    )

    with pytest.raises(Unavailable):
        adapter.transactions(ACCOUNT, clock.now())


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError])
def test_line_that_breaks_is_unavailable(channel, clock, failure):
    def fail(request):
        raise failure("broken", request=request)

    with pytest.raises(Unavailable):
        channel.adapter(clock, httpx.MockTransport(fail)).transactions(ACCOUNT, clock.now())


def test_answer_that_drips_is_given_up(channel, clock):
    class Drip(httpx.SyncByteStream):
        def __iter__(self):
            for _ in range(100):
                clock.advance(timedelta(seconds=1))
                yield b" "

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip()))

    with pytest.raises(Unavailable, match="longer than 10 s"):
        channel.adapter(clock, transport).transactions(ACCOUNT, clock.now())


def test_list_without_an_end_is_given_up(listing, network, notified, clock):
    calls = 0

    def more(request):
        nonlocal calls
        calls += 1
        real = network.handle_request(request)
        body = real.read().decode().replace('"has_more":false', '"has_more":true')
        return httpx.Response(200, content=body.replace('"totalPages":1', '"totalPages":999'))

    for _ in range(3):
        notified()
    api = replace(listing.listing.api, transport=httpx.MockTransport(more))
    endless = replace(listing, listing=replace(listing.listing, api=api))

    with pytest.raises(Unavailable):
        endless.transactions(ACCOUNT, clock.now())
    assert calls <= 100
