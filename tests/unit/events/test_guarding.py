"""No address leads an event into a network that nobody named."""

from __future__ import annotations

import httpx
import pytest

from payments.events.guarding import ForbiddenAddress, Guard
from payments.events.sending import Sender
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField

PRODUCTION = Guard((), is_trial=False)
TRIAL = Guard((), is_trial=True)
INNER = (
    "127.0.0.1",
    "10.0.8.20",
    "172.16.0.1",
    "192.168.1.5",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
)


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_refused_when_it_is_written_down(address: str) -> None:
    host = f"[{address}]" if ":" in address else address

    with pytest.raises(InvalidField) as refused:
        PRODUCTION.checked(f"https://{host}/events")
    assert refused.value.field == "url"


@pytest.mark.parametrize("address", INNER)
def test_a_name_that_resolves_to_an_inner_address_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        PRODUCTION.dialled("https://his.example/", lambda _h, _p: [address])


def test_a_name_with_one_bad_address_of_two_is_refused() -> None:
    with pytest.raises(ForbiddenAddress):
        PRODUCTION.dialled("https://his.example/", lambda _h, _p: ["93.184.216.34", "10.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        "http://his.example/events",
        "ftp://his.example/",
        "file:///etc/passwd",
        "https://user:secret@his.example/",
        "https://his/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://localhost/",
        "https://his.example/#x",
        "https:///path",
        "gopher://his.example",
        "no address",
        "",
        "https://his.example/" + "a" * 600,
    ],
)
def test_an_address_that_is_no_plain_https_is_refused(url: str) -> None:
    with pytest.raises(InvalidField):
        PRODUCTION.checked(url)


def test_a_trial_may_call_this_machine_and_production_may_not() -> None:
    for url in ("http://127.0.0.1:9000/", "http://localhost:9000/", "http://[::1]:9000/"):
        assert TRIAL.checked(url)
        with pytest.raises(InvalidField):
            PRODUCTION.checked(url)
    with pytest.raises(InvalidField):
        TRIAL.checked("http://his.example/")


def test_a_network_or_name_that_was_named_is_called() -> None:
    by_network = Guard(("10.0.8.0/24",), is_trial=False)
    by_name = Guard(("his.bv.example",), is_trial=False)

    assert by_network.checked("https://10.0.8.20/x") == "https://10.0.8.20/x"
    assert by_name.dialled("https://his.bv.example/", lambda _h, _p: ["10.9.9.9"]) == "10.9.9.9"
    for guard in (by_network, by_name):
        for address in ("127.0.0.1", "169.254.169.254", "::1"):
            with pytest.raises(ForbiddenAddress):
                guard.dialled("https://his.bv.example/", lambda _h, _p, a=address: [a])  # type: ignore[misc]


def test_what_was_judged_is_what_is_dialled_under_its_own_name(clock: FrozenClock) -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    answers = [["93.184.216.34"], ["127.0.0.1"]]
    sender = Sender(PRODUCTION, clock, httpx.MockTransport(take), lambda _h, _p: answers.pop(0))

    assert sender.send("https://his.example:8443/a", b"{}", {}).is_taken
    second = sender.send("https://his.example:8443/a", b"{}", {})

    [request] = seen
    assert str(request.url) == "https://93.184.216.34:8443/a"
    assert request.headers["host"] == "his.example:8443"
    assert request.extensions["sni_hostname"] == "his.example"
    assert second.status is None
    assert "127.0.0.1" in second.failure


def test_a_redirect_is_not_followed(clock: FrozenClock) -> None:
    seen: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(307, headers={"location": "http://169.254.169.254/latest"})

    sender = Sender(PRODUCTION, clock, httpx.MockTransport(take), lambda _h, _p: ["93.184.216.34"])
    answer = sender.send("https://his.example/", b"{}", {})

    assert (answer.status, answer.is_taken) == (307, False)
    assert len(seen) == 1


def test_a_name_that_is_not_found_is_a_failed_try(clock: FrozenClock) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise OSError("no such host")

    answer = Sender(PRODUCTION, clock, None, resolve).send("https://his.example/", b"{}", {})

    assert answer.status is None
    assert "cannot be found" in answer.failure
