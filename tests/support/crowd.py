"""Many at once: processes that open the same trial, each with connections of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from payments.intents.service import open_intent
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.runtime import Runtime
from tests.support.stage import SCOPE, Address, runtime_at

T = TypeVar("T")
FORK: Final = multiprocessing.get_context("fork")
#: 150,000 đ: one line, one department.
SERVICE: Final = "KB01"
PRICE: Final = 150_000


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice that waits for *dong*, and the code that is shown for it."""

    number: int
    invoice: UUID
    code: str
    dong: int


_own: dict[str, Runtime] = {}


def here() -> Runtime:
    """The runtime of this child process."""
    return _own["runtime"]


def pool(address: Address, processes: int) -> ProcessPoolExecutor:
    """Start *processes*; what runs there opens the trial by ``here``."""
    return ProcessPoolExecutor(processes, FORK, initializer=_open, initargs=(address,))


def shares(things: Sequence[T], count: int) -> list[Sequence[T]]:
    """Deal *things* to *count* hands."""
    return [things[first::count] for first in range(count)]


def owed(address: Address, count: int, *, processes: int = 4, first: int = 1) -> list[Owed]:
    """Issue *count* invoices of 150,000 đ and show a code for each."""
    numbers = range(first, first + count)
    with pool(address, processes) as children:
        made = list(children.map(_issue_all, shares(numbers, processes)))
    return sorted((one for share in made for one in share), key=lambda one: one.number)


def _open(address: Address) -> None:
    _own["runtime"] = runtime_at(address)


def _issue_all(numbers: Iterable[int]) -> list[Owed]:
    return [issue_one(here(), number) for number in numbers]


def issue_one(runtime: Runtime, number: int, services: Sequence[str] = (SERVICE,)) -> Owed:
    """Issue the invoice of *number* and show its code; the same number is the same invoice."""
    request = IssueRequest(
        PatientRequest("NGUYỄN VĂN THỬ", 1958, f"99-{number:07d}"),
        tuple(LineRequest(code, 1) for code in services),
        f"crowd-{number:08d}",
    )
    invoice = issue(runtime, SCOPE, request)
    shown = open_intent(
        runtime, SCOPE, invoice=invoice, channel="vietqr", key=f"crowd-show-{number:08d}"
    )
    return Owed(number, invoice, shown.code, shown.amount.dong)


def in_processes(
    address: Address, work: Callable[[Sequence[T]], int], things: Sequence[T], processes: int
) -> list[int]:
    """Let each process do its share of *things*; returns what each share came to."""
    with pool(address, processes) as children:
        return list(children.map(work, shares(things, processes)))
