"""Asking a gateway's API: one GET at a time, every limit set, every failure ``Unavailable``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import httpx

from adapters._wire import strict_json
from adapters._wire.strict_json import Json
from payments.gateway import Transport
from payments.kernel.clock import Clock
from payments.kernel.errors import Unavailable
from payments.kernel.secret import Secret

_TIMEOUT: Final = httpx.Timeout(5, connect=2)
#: The time-out above starts anew with every byte; this ends an answer that drips.
_ANSWER_MAX: Final = timedelta(seconds=10)
#: 5 000 rows of SePay's list are about 2.5 MB.
_SIZE_MAX_BYTES: Final = 8 * 1024 * 1024
_RETRY_HEADERS: Final = ("retry-after", "x-sepay-userapi-retry-after")
_SECONDS: Final = re.compile("[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Api:
    """A JSON API behind *base_url*, spoken to with one Authorization header."""

    base_url: str
    authorization: Secret[str]
    clock: Clock
    transport: Transport | None = field(repr=False)

    def get(self, path: str, params: Mapping[str, str | int]) -> Json:
        """
        Ask once.

        Raises:
            Unavailable: no answer, refused, too slow, too long, or no JSON; where the gateway says
                how long to wait, ``extras["retry_after_s"]`` holds it.
        """
        try:
            with (
                self._client() as client,
                client.stream("GET", self.base_url + path, params=dict(params)) as answer,
            ):
                self._check_status(answer)
                body = self._read(answer)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from error
        try:
            return strict_json.loads(body, size_max_bytes=_SIZE_MAX_BYTES)
        except ValueError as error:
            raise Unavailable(f"the answer cannot be read: {error}") from error

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        client = httpx.Client(
            transport=self.transport,
            timeout=_TIMEOUT,
            # The proxy variables of the machine are not settings of the channel.
            trust_env=False,
            headers={
                "authorization": self.authorization.reveal(),
                "accept": "application/json",
                "accept-encoding": "identity",
            },
        )
        try:
            yield client
        finally:
            # A transport that was given belongs to the giver, and closing the client closes it.
            if self.transport is None:
                client.close()

    @staticmethod
    def _check_status(answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.OK:
            return
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Unavailable("the gateway refuses our credentials", status=answer.status_code)
        wait = next((answer.headers[name] for name in _RETRY_HEADERS if name in answer.headers), "")
        extras = {"retry_after_s": int(wait)} if _SECONDS.fullmatch(wait) else {}
        raise Unavailable(
            f"the gateway answers {answer.status_code}", status=answer.status_code, **extras
        )

    def _read(self, answer: httpx.Response) -> bytes:
        # A small answer must not unpack into a large one, even if the gateway ignores our header.
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise Unavailable("the answer is packed, which we did not ask for")
        deadline = self.clock.now() + _ANSWER_MAX
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _SIZE_MAX_BYTES:
                raise Unavailable(f"the answer is longer than {_SIZE_MAX_BYTES} bytes")
            if self.clock.now() > deadline:
                raise Unavailable(f"the answer takes longer than {_ANSWER_MAX.seconds} s")
        return bytes(body)
