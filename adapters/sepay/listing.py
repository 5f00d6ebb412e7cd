"""
SePay's transaction list, page by page: the net under lost webhooks.

Both versions give the newest first, but no page promises it. So version 1 looks at each full page
and asks on from the end that was cut off. Rows are joined by id, for pages overlap and shift while
new transfers arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire.calls import Api
from adapters._wire.strict_json import Json
from adapters.sepay import messages
from payments.gateway import Notification
from payments.kernel.errors import Unavailable

#: 40 pages of 100 hold the busiest day of a large hospital; version 1 has 5 000 on a page.
PAGES_MAX: Final = 40
#: Three requests a second and address are allowed.
PAUSE_S: Final = 0.4
_PAGE_SIZES: Final = {"v1": 5_000, "v2": 100}


@dataclass(frozen=True, slots=True)
class TransactionList:
    api: Api
    version: str
    pause: Callable[[float], None] = field(repr=False)
    #: None is the largest page that the version gives.
    page_size: int | None = None

    def read(self, account: str, since: datetime) -> tuple[Notification, ...]:
        """List as ``Lists.transactions`` promises. Raises Unavailable."""
        pages = self._pages_v1 if self.version == "v1" else self._pages_v2
        read_row = messages.from_row_v1 if self.version == "v1" else messages.from_row_v2
        found: dict[str, Notification] = {}
        try:
            for page in pages(account, since):
                for row in page:
                    notification = read_row(row)
                    if notification and notification.account == account:
                        found[notification.event_id] = notification
        except ValueError as error:
            raise Unavailable(f"SePay's list cannot be read: {error}") from error
        wanted = (one for one in found.values() if one.occurred_at >= since)
        return tuple(sorted(wanted, key=lambda one: (one.occurred_at, one.event_id)))

    @property
    def _size(self) -> int:
        return self.page_size or _PAGE_SIZES[self.version]

    def _pages_v1(self, account: str, since: datetime) -> Iterator[list[Mapping[str, Json]]]:
        params: dict[str, str | int] = {
            "account_number": account,
            "transaction_date_min": fields.as_local_day(since) + " 00:00:00",
            "limit": self._size,
        }
        for _ in range(PAGES_MAX):
            answer = strict_json.object_of(self.api.get("/transactions/list", params))
            if fields.number(answer, "status") != 200:
                raise ValueError("status is not 200")
            page = _rows(answer, "transactions")
            yield page
            if len(page) < self._size:
                return
            onward = _cut_end_v1(page)
            if onward.items() <= params.items():
                raise Unavailable("SePay's list does not move on: too many rows of one second")
            params |= onward
            self.pause(PAUSE_S)
        raise Unavailable(f"SePay's list has more than {PAGES_MAX} pages")

    def _pages_v2(self, account: str, since: datetime) -> Iterator[list[Mapping[str, Json]]]:
        for number in range(1, PAGES_MAX + 1):
            params: dict[str, str | int] = {
                "account_number": account,
                "transaction_date_from": fields.as_local_day(since),
                "page": number,
                "per_page": self._size,
            }
            answer = strict_json.object_of(self.api.get("/transactions", params))
            if answer.get("status") != "success":
                raise ValueError("status is not success")
            yield _rows(answer, "data")
            meta = strict_json.object_of(fields.need(answer, "meta"))
            pagination = strict_json.object_of(fields.need(meta, "pagination"))
            if fields.need(pagination, "has_more") is not True:
                return
            self.pause(PAUSE_S)
        raise Unavailable(f"SePay's list has more than {PAGES_MAX} pages")


def _rows(answer: Mapping[str, Json], name: str) -> list[Mapping[str, Json]]:
    rows = strict_json.list_of(fields.need(answer, name))
    return [strict_json.object_of(row) for row in rows]


def _cut_end_v1(page: list[Mapping[str, Json]]) -> dict[str, str | int]:
    """Say what to ask for, to get the rows that a full *page* left out."""
    first, last = page[0], page[-1]
    if _id(first) < _id(last):
        # Oldest first. since_id includes the row that it names.
        return {"since_id": _id(last)}
    return {"transaction_date_max": fields.as_local(fields.local_time(last, "transaction_date"))}


def _id(row: Mapping[str, Json]) -> int:
    value = fields.need(row, "id")
    if type(value) is not int and not (isinstance(value, str) and value.isdecimal()):
        raise ValueError("id is no number")
    return int(value)
