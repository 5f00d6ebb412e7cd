"""A program that takes our events: it answers as told and keeps what it was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from payments.events.delivering import tell_all
from payments.events.sending import Sender
from payments.events.subscriptions import guard, subscribe
from payments.kernel.secret import Secret
from payments.runtime import Runtime
from tests.support.hospital import Hospital

URL = "https://his.bv.example/vienphi"
OUTSIDE = "93.184.216.34"


@dataclass
class Receiver:
    """Takes messages through an httpx transport; *answers* are used up first, then 204."""

    runtime: Runtime
    hospital: Hospital
    answers: list[httpx.Response | Exception] = field(default_factory=list)
    got: list[httpx.Request] = field(default_factory=list)
    addresses: Sequence[str] = (OUTSIDE,)

    def subscribe(self, name: str = "his", url: str = URL, **more: Any) -> Secret[str]:
        return subscribe(self.runtime, self.hospital.scope, name, url, **more)

    def listen(self) -> int:
        """Let the worker's loop look once; returns how many messages were sent."""
        return tell_all(self.runtime, self.hospital.scope, self.sender)

    @property
    def sender(self) -> Sender:
        return Sender(
            guard(self.runtime),
            self.runtime.clock,
            httpx.MockTransport(self._take),
            lambda _host, _port: self.addresses,
        )

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.got]

    @property
    def types(self) -> list[str]:
        return [str(body["type"]) for body in self.bodies]

    def _take(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.got.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(204)
        if isinstance(answer, Exception):
            raise answer
        return answer
