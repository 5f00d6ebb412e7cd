"""What an adapter's settings are, so that a form can ask for them: declared beside ``build``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

B = TypeVar("B", bound=Callable[..., Any])

_MARK: Final = "vienphi_settings"


@dataclass(frozen=True, slots=True)
class Setting:
    """One stored setting; *is_secret* ones are written and never shown again."""

    name: str
    is_secret: bool = False
    choices: tuple[str, ...] = ()
    is_needed: bool = True
    #: Says where money goes: it is changed with the account itself, not with a secret.
    is_fixed: bool = False
    #: The setting and the value of it with which alone this one is known; empty for always.
    only_with: tuple[str, str] | tuple[()] = ()

    def is_known(self, settings: Mapping[str, str]) -> bool:
        if not self.only_with:
            return True
        name, value = self.only_with
        return settings.get(name, "") == value


def takes(*settings: Setting) -> Callable[[B], B]:
    """Declare the settings of a ``build``; the adapter checks them itself all the same."""

    def mark(build: B) -> B:
        setattr(build, _MARK, settings)
        return build

    return mark


def settings_of(build: Callable[..., Any]) -> tuple[Setting, ...]:
    """List what *build* declares; empty for an adapter that declares nothing."""
    found: tuple[Setting, ...] = getattr(build, _MARK, ())
    return found
