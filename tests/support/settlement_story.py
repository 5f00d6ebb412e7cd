"""A random story of claims: steps in any order, after each of which the books are proven."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Final
from uuid import UUID

from payments.kernel.errors import VienphiError
from payments.kernel.money import vnd
from payments.ledger.model import BadEntry, KeyReused, Overdrawn
from payments.settlement import advancing, refusing, sending, writing_off
from payments.settlement.assessing import Reach
from payments.settlement.model import NoticeDiffers
from payments.settlement.status import State
from payments.settlement.taking_in import Purpose
from tests.support.settlement import Fund, random_written

MONTHS: Final = ("202607", "202608", "202609")
QUARTER: Final = "2026Q3"
#: A rule of ours refuses a step; these would be mistakes of ours.
_MISTAKES: Final = (BadEntry, KeyReused, Overdrawn)
_DAYS: Final = {"202607": date(2026, 7, 3), "202608": date(2026, 8, 3), "202609": date(2026, 9, 3)}


STEPS = (
    *("bring", "bring", "replace", "send", "back", "withdraw", "assess", "assess", "report"),
    *("appeal", "decide", "ask", "write_off", "advance", "notice", "pay", "pay", "carry"),
)


class Story:
    """Random steps; what a rule refuses is refused, and leaves the books as they were."""

    def __init__(self, fund: Fund, seed: int) -> None:
        self.fund = fund
        self.chance = random.Random(seed)
        self.names: dict[str, list[str]] = {month: [] for month in MONTHS}
        self.notices = 0
        self._month = ""
        self.done: list[str] = []
        self.refused: list[str] = []
        self.steps: dict[str, Callable[[], object]] = {
            "bring": self.bring,
            "replace": self.replace,
            "send": lambda: fund.send(self.month()),
            "back": self.back,
            "withdraw": self.withdraw,
            "assess": self.assess,
            "report": self.report,
            "appeal": self.appeal,
            "decide": self.decide,
            "ask": self.ask,
            "write_off": self.write_off,
            "advance": lambda: fund.advance(QUARTER, vnd(self.chance.randrange(1, 3_000_000))),
            "notice": self.notice,
            "pay": lambda: fund.pay(QUARTER, vnd(self.chance.randrange(1, 3_000_000))),
            "carry": self.carry,
        }

    def month(self) -> str:
        return self._month or self.chance.choice(MONTHS)

    def some(self) -> str:
        names = [name for month in MONTHS for name in self.names[month]]
        return self.chance.choice(names or ["VPTEST-NONE"])

    def bring(self) -> None:
        month = self.month()
        name = f"VPTEST{month}{len(self.names[month])}"
        self.fund.bring(random_written(self.chance, name, _DAYS[month]))
        self.names[month].append(name)

    def replace(self) -> None:
        month = self.month()
        if self.names[month]:
            name = self.chance.choice(self.names[month])
            visit = random_written(self.chance, name, _DAYS[month])
            self.fund.bring(visit, purpose=Purpose.REPLACEMENT, reason="sửa theo thông báo")

    def report(self) -> None:
        """Send what waits, replace what came back, then sum up: as offices do by the 15th."""
        for month in MONTHS:
            for name in self.names[month]:
                self._replace_returned(month, name)
            self.fund.send(month)
        self.fund.report(QUARTER, *MONTHS)

    def _replace_returned(self, month: str, name: str) -> None:
        visit = random_written(self.chance, name, _DAYS[month])
        if self.fund.state(name) is State.RETURNED:
            self.fund.bring(visit, purpose=Purpose.REPLACEMENT, reason="sửa theo thông báo")

    def back(self) -> None:
        claim = self.fund.claim(self.some())
        sending.come_back(self.fund.runtime, self.fund.scope, claim, "sai cấu trúc")

    def withdraw(self) -> None:
        claim = self.fund.claim(self.some())
        sending.withdraw(self.fund.runtime, self.fund.scope, claim, "không thuộc BHYT")

    def assess(self) -> None:
        month, reach = self.month(), self.chance.choice(list(Reach))
        named = self.chance.sample(self.names[month], min(2, len(self.names[month])))
        rows = [
            (name, "XML3", 1, self.chance.choice((0, 1, 9_000, 15_000)), "vượt giá thuốc")
            for name in named
        ]
        self.fund.assess(month, *rows, ("VPTEST-STRANGE", "XML3", 1, 7_000, "trùng"), reach=reach)

    def refusal(self) -> UUID | None:
        found = self.fund.refusals(QUARTER)
        return self.chance.choice(found).id if found else None

    def appeal(self) -> None:
        if (one := self.refusal()) is not None:
            refusing.appeal(self.fund.runtime, self.fund.scope, one, "đã gửi hồ sơ")

    def decide(self) -> None:
        if (one := self.refusal()) is not None:
            won = vnd(self.chance.choice((0, 1, 4_500, 9_000, 15_000)))
            refusing.decide(self.fund.runtime, self.fund.scope, one, won, "BHXH trả lời")

    def ask(self) -> None:
        if (one := self.refusal()) is not None:
            writing_off.ask_write_off(self.fund.runtime, self.fund.scope, one, "không thu được")

    def write_off(self) -> None:
        if (one := self.refusal()) is not None:
            by = self.fund.hospital.by("user:chief")
            writing_off.write_off(self.fund.runtime, by, one)

    def notice(self) -> None:
        self.notices += 1
        number = f"TB-{self.notices}"
        try:
            self.fund.notice(QUARTER, self.fund.due(QUARTER), number)
        except NoticeDiffers as refusal:
            # Some are not assessed yet: the insurer speaks of the others only.
            self.fund.notice(QUARTER, refusal.extras["expected"], number)

    def carry(self) -> None:
        notice = self.fund.last_notice(QUARTER)
        if notice is not None:
            advancing.carry(self.fund.runtime, self.fund.scope, notice, "2026Q4")

    def tell(self, step: str, month: str = "") -> None:
        """Take a step, or be refused; either way board, ledger and forms are equal."""
        self._month = month
        try:
            self.steps[step]()
            self.done.append(step)
        except _MISTAKES:
            raise
        except VienphiError as refusal:
            self.refused.append(f"{step}: {refusal.code}")
        self.fund.assert_equal()
