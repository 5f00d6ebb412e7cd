"""
Settings: the only reader of the environment, once, at the start. No profiles.

An unknown ``VIENPHI_*`` is a typo and stops the start; ``VIENPHI_TEST_*`` is of the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from payments.kernel.errors import Rejected
from payments.kernel.secret import Secret


class WrongSetting(Rejected):
    """Names the variable, and says what to write."""

    code = "wrong-setting"


class Mode(StrEnum):
    TRIAL = "trial"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a program. URLs hold passwords, so they are Secrets."""

    mode: Mode
    database_url: Secret[str]
    keys_file: Path
    gateways: tuple[str, ...]
    hosts: tuple[str, ...]
    public_url: str
    proxy_hops: int
    code_prefix: str
    code_minutes: int
    log_level: str
    facility: int | None
    banks_file: Path | None = None
    heads_file: Path | None = None
    backups_folder: Path | None = None
    event_hosts: tuple[str, ...] = ()
    bank_apps_file: Path | None = None
    #: As patients dial it; empty where they are sent to the cashier's desk.
    help_phone: str = ""
    #: Minutes without a request after which a screen locks.
    idle_minutes: int = 15
    #: Days for which a code that was printed can be paid.
    slip_days: int = 7
    #: Address of the insurer's portal; empty where cards are checked by hand.
    portal_url: str = ""
    #: Address of the provider of e-invoices; empty where they are issued by other means.
    einvoice_url: str = ""
    #: Whether finance and administration prove a second factor.
    second_factor: bool = True

    @property
    def code_life(self) -> timedelta:
        """How long a code on a screen lives; a printed one lives for days."""
        return timedelta(minutes=self.code_minutes)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """
        Read and check every setting.

        Raises:
            WrongSetting: a variable is missing, unknown, unreadable, or contradicts another.
        """
        _refuse_unknown(environ)
        mode = _choice(environ, "VIENPHI_MODE", Mode)
        settings = cls(
            mode=mode,
            database_url=Secret(_needed(environ, "VIENPHI_DATABASE_URL")),
            keys_file=Path(_needed(environ, "VIENPHI_KEYS_FILE")),
            gateways=_names(environ.get("VIENPHI_GATEWAYS", "bank_transfer,sepay,casso")),
            hosts=_names(environ.get("VIENPHI_HOSTS", "127.0.0.1,localhost")),
            public_url=environ.get("VIENPHI_PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/"),
            proxy_hops=_number(environ, "VIENPHI_PROXY_HOPS", 0, low=0, high=5),
            code_prefix=_prefix(environ.get("VIENPHI_CODE_PREFIX", "VPH")),
            code_minutes=_number(environ, "VIENPHI_CODE_MINUTES", 15, low=2, high=1440),
            log_level=environ.get("VIENPHI_LOG_LEVEL", "INFO").upper(),
            facility=_facility(environ),
            banks_file=_there(environ, "VIENPHI_BANKS_FILE"),
            heads_file=_new_file(environ, "VIENPHI_HEADS_FILE"),
            backups_folder=_there(environ, "VIENPHI_BACKUPS_FOLDER", is_folder=True),
            event_hosts=_event_hosts(environ.get("VIENPHI_EVENT_HOSTS", "")),
            bank_apps_file=_there(environ, "VIENPHI_BANK_APPS_FILE"),
            help_phone=_phone(environ.get("VIENPHI_HELP_PHONE", "")),
            idle_minutes=_number(environ, "VIENPHI_IDLE_MINUTES", 15, low=1, high=60),
            slip_days=_number(environ, "VIENPHI_SLIP_DAYS", 7, low=1, high=30),
            portal_url=_system(environ, "VIENPHI_PORTAL_URL", mode),
            einvoice_url=_system(environ, "VIENPHI_EINVOICE_URL", mode),
            second_factor=_is_required(environ, "VIENPHI_SECOND_FACTOR"),
        )
        if mode is Mode.PRODUCTION:
            _refuse_trial_defaults(environ, settings)
        return settings


