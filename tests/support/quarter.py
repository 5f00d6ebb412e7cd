"""
A whole quarter of synthetic visits: from files to the last transfer, with refusals and appeals.

Every stage is proven: the board against the ledger's entries (``board.check``), and the totals of
01/BH, 02/BH, ledger and board against each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from payments.claims.writing import Claim as Written
from payments.insurance.coverage.rounding import dong
from payments.kernel.money import ZERO, Money, vnd
from payments.settlement import refusing, reporting, writing_off
from tests.support.settlement import Fund, Refusal, random_written

QUARTER: Final = "2026Q3"
MONTHS: Final = {"202607": 7, "202608": 8, "202609": 9}
_FILE_VISITS: Final = 250
_REFUSED: Final = 0.06
_BILLED_HERE: Final = 0.3
_WORDS: Final = ("sai mức hưởng", "vượt giá thuốc", "thừa ngày giường", "trùng lặp", "không rõ")


@dataclass(frozen=True, slots=True)
class Stage:
    """What stood after a stage: the four accounts, the forms, and whether all is equal."""

    name: str
    accounts: dict[str, Money]
    requested: Money
    form_01: Money
    form_02: Money
    ledger: Money


class Quarter:
    """A quarter of *visits* visits, from *seed*."""

    def __init__(self, fund: Fund, visits: int, seed: int) -> None:
        self.fund = fund
        self.chance = random.Random(seed)
        self.visits = visits
        self.written: dict[str, list[Written]] = {month: [] for month in MONTHS}
        self.notices = 0

    def run(self) -> Iterator[Stage]:
        """Take every stage in turn; each is proven before the next begins."""
        stages: tuple[tuple[str, Callable[[], None]], ...] = (
            ("files taken in", self.bring),
            ("claims sent", self.send),
            ("01/BH and 02/BH reported", self.report),
            ("assessed", self.assess),
            ("advance received", self.advance),
            ("noticed", self.notice),
            ("paid in two transfers", self.pay),
            ("appeals answered", self.appeal),
            ("rest written off", self.write_off),
            ("second notice", self.notice),
            ("second payment", self.pay_rest),
        )
        for name, step in stages:
            step()
            yield self.stage(name)

    def stage(self, name: str) -> Stage:
        self.fund.assert_equal()
        board = self.fund.board(QUARTER)
        form_01 = form_02 = ZERO
        if board.state != "open":
            with self.fund.runtime.database.reading(self.fund.scope) as tx:
                months = [reporting.form_of(tx, self.fund.period(m), m) for m in MONTHS]
                form_01 = sum((form.total.fund for form in months), ZERO)
                form_02 = reporting.quarter_form(tx, board.period)[-1].fund
        told = {code: self.fund.hospital.balance(code) for code in board.accounts}
        assert told == board.accounts, name
        return Stage(name, told, board.requested, form_01, form_02, self._in_ledger())

    def _in_ledger(self) -> Money:
        """What was asked for, wherever it lies by now; 5200 and the bank are whole accounts."""
        balance = self.fund.hospital.balance
        advanced = self.fund.board(QUARTER)
        return (
            balance("1410") + balance("1420") + balance("5200")
            + advanced.set_off + advanced.received
        )  # fmt: skip

    def bring(self) -> None:
        names = list(MONTHS)
        for number in range(self.visits):
            month = names[number % 3]
            on = date(2026, MONTHS[month], 1 + number % 28)
            visit = random_written(self.chance, f"VPQ{number:06d}", on)
            self.written[month].append(visit)
            if self.chance.random() < _BILLED_HERE:
                self.fund.book_elsewhere(visit.ma_lk, dong(visit.coverage.totals.fund))
        for month in names:
            for start in range(0, len(self.written[month]), _FILE_VISITS):
                told = self.fund.bring(*self.written[month][start : start + _FILE_VISITS])
                assert told.findings == (), told.findings[:3]

    def send(self) -> None:
        for month in MONTHS:
            assert self.fund.send(month) == len(self.written[month])
            assert self.fund.send(month) == 0

    def report(self) -> None:
        self.fund.report(QUARTER, *MONTHS)

    def assess(self) -> None:
        for month in MONTHS:
            rows = [*self._refused(month), ("VPSTRANGE", "XML3", 1, 1_000, "không có hồ sơ")]
            told = self.fund.assess(month, *rows)
            again = self.fund.assess(month, *rows)
            assert (told.orphans, again.is_new) == (1, False)

    def _refused(self, month: str) -> Iterator[Refusal]:
        for visit in self.written[month]:
            if self.chance.random() < _REFUSED:
                [first, *_] = [one for one in visit.coverage.lines if one.line.table == "XML3"]
                most = dong(first.fund).dong
                part = most if self.chance.random() < 0.4 else self.chance.randrange(1, most)
                yield (visit.ma_lk, "XML3", 1, part, self.chance.choice(_WORDS))

    def advance(self) -> None:
        """80 per cent of what was reported, whole đồng."""
        self.fund.advance(QUARTER, vnd(self.fund.board(QUARTER).requested.dong * 80 // 100))

    def notice(self) -> None:
        self.notices += 1
        self.fund.notice(QUARTER, self.fund.due(QUARTER), f"TB-{self.notices:02d}")

    def pay(self) -> None:
        whole = self.fund.board(QUARTER).to_come
        half = vnd(whole.dong // 2)
        for part in (half, whole - half):
            assert self.fund.pay(QUARTER, part) == part

    def pay_rest(self) -> None:
        whole = self.fund.board(QUARTER).to_come
        if whole:
            assert self.fund.pay(QUARTER, whole) == whole

    def appeal(self) -> None:
        for number, one in enumerate(self.fund.refusals(QUARTER)):
            runtime, scope = self.fund.runtime, self.fund.scope
            refusing.explain(runtime, scope, one.id, "đã gửi 09/BH")
            if number % 2:
                refusing.appeal(runtime, scope, one.id, "đã khiếu nại")
            won = (ZERO, one.amount, vnd(one.amount.dong // 2))[number % 3]
            refusing.decide(runtime, scope, one.id, won, "BHXH trả lời")

    def write_off(self) -> None:
        chief = self.fund.hospital.by("user:chief")
        for one in self.fund.refusals(QUARTER):
            if one.left:
                writing_off.ask_write_off(
                    self.fund.runtime, self.fund.scope, one.id, "hết cách khiếu nại"
                )
                writing_off.write_off(self.fund.runtime, chief, one.id)
