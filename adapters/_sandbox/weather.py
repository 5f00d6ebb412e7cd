"""Bad days of the list service: a limit on requests, and answers that no program likes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final

from flask import Response, jsonify, make_response, request

from adapters.sepay.settings import SANDBOX_SETTINGS as SEPAY

SEPAY_AUTH: Final = f"Bearer {SEPAY['api_token']}"
_RATE_PER_S: Final = 3


@dataclass(slots=True)
class Weather:
    """How the list service feels: ``fine``, or for *left* more answers as *mood* says."""

    mood: str = "fine"
    left: int = 0

    MOODS: ClassVar = ("fine", "rate", "broken", "down", "unauthorised")

    def answer(self) -> Response | None:
        """Give the bad answer to this request, if it gets one."""
        if not self.left:
            return None
        self.left -= 1
        match self.mood:
            case "rate":
                return _too_many(7)
            case "broken":
                return make_response('{"status":200,"transactions":[{"id":', 200)
            case "down":
                return make_response("Bad Gateway", 502)
            case "unauthorised":
                return make_response(jsonify(status="error", error=1), 401)
            case _:
                return None


@dataclass(slots=True)
class Rate:
    """Three requests a second, as SePay allows; off where a clock stands still."""

    is_on: bool
    seen: deque[datetime] = field(default_factory=deque)

    def answer(self, now: datetime) -> Response | None:
        """Give 429 to SePay's fourth request within a second."""
        if not self.is_on or request.headers.get("Authorization") != SEPAY_AUTH:
            return None
        while self.seen and self.seen[0] <= now - timedelta(seconds=1):
            self.seen.popleft()
        if len(self.seen) >= _RATE_PER_S:
            return _too_many(1)
        self.seen.append(now)
        return None


def _too_many(wait_s: int) -> Response:
    answer = make_response(jsonify(status="error", message="Too Many Requests"), 429)
    is_v1 = request.path.startswith("/userapi/")
    answer.headers["x-sepay-userapi-retry-after" if is_v1 else "Retry-After"] = str(wait_s)
    return answer