KNOWN: Final = {
    "VIENPHI_MODE": "trial or production; must equal what is written in the database",
    "VIENPHI_DATABASE_URL": "sqlite:///file or postgresql+psycopg://vp_app@host/database",
    "VIENPHI_KEYS_FILE": "file of keys (mode 0600), made by `vienphi keys new`",
    "VIENPHI_GATEWAYS": "enabled adapters, by comma",
    "VIENPHI_HOSTS": "host names that are answered, by comma",
    "VIENPHI_PUBLIC_URL": "address that patients open, for links in codes and messages",
    "VIENPHI_PROXY_HOPS": "number of proxies in front whose headers are believed",
    "VIENPHI_CODE_PREFIX": "2 to 5 capital letters before each payment code",
    "VIENPHI_CODE_MINUTES": "minutes that a payment code is shown as valid",
    "VIENPHI_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "VIENPHI_BANKS_FILE": "bank table that replaces the shipped one (CSV, same columns)",
    "VIENPHI_HEADS_FILE": "file, best on another machine, to which the worker adds heads of chains",
    "VIENPHI_BACKUPS_FOLDER": "folder of the nightly *.backup files, whose age is watched",
    "VIENPHI_EVENT_HOSTS": "host names and networks inside the hospital that events may go to",
    "VIENPHI_BANK_APPS_FILE": "table of bank apps that replaces the shipped one (CSV)",
    "VIENPHI_HELP_PHONE": "telephone number that patients are told to call",
    "VIENPHI_IDLE_MINUTES": "minutes without a touch after which a screen locks, 1 to 60",
    "VIENPHI_EINVOICE_URL": "address of the provider of e-invoices (https); empty: none are issued",
    "VIENPHI_PORTAL_URL": "address of the insurer's portal (https); empty: cards by hand",
    "VIENPHI_SECOND_FACTOR": "required or off; off is for a trial only",
    "VIENPHI_FACILITY": "facility code, where the database holds several and no host names one",
}


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in sorted(environ):
        if (
            name.startswith("VIENPHI_")
            and not name.startswith("VIENPHI_TEST_")
            and name not in KNOWN
        ):
            raise WrongSetting(f"{name} is not a setting; known are {', '.join(KNOWN)}")


def _refuse_trial_defaults(environ: Mapping[str, str], settings: Settings) -> None:
    if not settings.second_factor:
        raise WrongSetting("VIENPHI_SECOND_FACTOR must be required in production")
    for name in ("VIENPHI_HOSTS", "VIENPHI_PUBLIC_URL", "VIENPHI_GATEWAYS"):
        if name not in environ:
            raise WrongSetting(f"{name} must be set in production: its default is for a trial")
    if not settings.public_url.startswith("https://"):
        raise WrongSetting("VIENPHI_PUBLIC_URL must begin with https:// in production")
    if settings.database_url.reveal().startswith("postgresql") and re.search(
        r"://(postgres|vp_owner)[:@]", settings.database_url.reveal()
    ):
        raise WrongSetting("VIENPHI_DATABASE_URL must connect as vp_app, not as an owner")


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise WrongSetting(f"{name} is missing: {KNOWN[name]}")
    return value


def _choice(environ: Mapping[str, str], name: str, choices: type[Mode]) -> Mode:
    value = _needed(environ, name)
    try:
        return choices(value)
    except ValueError:
        raise WrongSetting(f"{name} is {value!r}: write {' or '.join(choices)}") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _number(environ: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = environ.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
        raise WrongSetting(f"{name} is {text!r}: write a whole number from {low} to {high}")
    return int(text)


def _is_required(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "required")
    if text not in ("required", "off"):
        raise WrongSetting(f"{name} is {text!r}: write required or off")
    return text == "required"


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2,5}", text):
        raise WrongSetting(f"VIENPHI_CODE_PREFIX is {text!r}: write 2 to 5 capital letters")
    return text


def _there(environ: Mapping[str, str], name: str, *, is_folder: bool = False) -> Path | None:
    if name not in environ:
        return None
    path = Path(environ[name])
    if not (path.is_dir() if is_folder else path.is_file()):
        raise WrongSetting(f"{name} names {path}, which is no {'folder' if is_folder else 'file'}")
    return path


def _new_file(environ: Mapping[str, str], name: str) -> Path | None:
    """Read the name of a file that is made when it is needed; its folder is there."""
    if name not in environ:
        return None
    path = Path(environ[name])
    if path.is_dir() or not path.parent.is_dir():
        raise WrongSetting(f"{name} names {path}: write a file in a folder that exists")
    return path


def _event_hosts(text: str) -> tuple[str, ...]:
    """Read host names and networks; a network with bits of a host is a typing error."""
    found = tuple(name.lower() for name in _names(text))
    for one in found:
        if not re.search("[/:]", one) and not re.fullmatch("[0-9.]+", one):
            continue
        try:
            ip_network(one)
        except ValueError as error:
            raise WrongSetting(f"VIENPHI_EVENT_HOSTS: {error}; write 10.0.8.0/24") from error
    return found


def _phone(text: str) -> str:
    if text and not re.fullmatch(r"\+?[0-9][0-9 .]{2,18}[0-9]", text):
        raise WrongSetting(f"VIENPHI_HELP_PHONE is {text!r}: write digits, as in 0000 099 001")
    return text


def _system(environ: Mapping[str, str], name: str, mode: Mode) -> str:
    """Read the address of another's system; a sandbox on this machine is for a trial only."""
    url = environ.get(name, "").strip().rstrip("/")
    is_local = re.fullmatch(r"http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", url) is not None
    if url and not (url.startswith("https://") or is_local):
        raise WrongSetting(f"{name} must begin with https://")
    if mode is Mode.PRODUCTION and re.match(r"https?://(127\.|localhost|\[)", url):
        raise WrongSetting(f"{name} names this machine, where only a sandbox is")
    return url


def _facility(environ: Mapping[str, str]) -> int | None:
    if "VIENPHI_FACILITY" not in environ:
        return None
    return _number(environ, "VIENPHI_FACILITY", 0, low=1, high=99_999)
