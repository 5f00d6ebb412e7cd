"""Casso's transaction list, page by page: the net under lost webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire.calls import Api
from adapters._wire.strict_json import Json
from adapters.casso import messages
from payments.gateway import Notification
from payments.kernel.errors import Unavailable

#: 100 pages of 100 hold the busiest day of all accounts of a large hospital.
PAGES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class TransactionList:
    api: Api
    page_size: int = 100

    def read(self, account: str, since: datetime) -> tuple[Notification, ...]:
        """List as ``Lists.transactions`` promises. Raises Unavailable."""
        found: dict[str, Notification] = {}
        try:
            for page in self._pages(since):
                for row in page:
                    # Casso has no filter by account: the rows of all linked accounts come.
                    notification = messages.from_row(strict_json.object_of(row))
                    if notification.account == account:
                        found[notification.event_id] = notification
        except ValueError as error:
            raise Unavailable(f"Casso's list cannot be read: {error}") from error
        wanted = (one for one in found.values() if one.occurred_at >= since)
        return tuple(sorted(wanted, key=lambda one: (one.occurred_at, one.event_id)))

    def _pages(self, since: datetime) -> Iterator[list[Json]]:
        for number in range(1, PAGES_MAX + 1):
            params: Mapping[str, str | int] = {
                "fromDate": fields.as_local_day(since),
                "page": number,
                "pageSize": self.page_size,
                # Oldest first: what arrives meanwhile is appended and moves no page.
                "sort": "ASC",
            }
            answer = strict_json.object_of(self.api.get("/v2/transactions", params))
            if fields.number(answer, "error") != 0:
                raise ValueError("error is not 0")
            data = strict_json.object_of(fields.need(answer, "data"))
            yield strict_json.list_of(fields.need(data, "records"))
            if number >= fields.number(data, "totalPages"):
                return
        raise Unavailable(f"Casso's list has more than {PAGES_MAX} pages")
