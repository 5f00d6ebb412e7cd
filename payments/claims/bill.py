"""
Bill 01/KBCB (Decision 697/QD-BYT of 2026-03-19): what a covered visit cost, and who pays it.

    bill ─ block: one card and one level ─ group of costs, of the twelve, numbers kept ─ line

Every amount is the coverage engine's, as in the claim: bill and claim cannot differ. The columns
are those of the layout before (Decision 6556; claims D2). Columns 7 = 10 + 11 + 12 + 13 holds on
every line; 9 = 10 + 11 is broken where another payer stepped into the insured part, and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from payments.claims.writing import Claim, NotWritable
from payments.insurance.coverage.model import HUNDRED, ZERO, Card, Table
from payments.insurance.coverage.result import CoveredLine
from payments.insurance.coverage.rounding import dong
from payments.kernel.money import Money

#: The twelve groups, and the words that name them.
GROUPS: Final = MappingProxyType(
    {
        1: "bill01.group.exam",
        2: "bill01.group.bed",
        3: "bill01.group.test",
        4: "bill01.group.imaging",
        5: "bill01.group.function",
        6: "bill01.group.operation",
        7: "bill01.group.blood",
        8: "bill01.group.drug",
        9: "bill01.group.supply",
        10: "bill01.group.package",
        11: "bill01.group.transport",
        12: "bill01.group.other",
    }
)
#: MA_NHOM → group of the bill; a supply of a package is of group 10.
_GROUP_OF: Final = MappingProxyType(
    {1: 3, 2: 4, 3: 5, 4: 8, 5: 8, 6: 8, 7: 7, 8: 6, 9: 12, 10: 9, 11: 9, 12: 11, 13: 1, 14: 2,
     15: 2, 16: 2, 17: 7, 18: 6, 19: 12}
)  # fmt: skip
_SUPPLIES: Final = 9
_PACKAGES: Final = 10


class ColumnsDiffer(AssertionError):
    """A bill does not add up: a programming error, never printed."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns 7 and 9 to 13: hospital's cost, insured part, fund, co-payment, others, own."""

    cost: Decimal
    insured: Decimal
    fund: Decimal
    copayment: Decimal
    others: Decimal
    own: Decimal

    @property
    def parts(self) -> Decimal:
        """What column 7 must be: 10 + 11 + 12 + 13."""
        return self.fund + self.copayment + self.others + self.own


@dataclass(frozen=True, slots=True)
class BillLine:
    """Columns 1 to 6 and 8, and the sums of the line."""

    content: str
    unit: str
    quantity: Decimal
    price: Decimal
    fund_price: Decimal
    service_rate: Decimal
    insurance_rate: Decimal
    sums: Sums


@dataclass(frozen=True, slots=True)
class Group:
    number: int
    lines: tuple[BillLine, ...]
    sums: Sums


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one card (None: without one) at one level, MUC_HUONG in per cent."""

    card: Card | None
    card_number: str
    level: Decimal
    groups: tuple[Group, ...]
    sums: Sums


@dataclass(frozen=True, slots=True)
class Bill01:
    """One bill; in whole đồng *patient* is own money and co-payment rounded once together."""

    claim: Claim
    blocks: tuple[Block, ...]
    sums: Sums

    @property
    def cost(self) -> Money:
        return dong(self.sums.cost)

    @property
    def fund(self) -> Money:
        return dong(self.sums.fund)

    @property
    def others(self) -> Money:
        return dong(self.sums.others)

    @property
    def patient(self) -> Money:
        return dong(self.sums.own + self.sums.copayment)

    @property
    def rounding(self) -> Money:
        """What the whole đồng of the parts differ by from those of the cost; one đồng at most."""
        return self.cost - self.fund - self.others - self.patient

    @property
    def other_payer_within(self) -> Decimal:
        """What another payer took over of the insured part: 9 less 10 and 11."""
        return self.sums.insured - self.sums.fund - self.sums.copayment


def bill_of(claim: Claim) -> Bill01:
    """
    Put the lines of *claim* into blocks and groups, in their order; none without cost.

    Raises:
        NotWritable: the visit has not ended.
        ColumnsDiffer: the parts are not the whole.
    """
    coverage = claim.coverage
    if coverage.is_provisional:
        raise NotWritable(table="XML1", stt="", column="NGAY_RA", finding="FIELD_MISSING")
    numbers = dict(zip(map(id, coverage.bill.visit.cards), claim.cards, strict=True))
    found: dict[tuple[int, Decimal], dict[int, list[BillLine]]] = {}
    cards: dict[int, Card | None] = {}
    for covered, texts in zip(coverage.lines, claim.lines, strict=True):
        if not covered.cost:
            continue
        card = covered.entitlement.card
        cards[id(card)] = card
        groups = found.setdefault((id(card), covered.entitlement.percent), {})
        groups.setdefault(_group(covered), []).append(_line(covered, texts))
    blocks = tuple(
        _block(cards[card], numbers.get(card, ""), level, groups)
        for (card, level), groups in found.items()
    )
    bill = Bill01(claim, blocks, _sum(block.sums for block in blocks))
    _check(bill)
    return bill


def _block(
    card: Card | None, number: str, level: Decimal, found: dict[int, list[BillLine]]
) -> Block:
    groups = tuple(
        Group(place, tuple(found[place]), _sum(line.sums for line in found[place]))
        for place in sorted(found)
    )
    return Block(card, number, level, groups, _sum(group.sums for group in groups))


def _group(covered: CoveredLine) -> int:
    number = _GROUP_OF[covered.line.group]
    return _PACKAGES if number == _SUPPLIES and covered.line.package else number


def _line(covered: CoveredLine, told: Mapping[str, str]) -> BillLine:
    line = covered.line
    names = ("TEN_THUOC", "TEN_DICH_VU", "TEN_VAT_TU", "MA_THUOC", "MA_VAT_TU", "MA_DICH_VU")
    content = next((told[name] for name in names if told.get(name)), line.service)
    fund_price = line.price if line.fund_price is None else min(line.fund_price, line.price)
    return BillLine(
        content,
        told.get("DON_VI_TINH", ""),
        line.quantity,
        line.price,
        line.price if line.table is Table.XML2 else fund_price,
        HUNDRED if line.table is Table.XML2 else line.service_rate,
        ZERO if covered.entitlement.uncovered else line.insurance_rate,
        Sums(
            covered.cost,
            covered.insured,
            covered.fund,
            covered.copayment,
            covered.others,
            covered.own,
        ),
    )


def _sum(parts: Iterable[Sums]) -> Sums:
    found: Sequence[Sums] = tuple(parts)
    return Sums(
        sum((one.cost for one in found), ZERO),
        sum((one.insured for one in found), ZERO),
        sum((one.fund for one in found), ZERO),
        sum((one.copayment for one in found), ZERO),
        sum((one.others for one in found), ZERO),
        sum((one.own for one in found), ZERO),
    )


def _check(bill: Bill01) -> None:
    """Hold column 7 against its parts on every line and in all, and the sums against XML1."""
    lines = [one.sums for block in bill.blocks for group in block.groups for one in group.lines]
    totals, whole = bill.claim.coverage.totals, bill.sums
    claimed = Sums(
        totals.cost, totals.insured, totals.fund, totals.copayment, totals.others, totals.own
    )
    if any(one.cost != one.parts for one in (*lines, whole)) or claimed != whole:
        raise ColumnsDiffer(bill.claim.ma_lk[:100])
