"""The books of the sandbox bank: accounts, transfers with a running balance, nothing undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import RLock
from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

from adapters._sandbox.journal import Journal
from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.clock import Clock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd

#: No bank has it (decision 21).
BIN: Final = "999999"
BANK_NAME: Final = "Ngân hàng Thử nghiệm"
#: A VietQR transfer is below 500 million; a hospital's payout may be more.
AMOUNT_MAX: Final = 100_000_000_000
_FIRST_MEMO: Final = "GIAO DICH THU NGHIEM"
_FIRST_AMOUNT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Account:
    number: str
    holder: str
    #: Whole đồng before the first transfer.
    opening: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What a payer, or the bank itself, wants done; a negative *amount* leaves the account."""

    account: str
    amount: int
    memo: str
    payer_name: str = "NGUYEN VAN THU"
    payer_account: str = "0123456789"
    #: None lets the bank give one; "" is a bank that gives none; a reversal repeats the first.
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One line of the books. *balance* is that of the account after it."""

    number: int
    account: str
    amount: int
    memo: str
    payer_name: str
    payer_account: str
    reference: str
    at: datetime
    balance: int

    @property
    def uuid(self) -> UUID:
        """The same on every start, as SePay's API version 2 names it."""
        return uuid5(NAMESPACE_OID, f"{self.account}/{self.number}/{self.at.isoformat()}")


class Bank:
    """
    All accounts and transfers; *journal* brings back those of an earlier run.

    A new bank begins with one incoming transfer, so that lists are not empty (specification of the
    sandboxes), unless *is_empty*.
    """

    def __init__(
        self,
        accounts: Sequence[Account],
        clock: Clock,
        journal: Journal,
        *,
        is_empty: bool = False,
    ) -> None:
        self.accounts: Final[Mapping[str, Account]] = {one.number: one for one in accounts}
        self._clock = clock
        self._journal = journal
        self._lock = RLock()
        self._transfers = [_restored(line) for line in journal.read("transfer")]
        self._balances = {one.number: one.opening for one in accounts} | {
            one.account: one.balance for one in self._transfers
        }
        if not (self._transfers or is_empty):
            self.transfer(Order(accounts[0].number, _FIRST_AMOUNT, _FIRST_MEMO))

    def check(self, order: Order) -> None:
        """Refuse what no bank would do. Raises InvalidField."""
        if order.account not in self.accounts:
            raise InvalidField("account", "sandbox_account", account=order.account)
        if not 0 < abs(order.amount) <= AMOUNT_MAX:
            raise InvalidField("amount", "sandbox_amount", most=vnd(AMOUNT_MAX))

    def transfer(self, order: Order) -> Transfer:
        """Book *order* now. Raises InvalidField."""
        self.check(order)
        with self._lock:
            now = self._clock.now()
            number = len(self._transfers) + 1
            reference = order.reference
            made = Transfer(
                number=number,
                account=order.account,
                amount=order.amount,
                memo=order.memo,
                payer_name=order.payer_name,
                payer_account=order.payer_account,
                reference=_reference(now, number) if reference is None else reference,
                at=now.replace(microsecond=0),
                balance=self.balance(order.account) + order.amount,
            )
            self._journal.append("transfer", asdict(made) | {"at": made.at.isoformat()})
            self._transfers.append(made)
            self._balances[made.account] = made.balance
            return made

    def transfers(self, account: str | None = None) -> tuple[Transfer, ...]:
        """All transfers in order, or those of one *account*."""
        with self._lock:
            return tuple(one for one in self._transfers if account in (None, one.account))

    def numbered(self, number: int) -> Transfer:
        with self._lock:
            return self._transfers[number - 1]

    def balance(self, account: str) -> int:
        with self._lock:
            return self._balances[account]


def _reference(now: datetime, number: int) -> str:
    """Number as banks do: FT, year, day of the year, running number."""
    return f"FT{now.astimezone(HOSPITAL_ZONE):%y%j}{number:06d}"


def _restored(line: Mapping[str, Any]) -> Transfer:
    fields = {name: value for name, value in line.items() if name != "kind"}
    return Transfer(**fields | {"at": datetime.fromisoformat(line["at"])})
