"""Makes the demo's folder: keys, database, hospital, users, past. Whole or not at all."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

import httpx

from payments.app import create_app
from payments.config import Settings
from payments.demo.history import Past, live_through
from payments.demo.hospital import FACILITY, NAME, furnish
from payments.external.portal import PORTAL, Account
from payments.gateway import Gateways
from payments.identity.permissions import Role
from payments.identity.service import add_user
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock, SystemClock
from payments.kernel.errors import Rejected
from payments.kernel.scope import Scope
from payments.keys import Keys, write_account, write_new
from payments.ledger import anchor_keys
from payments.ledger.anchoring import make_anchor
from payments.ledger.anchors import export
from payments.runtime import Runtime
from payments.storage import installation
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import upgrade

#: For a machine that only its user reaches; printed at each start.
PASSWORD: Final = "thu-nghiem-99001"  # noqa: S105 - shown on purpose
USERS: Final = (
    ("thungan", "Trần Thị Thử", Role.CASHIER),
    ("totruong", "Phạm Văn Mẫu", Role.HEAD_CASHIER),
    ("ketoan", "Lê Thị Mẫu", Role.ACCOUNTANT),
    ("ketoantruong", "Võ Thị Nghiệm", Role.CHIEF_ACCOUNTANT),
    ("quantri", "Đặng Văn Thử", Role.IT_ADMIN),
)
_WEB: Final = "http://127.0.0.1"
_BEFORE: Final = timedelta(days=7)


class NoSandbox(Rejected):
    code = "no-sandbox"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo lives and at which ports it answers."""

    data: Path
    port: int

    @property
    def bank_port(self) -> int:
        return self.port + 1

    @property
    def bank_url(self) -> str:
        return f"{_WEB}:{self.bank_port}"

    @property
    def portal_port(self) -> int:
        return self.port + 2

    @property
    def portal_url(self) -> str:
        return f"{_WEB}:{self.portal_port}"

    @property
    def web_url(self) -> str:
        return f"{_WEB}:{self.port}"

    def environ(self) -> dict[str, str]:
        """Give the settings of the demo's programs."""
        return {
            "VIENPHI_MODE": "trial",
            "VIENPHI_DATABASE_URL": f"sqlite:///{self.data / 'vienphi.db'}",
            "VIENPHI_KEYS_FILE": str(self.data / "keys.json"),
            "VIENPHI_PUBLIC_URL": self.web_url,
            "VIENPHI_PORTAL_URL": self.portal_url,
            "VIENPHI_LOG_LEVEL": "WARNING",
            # A demo is opened by one command on one's own machine, often without a telephone.
            "VIENPHI_SECOND_FACTOR": "off",
        }


def sandbox_bank() -> ModuleType:
    """
    Find the sandbox bank by its entry point.

    Raises:
        NoSandbox: no installed package brings one.
    """
    for point in entry_points(group="vienphi.sandboxes", name="bank"):
        module: ModuleType = point.load()
        return module
    raise NoSandbox("no sandbox bank is installed (entry point vienphi.sandboxes: bank)")


def _portal_account() -> dict[str, str]:
    """
    Give the public account of the sandbox portal, as the keys file holds one.

    Raises:
        NoSandbox: no installed package brings one.
    """
    for point in entry_points(group="vienphi.sandboxes", name="portal"):
        account: Account = point.load().ACCOUNT
        return {
            "user": account.user,
            "password": account.password.reveal(),
            "staff_name": account.staff_name,
            "staff_id": account.staff_id.reveal(),
        }
    raise NoSandbox("no sandbox portal is installed (entry point vienphi.sandboxes: portal)")


def make(place: Place) -> None:
    """Make the demo in a folder beside its own, then move it there: never half of one."""
    building = place.data.with_name(place.data.name + ".making")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    _fill(replace(place, data=building))
    building.rename(place.data)


def _fill(place: Place) -> None:
    bank = sandbox_bank()
    keys = place.data / "keys.json"
    write_new(keys, demo=True)
    write_account(keys, PORTAL, FACILITY, _portal_account())
    clock = FrozenClock(SystemClock().now())
    settings = Settings.from_env(place.environ())
    database = Database(settings.database_url.reveal(), clock)
    upgrade(database.engine)
    installation.found(database.engine, mode=settings.mode, at=clock.now())
    installation.add_facility(database.engine, FACILITY, NAME, at=clock.now())
    runtime = Runtime(
        settings, database, Gateways.named(settings.gateways), clock, Keys.read(settings.keys_file)
    )
    scope = Scope(FACILITY, "demo", "demo")
    for login, name, role in USERS:
        add_user(runtime, scope, login=login, name=name, role=role, password=PASSWORD)
    _live(place, bank, runtime, scope, clock)
    database.close()


def _live(
    place: Place, bank: ModuleType, runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    now = clock.now()
    # Channels and prices are valid from before the first day of the past.
    clock.advance(-_BEFORE)
    furnish(runtime, scope, bank.demo_settings(place.bank_url))
    clock.set(now)
    web = httpx.WSGITransport(app=create_app(runtime))
    webhooks = {name: f"{_WEB}/webhooks/{name}" for name in ("sepay", "casso")}
    books = bank.open_books(place.data, clock, webhooks, web)
    with httpx.Client(transport=httpx.WSGITransport(app=books), base_url=_WEB) as client:
        live_through(Past(runtime, scope, clock, client))
    _anchor(place, runtime, scope)


def _anchor(place: Place, runtime: Runtime, scope: Scope) -> None:
    """Sign the past as a hospital does each night: its receipts can be proven at once."""
    key = place.data / "anchor.pem"
    anchor_keys.new_key(key)
    with runtime.database.transaction(scope) as tx:
        made = make_anchor(tx, HospitalDay.of(tx.now()), anchor_keys.read_key(key))
        export(made, place.data / "anchors")
