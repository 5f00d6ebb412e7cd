"""The hospital's day: the calendar day in Vietnam, by which money is booked and lists are cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: By name: ``Etc/GMT+7`` is seven hours *behind* UTC.
HOSPITAL_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True, order=True)
class HospitalDay:
    """One calendar day in Vietnam (UTC+7, no summer time)."""

    date: date

    @classmethod
    def of(cls, moment: datetime) -> HospitalDay:
        """Name the day on which *moment* (aware) falls in the hospital."""
        if moment.tzinfo is None:
            raise ValueError("a naive time falls on no certain day")
        return cls(moment.astimezone(HOSPITAL_ZONE).date())

    @classmethod
    def parse(cls, text: str) -> HospitalDay:
        """Read ``2026-11-24``. Raises ValueError for anything else."""
        return cls(date.fromisoformat(text))

    @property
    def period_id(self) -> int:
        """The ledger period of this day: 20261124."""
        return self.date.year * 10_000 + self.date.month * 100 + self.date.day

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.date, time(), HOSPITAL_ZONE).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment of the next day: the day is half open."""
        return self.plus(1).starts_at

    def plus(self, days: int) -> HospitalDay:
        return HospitalDay(self.date + timedelta(days=days))

    def __str__(self) -> str:
        return self.date.isoformat()
