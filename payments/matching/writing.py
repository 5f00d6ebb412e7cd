"""What a person writes as a rule, checked field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money
from payments.kernel.text import is_line, nfc
from payments.matching.model import By, Effect

NAME_MAX: Final = 60
PATTERN_MAX: Final = 60
#: A shorter word stands in memos of patients by accident.
PATTERN_LETTERS_MIN: Final = 4
WINDOW_MAX_MINUTES: Final = 24 * 60
TOLERANCE_MAX: Final = Money(10_000)
_PAYS: Final = frozenset({By.REFERENCE, By.AMOUNT_TIME})


@dataclass(frozen=True, slots=True)
class RuleRequest:
    """A rule as typed: days as on the screen's date fields, amounts and minutes as numbers."""

    name: str
    by: str
    effect: str
    account: str
    pattern: str
    window_minutes: int
    tolerance: Money
    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class Written:
    """A request that makes sense."""

    name: str
    by: By
    effect: Effect
    account: str
    pattern: str
    window_minutes: int
    tolerance: Money
    first_day: HospitalDay
    last_day: HospitalDay | None


def checked(asked: RuleRequest, accounts: tuple[str, ...]) -> Written:
    """
    Read a request; what its kind does not use is left out.

    Raises:
        InvalidField: a field is wrong; it is named.
    """
    name = nfc(" ".join(asked.name.split()))
    if not 3 <= len(name) <= NAME_MAX or not is_line(name):
        raise InvalidField("name", "rule_name", most=NAME_MAX)
    by = next((one for one in By if one.value == asked.by), None)
    if by is None:
        raise InvalidField("by", "rule_by")
    effect = next((one for one in Effect if one.value == asked.effect), None)
    if effect is None or (effect is Effect.INVOICE) is not (by in _PAYS):
        raise InvalidField("effect", "rule_effect")
    account = _account(asked.account, by, accounts)
    is_timed = by is By.AMOUNT_TIME
    if is_timed and not 1 <= asked.window_minutes <= WINDOW_MAX_MINUTES:
        raise InvalidField("window", "rule_window", most=WINDOW_MAX_MINUTES)
    if by in _PAYS and not Money(0) <= asked.tolerance <= TOLERANCE_MAX:
        raise InvalidField("tolerance", "rule_tolerance", most=TOLERANCE_MAX)
    first, last = _days(asked)
    return Written(
        name,
        by,
        effect,
        account,
        _pattern(asked.pattern, by),
        asked.window_minutes if is_timed else 0,
        asked.tolerance if by is By.REFERENCE else Money(0),
        first,
        last,
    )


def _account(text: str, by: By, accounts: tuple[str, ...]) -> str:
    if (text or by is By.ACCOUNT) and text not in accounts:
        raise InvalidField("account", "rule_account")
    return text


def _pattern(text: str, by: By) -> str:
    if by in _PAYS:
        return ""
    cleaned = nfc(" ".join(text.split()))
    if by is By.ACCOUNT and not cleaned:
        return ""
    words = cleaned.split("*")
    is_long = all(sum(char.isalnum() for char in one) >= PATTERN_LETTERS_MIN for one in words)
    if not is_long or len(cleaned) > PATTERN_MAX or not is_line(cleaned):
        raise InvalidField("pattern", "rule_pattern", least=PATTERN_LETTERS_MIN, most=PATTERN_MAX)
    return cleaned


def _days(asked: RuleRequest) -> tuple[HospitalDay, HospitalDay | None]:
    try:
        first = HospitalDay.parse(asked.first_day)
    except ValueError as error:
        raise InvalidField("first", "rule_day") from error
    if not asked.last_day:
        return first, None
    try:
        last = HospitalDay.parse(asked.last_day)
    except ValueError as error:
        raise InvalidField("last", "rule_day") from error
    if last < first:
        raise InvalidField("last", "rule_days")
    return first, last
