"""
A morning of cashiers and patients, all in one thread: each does what a person with a browser does.

A cashier opens the desk, thinks, issues an invoice, looks at its page, which asks each second
whether money came; the bank tells of it while the cashier thinks. Patients look at pages of
invoices and ask now and then. What was intended and answered is in journals, outside of the system.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from tests.support.asking import Asking
from tests.support.crowd import PRICE, SERVICE
from tests.support.feeds import FURNISHED, transfer
from tests.support.journal import Journal

_THINKS_S: Final = (3.0, 10.0)
_ASKS_EVERY_S: Final = 1.0
#: The bank sends again what it got no yes to; after so many tries this is a fault.
_TRIES_MAX: Final = 10
#: Longer than any page may need to show money that was acknowledged.
_SHOWN_WITHIN_S: Final = 60.0
_FORM_TOKEN: Final = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
_KEY: Final = re.compile(r'name="key" value="([0-9a-f]{32})"')
_CODE: Final = re.compile(r"<strong>(VPH[0-9A-Z]{9})</strong>")
_LINK: Final = re.compile(r"/p/([A-Za-z0-9_-]{22})")
_LIVE: Final = re.compile(r'data-live="([^"]+)" data-version="(\d+)"')


@dataclass(slots=True)
class Clinic:
    asking: Asking
    invoices: Journal
    payments: Journal
    seconds: float
    seed: int
    #: How seldom the most patient of the patients asks.
    asks_every_max_s: float
    wrong: list[str] = field(default_factory=list)
    shown: int = 0
    _closes_at: float = 0.0
    _links: deque[str] = field(default_factory=lambda: deque(maxlen=500))
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def open(self, sessions: Sequence[str], patients: int) -> None:
        """Let every session of *sessions* (cookies) work until the time is over."""
        self._closes_at = time.monotonic() + self.seconds
        people = [self._cashier(number, cookie) for number, cookie in enumerate(sessions)]
        people += [self._patient(-number) for number in range(1, patients + 1)]
        await asyncio.gather(*people)

    def _is_open(self) -> bool:
        return time.monotonic() < self._closes_at

    async def _cashier(self, number: int, cookie: str) -> None:
        chance = random.Random(self.seed * 1_000_003 + number)
        await asyncio.sleep(chance.uniform(0, min(_THINKS_S[1], self.seconds / 2)))
        while self._is_open():
            desk = await self.asking.get("desk", "/desk", cookie)
            await asyncio.sleep(chance.uniform(*_THINKS_S))
            token, key = _FORM_TOKEN.search(desk.text), _KEY.search(desk.text)
            if token is None or key is None:
                self.wrong.append(f"desk: {desk.status}, no form")
                continue
            page = await self._issues(token[1], key[1], cookie)
            if page:
                await self._collects(page, cookie, chance)

    async def _issues(self, token: str, key: str, cookie: str) -> str:
        """Issue an invoice of 150,000 đ; returns the path of its page, "" where that failed."""
        form = [
            ("form_token", token), ("key", key), ("name", "NGUYỄN VĂN THỬ"),
            ("birth_year", "1958"), ("file_number", f"99-{next(self._numbers):07d}"),
            ("service", SERVICE), ("do", "issue"),
        ]  # fmt: skip
        self.invoices.intend(key)
        answer = await self.asking.send_form("issue", "/desk/invoices", form, cookie)
        self.invoices.answered(key, 201 if answer.status == 303 else 0)
        return urlsplit(answer.location).path if answer.status == 303 else ""

    async def _collects(self, path: str, cookie: str, chance: random.Random) -> None:
        page = await self.asking.get("invoice", path, cookie)
        code, link, live = (seen.search(page.text) for seen in (_CODE, _LINK, _LIVE))
        if code is None or link is None or live is None:
            self.wrong.append(f"invoice: {page.status}, no code")
            return
        self._links.append(link[1])
        paying = asyncio.create_task(self._pays(code[1], chance))
        until = time.monotonic() + _SHOWN_WITHIN_S
        while time.monotonic() < until:
            await asyncio.sleep(_ASKS_EVERY_S)
            asked = await self.asking.get("status", f"{live[1]}?seen={live[2]}", cookie)
            if asked.status == 200:
                await self.asking.get("invoice", path, cookie)
                self.shown += 1
                break
        else:
            self.wrong.append(f"{path}: money did not show")
        await paying

    async def _pays(self, code: str, chance: random.Random) -> None:
        """The patient pays after a while, and the bank tells until it is told yes."""
        await asyncio.sleep(chance.uniform(*_THINKS_S))
        number = next(self._numbers)
        channel = sorted(FURNISHED)[number % len(FURNISHED)]
        told = transfer(number, code, PRICE, datetime.now(UTC))
        self.payments.intend(told.reference)
        for _ in range(_TRIES_MAX):
            raw = FURNISHED[channel].raw(told, datetime.now(UTC))
            answer = await self.asking.send(
                "webhook", f"/webhooks/{channel}", dict(raw.headers), raw.body
            )
            self.payments.answered(told.reference, answer.status)
            if 200 <= answer.status < 300:
                return
            await asyncio.sleep(chance.uniform(0.1, 0.5))
        self.wrong.append(f"{told.reference}: the bank gave up")

    async def _patient(self, number: int) -> None:
        chance = random.Random(self.seed * 1_000_003 + number)
        await asyncio.sleep(chance.uniform(0, self.asks_every_max_s))
        while self._is_open():
            if not self._links:
                await asyncio.sleep(1)
                continue
            link = chance.choice(self._links)
            page = await self.asking.get("patient page", f"/p/{link}")
            live = _LIVE.search(page.text)
            if live is None:
                self.wrong.append(f"patient page: {page.status}")
                continue
            for _ in range(chance.randint(2, 8)):
                await asyncio.sleep(chance.uniform(2, self.asks_every_max_s))
                if not self._is_open():
                    return
                address = f"{live[1]}?seen={live[2]}"
                if (await self.asking.get("patient status", address)).status == 200:
                    break
