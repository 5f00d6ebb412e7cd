"""What commands share about their arguments: days as they are typed, files that cannot be read."""

from __future__ import annotations

import argparse
from datetime import date

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField


def day(text: str) -> date:
    """Read a day for argparse, which tells a refusal with the name of the option and status 2."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write a real day, as 2026-08-31") from None


def hospital_day(text: str) -> HospitalDay:
    """Read a day of the hospital for argparse."""
    return HospitalDay(day(text))


def unreadable(error: OSError) -> InvalidField:
    """Say which file cannot be read or written, without the system's number for it."""
    return InvalidField("file", "file_absent", path=str(error.filename or error.strerror))
