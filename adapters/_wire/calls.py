"""Asking a gateway's list: one GET at a time, every limit set, every failure ``Unavailable``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import httpx

from adapters._wire import strict_json
from adapters._wire.exchange import Answer, Call, Line
from adapters._wire.strict_json import Json
from payments.gateway import Transport
from payments.kernel.clock import Clock
from payments.kernel.errors import Unavailable
from payments.kernel.secret import Secret

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
        headers = {
            "authorization": self.authorization.reveal(),
            "accept": "application/json",
        }
        line = Line(self.base_url, self.clock, self.transport)
        answer = line.send(Call("GET", path, headers=headers, query=urlencode(dict(params))))
        self._check_status(answer)
        try:
            return strict_json.loads(answer.body, size_max_bytes=_SIZE_MAX_BYTES)
        except ValueError as error:
            raise Unavailable(f"the answer cannot be read: {error}") from error

    @staticmethod
    def _check_status(answer: Answer) -> None:
        if answer.status == httpx.codes.OK:
            return
        if answer.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Unavailable("the gateway refuses our credentials", status=answer.status)
        wait = next((answer.headers[name] for name in _RETRY_HEADERS if name in answer.headers), "")
        extras = {"retry_after_s": int(wait)} if _SECONDS.fullmatch(wait) else {}
        raise Unavailable(f"the gateway answers {answer.status}", status=answer.status, **extras)
