"""The web application over both databases, with a browser of few lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import adapters.bank_transfer
import adapters.casso
import adapters.sepay
from payments.app import create_app
from payments.config import Mode, Settings
from payments.gateway import Gateways
from payments.identity.permissions import Role
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.kernel.secret import Secret
from payments.keys import Keys
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user, house

SETTINGS = Settings(
    mode=Mode.TRIAL,
    database_url=Secret("unused://"),
    keys_file=Path("unused"),
    gateways=(),
    hosts=("localhost",),
    public_url="http://localhost",
    proxy_hops=0,
    code_prefix="VPH",
    code_minutes=15,
    log_level="INFO",
    facility=99001,
    second_factor=False,
)
GATEWAYS = Gateways(
    {
        "bank_transfer": adapters.bank_transfer.build,
        "casso": adapters.casso.build,
        "sepay": adapters.sepay.build,
    }
)


@pytest.fixture
def runtime(database: Database, clock: FrozenClock, keys: Keys) -> Runtime:
    return Runtime(SETTINGS, database, GATEWAYS, clock, keys)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return house(runtime)


@pytest.fixture
def widened(runtime: Runtime) -> Flask:
    """An application that shares nothing: a test may add views to it."""
    return create_app(runtime)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def hospital(runtime: Runtime, scope: Scope) -> Hospital:
    return Hospital(runtime, scope)


@pytest.fixture
def desk(browser: Browser, hospital: Hospital) -> Browser:
    """A head cashier, signed in, in a furnished hospital."""
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.HEAD_CASHIER))
    return browser


@pytest.fixture
def production(runtime: Runtime) -> Runtime:
    """The same, as production believes itself to be."""
    settings = replace(
        runtime.settings, mode=Mode.PRODUCTION, public_url="https://thanhtoan.example"
    )
    return replace(runtime, settings=settings)
