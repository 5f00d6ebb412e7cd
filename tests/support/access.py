"""A person with a telephone: codes of the second factor, and a browser that has one."""

from __future__ import annotations

import base64
import re

from payments.identity import totp
from payments.kernel.clock import FrozenClock
from tests.support.web import Browser

_SECRET = re.compile(r'<b class="secret">([A-Z2-7 ]+)</b>')
_RECOVERY = re.compile(r'<b class="secret">([0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]{4})</b>')


def secret_in(page: str) -> bytes:
    """Read the secret that the enrolment page shows."""
    found = _SECRET.search(page)
    assert found, "the page shows no secret"
    told = found[1].replace(" ", "")
    return base64.b32decode(told + "=" * (-len(told) % 8))


def code_now(secret: bytes, clock: FrozenClock) -> str:
    return totp.code_at(secret, totp.step_of(clock.now()))


def enrol(browser: Browser, clock: FrozenClock) -> tuple[bytes, list[str]]:
    """Go through enrolment; returns the secret and the recovery codes."""
    secret = secret_in(browser.get("/sign-in/enrol").get_data(as_text=True))
    answer = browser.post("/sign-in/enrol", {"code": code_now(secret, clock)})
    return secret, _RECOVERY.findall(answer.get_data(as_text=True))
