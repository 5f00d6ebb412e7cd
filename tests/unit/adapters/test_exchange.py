"""One exchange with an API: what was never sent, what is unknown, and every limit."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from adapters._wire import fields
from adapters._wire.exchange import Answer, Call, Line, form_call, json_call, json_of
from payments.gateway import NotSent, OutcomeUnknown

BASE = "http://localhost"


def line(clock, answer):
    return Line(BASE, clock, httpx.MockTransport(answer))


def raising(kind):
    def fail(request):
        raise kind("broken", request=request)

    return fail


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_line_that_was_never_open_sent_nothing(clock, kind):
    with pytest.raises(NotSent):
        line(clock, raising(kind)).send(Call("POST", "/pay", b"{}"))


@pytest.mark.parametrize(
    "kind",
    [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError,
     httpx.RemoteProtocolError],
)  # fmt: skip
def test_a_line_that_breaks_later_leaves_the_outcome_unknown(clock, kind):
    with pytest.raises(OutcomeUnknown):
        line(clock, raising(kind)).send(Call("POST", "/pay", b"{}"))


def test_bytes_headers_and_query_go_out_as_they_are(clock):
    seen = []

    def keep(request):
        seen.append(request)
        return httpx.Response(202, content=b"ok", headers={"X-One": "1"})

    answer = line(clock, keep).send(Call("POST", "/a", b'{"a":1}', {"x-key": "k"}, "b=%7E&a=+"))

    assert seen[0].url.raw_path == b"/a?b=%7E&a=+"
    assert (seen[0].read(), seen[0].headers["x-key"]) == (b'{"a":1}', "k")
    assert (answer.status, answer.headers["x-one"], answer.body) == (202, "1", b"ok")


def test_a_redirect_is_not_followed_with_our_credentials(clock):
    asked = []

    def elsewhere(request):
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "http://elsewhere.example/"})

    assert line(clock, elsewhere).send(Call("GET", "/")).status == 302
    assert asked == ["localhost"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b" " * (9 * 1024 * 1024)),
        httpx.Response(200, content=b"x", headers={"content-encoding": "br"}),
    ],
    ids=["too long", "packed"],
)
def test_an_answer_beyond_the_limits_is_unknown(clock, answer):
    with pytest.raises(OutcomeUnknown):
        line(clock, lambda _: answer).send(Call("GET", "/"))


def test_an_answer_that_drips_is_given_up(clock):
    class Drip(httpx.SyncByteStream):
        def __iter__(self):
            for _ in range(100):
                clock.advance(timedelta(seconds=1))
                yield b" "

    with pytest.raises(OutcomeUnknown, match="longer than 10 s"):
        line(clock, lambda _: httpx.Response(200, stream=Drip())).send(Call("GET", "/"))


def test_json_and_forms_keep_their_order_and_their_letters():
    assert json_call("/a", {"b": "phí", "a": 1}).body == '{"b":"phí","a":1}'.encode()
    assert form_call("/a", (("b", "x y"), ("a", "1"))).body == b"b=x+y&a=1"


@pytest.mark.parametrize("body", [b"", b"[]", b"<h1>", b'{"a":1,"a":2}'])
def test_an_answer_that_is_no_object_is_unknown(body):
    with pytest.raises(OutcomeUnknown):
        json_of(Answer(200, {}, body))


@pytest.mark.parametrize(
    ("read", "value"),
    [(fields.epoch_s, 1795317432), (fields.epoch_ms, 1795317432000)],
)
def test_times_since_1970_are_read_in_their_unit_and_no_other(read, value, clock):
    assert read({"t": value}, "t").isoformat() == "2026-11-22T03:17:12+00:00"
    with pytest.raises(ValueError):
        read({"t": value * 1000 if read is fields.epoch_s else value // 1000}, "t")


def test_a_gateway_that_asks_for_patience_gets_it(clock):
    class Drip(httpx.SyncByteStream):
        def __iter__(self):
            for _ in range(25):
                clock.advance(timedelta(seconds=1))
                yield b" "

    patient = Line(
        BASE, clock, httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip())), 30
    )

    assert len(patient.send(Call("GET", "/")).body) == 25
