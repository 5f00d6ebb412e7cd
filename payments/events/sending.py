"""Sends one message once: every limit set, no redirect followed, the answer cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import httpx

from payments.events.guarding import ForbiddenAddress, Guard, Resolve, system_resolve
from payments.gateway import Transport
from payments.kernel.clock import Clock

#: A receiver stores and answers; one that works first is too slow for a queue of others.
_TIMEOUT: Final = httpx.Timeout(5, connect=3)
#: The time-out above starts anew with every byte; this ends an answer that drips.
_ANSWER_MAX: Final = timedelta(seconds=10)
#: Nothing in an answer is needed but its status; the head helps the person who looks.
_READ_MAX_BYTES: Final = 4096
ANSWER_LETTERS: Final = 200
_UNSHOWN: Final = re.compile(r"[^\x20-\x7e\u00a1-\u024f\u1e00-\u1eff]+")
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try; *status* is None where nobody answered, then *failure* says why."""

    status: int | None
    duration_ms: int
    failure: str
    head: str

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more events at this address."""
        return self.status == _GONE


@dataclass(frozen=True, slots=True)
class Sender:
    guard: Guard
    clock: Clock
    transport: Transport | None = field(default=None, repr=False)
    resolve: Resolve = system_resolve

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST *body* to *url*; never raises for what the other side does."""
        began = self.clock.now()
        status: int | None = None
        head = ""
        try:
            status, head = self._post(url, body, headers)
            failure = "" if 200 <= status < 300 else f"the receiver answers {status}"
        except ForbiddenAddress as error:
            failure = error.detail
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            # The class alone: its text may hold the address with what somebody put into it.
            failure = f"no answer: {type(error).__name__}"
        except _TooSlow:
            failure = f"no answer within {_ANSWER_MAX.seconds} s"
        duration = self.clock.now() - began
        return Answer(status, int(duration / timedelta(milliseconds=1)), failure, head)

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        target = httpx.URL(url)
        pinned = target.copy_with(host=self.guard.dialled(url, self.resolve))
        deadline = self.clock.now() + _ANSWER_MAX
        with (
            self._client() as client,
            client.stream(
                "POST",
                pinned,
                content=body,
                headers={
                    **headers,
                    "host": target.netloc.decode(),
                    "content-type": "application/json",
                },
                # The certificate is still that of the name, though the address is dialled.
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            return answer.status_code, self._head(answer, deadline)

    def _head(self, answer: httpx.Response, deadline: datetime) -> str:
        if answer.headers.get("content-encoding", "identity") != "identity":
            # A small answer must not unpack into a large one.
            return ""
        read = bytearray()
        for chunk in answer.iter_bytes():
            read += chunk
            if self.clock.now() > deadline:
                raise _TooSlow
            if len(read) >= _READ_MAX_BYTES:
                break
        text = bytes(read[:_READ_MAX_BYTES]).decode("utf-8", "replace")
        return _UNSHOWN.sub(" ", text)[:ANSWER_LETTERS].strip()

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        client = httpx.Client(
            transport=self.transport,
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": "vienphi-events/1", "accept-encoding": "identity"},
        )
        try:
            yield client
        finally:
            # A transport that was given belongs to the giver, and closing the client closes it.
            if self.transport is None:
                client.close()


class _TooSlow(Exception):
    pass
