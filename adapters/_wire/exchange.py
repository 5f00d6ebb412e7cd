"""
One exchange with a gateway's API: every limit set, every failure in its class.

A request that may have reached the gateway is never repeated here: what came of it is unknown, and
only asking tells (contract of the adapters, outcome classes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from adapters._wire import strict_json
from adapters._wire.deadline import breaking_after
from adapters._wire.strict_json import Json
from payments.gateway import NotSent, OutcomeUnknown, Transport, Trouble
from payments.kernel.clock import Clock

_CONNECT_S: Final = 2
#: Long enough for most; it starts anew with every byte.
_WAIT_S: Final = 5
#: For the whole exchange, whatever drips in: somebody at a desk or with a telephone waits for it.
_WHOLE_S: Final = 10
_SIZE_MAX_BYTES: Final = 8 * 1024 * 1024
#: What fails before the first byte of the request leaves.
_BEFORE_SENDING: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A request as bytes: built by pure functions, so that vectors can be held against it."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)
    #: May hold a credential.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Percent-encoded, without the question mark.
    query: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, of any status; not believed yet."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def json_call(
    path: str, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Call:
    """Build a POST of *fields* as JSON, in their order, with letters as they are."""
    body = json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":")).encode()
    kinds = {"content-type": "application/json", "accept": "application/json"}
    return Call("POST", path, body, {**kinds, **(headers or {})})


def form_call(
    path: str, fields: tuple[tuple[str, str], ...], headers: Mapping[str, str] | None = None
) -> Call:
    """Build a POST of *fields* as a form, in their order."""
    kinds = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    return Call("POST", path, urlencode(fields).encode(), {**kinds, **(headers or {})})


def json_of(answer: Answer) -> Mapping[str, Json]:
    """
    Read an answer that must be a JSON object, whatever its status.

    Raises:
        OutcomeUnknown: it is none (``Trouble.BAD_REPLY``).
    """
    try:
        return strict_json.object_of(strict_json.loads(answer.body, size_max_bytes=_SIZE_MAX_BYTES))
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Line:
    """The way to the gateway at *base_url*; *transport* None is the network."""

    base_url: str
    clock: Clock = field(repr=False)
    transport: Transport | None = field(repr=False)
    #: Seconds without a byte after which we give up, where a gateway asks for more patience.
    wait_s: int = _WAIT_S

    def send(self, call: Call) -> Answer:
        """
        Send once and read the whole answer.

        Raises:
            NotSent: nothing left; the same call may be repeated.
            OutcomeUnknown: sent, but no whole answer came: broken off, too slow, too long, packed.
        """
        url = self.base_url + call.path + (f"?{call.query}" if call.query else "")
        try:
            with (
                breaking_after(self._whole_s) as trace,
                self._client() as client,
                client.stream(
                    call.method,
                    url,
                    content=call.body or None,
                    headers=dict(call.headers),
                    extensions={"trace": trace},
                ) as answer,
            ):
                body = self._read(answer)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status_code, headers, body)
        except _BEFORE_SENDING as error:
            raise NotSent(f"nothing was sent: {type(error).__name__}") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise OutcomeUnknown(f"no answer: {type(error).__name__}") from error

    @property
    def _whole_s(self) -> int:
        return max(_WHOLE_S, self.wait_s)

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        client = httpx.Client(
            transport=self.transport,
            timeout=httpx.Timeout(self.wait_s, connect=_CONNECT_S),
            # The proxy variables of the machine are not settings of the channel.
            trust_env=False,
            # A gateway that sends us elsewhere is no gateway: the answer is the redirect itself.
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
        )
        try:
            yield client
        finally:
            # A transport that was given belongs to the giver, and closing the client closes it.
            if self.transport is None:
                client.close()

    def _read(self, answer: httpx.Response) -> bytes:
        # A small answer must not unpack into a large one, even if the gateway ignores our header.
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise _unreadable("the answer is packed, which we did not ask for")
        answer_max = timedelta(seconds=self._whole_s)
        deadline = self.clock.now() + answer_max
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _SIZE_MAX_BYTES:
                raise _unreadable(f"the answer is longer than {_SIZE_MAX_BYTES} bytes")
            if self.clock.now() > deadline:
                raise OutcomeUnknown(f"the answer takes longer than {answer_max.seconds} s")
        return bytes(body)


def _unreadable(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(detail, trouble=Trouble.BAD_REPLY)
