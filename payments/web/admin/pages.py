"""The page objects of the administration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from payments.catalogue.model import Change, Department, PriceSpan, ServiceItem
from payments.channels.administration import SettingView, VersionView
from payments.channels.pausing import Switched
from payments.identity.importing import Row
from payments.identity.model import User
from payments.identity.permissions import Permission, Role
from payments.identity.queries import UserView
from payments.kernel.calendar import HospitalDay
from payments.web.admin.views import Finding
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class UserRow:
    view: UserView
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class UsersPage:
    template: ClassVar[str] = "admin/users.html"

    users: tuple[UserRow, ...]
    roles: tuple[Role, ...]
    may_change: bool
    #: What was typed, and what is wrong with it; empty at first.
    login: str
    name: str
    person: str
    role: str
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class UserPage:
    template: ClassVar[str] = "admin/user.html"

    row: UserRow
    roles: tuple[Role, ...]
    permissions: tuple[Permission, ...]
    may_change: bool
    is_own: bool
    codes_left: int
    failure: str


@dataclass(frozen=True, slots=True)
class PasswordsPage:
    """Passwords for one sign-in; shown once."""

    template: ClassVar[str] = "admin/passwords.html"

    given: tuple[tuple[User, str], ...]


@dataclass(frozen=True, slots=True)
class UserImportPage:
    template: ClassVar[str] = "admin/user_import.html"

    rows: tuple[Row, ...]
    #: How many of them are new.
    fresh: int
    #: The rows, sealed, for the second step; empty at first.
    sealed: str
    findings: tuple[Finding, ...]
    failure: str


@dataclass(frozen=True, slots=True)
class PricesPage:
    template: ClassVar[str] = "admin/prices.html"

    day: HospitalDay
    today: HospitalDay
    search: str
    services: tuple[ServiceItem, ...]
    found: int
    total: int
    departments: tuple[Department, ...]
    may_set: bool
    findings: tuple[Finding, ...]
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class PriceHistoryPage:
    template: ClassVar[str] = "admin/price_history.html"

    code: str
    name: str
    spans: tuple[PriceSpan, ...]
    today: HospitalDay


@dataclass(frozen=True, slots=True)
class PriceListPage:
    """What a list would change, before anybody agreed."""

    template: ClassVar[str] = "admin/price_list.html"

    id: UUID
    seen: str
    since: HospitalDay
    is_whole: bool
    added: int
    changed: int
    ended: int
    unchanged: int
    #: The first twenty.
    changes: tuple[Change, ...]
    is_applied: bool


@dataclass(frozen=True, slots=True)
class ChannelRow:
    slug: str
    newest: VersionView
    valid: int
    state: Chip
    #: Since when it is so, why and by whom; "" where there is nothing to add.
    more: str
    #: What a payment costs the hospital today, in words.
    fee: str
    last_at: datetime | None
    proven: int
    applied: int
    refused: int


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    template: ClassVar[str] = "admin/channels.html"

    channels: tuple[ChannelRow, ...]


@dataclass(frozen=True, slots=True)
class NewChannelPage:
    template: ClassVar[str] = "admin/new_channel.html"

    adapters: tuple[str, ...]
    #: Empty until one is chosen.
    adapter: str
    settings: tuple[SettingView, ...]
    says_where_money_goes: bool
    slug: str
    key: str
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class ChannelPage:
    template: ClassVar[str] = "admin/channel.html"

    row: ChannelRow
    #: The newest pause or opening; None where there never was one.
    switched: Switched | None
    #: A new channel is opened by somebody else than who made it.
    is_own: bool
    reason: str
    versions: tuple[VersionView, ...]
    now: datetime
    settings: tuple[SettingView, ...]
    webhook: str
    failed_field: str
    failure: str
    is_saved: bool
    is_made: bool


@dataclass(frozen=True, slots=True)
class Light:
    """One thing that can be dark: its name, a chip, and what that means."""

    name: str
    chip: Chip
    more: str


@dataclass(frozen=True, slots=True)
class HealthPage:
    template: ClassVar[str] = "admin/health.html"

    lights: tuple[Light, ...]
    at: datetime
