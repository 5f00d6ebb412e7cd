"""The web application over both databases, with a browser of few lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from payments.app import create_app
from payments.config import Mode, Settings
from payments.gateway import Gateways
from payments.kernel.clock import FrozenClock
from payments.kernel.secret import Secret
from payments.keys import Keys
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from tests.support.web import Browser

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
)


@pytest.fixture
def runtime(database: Database, clock: FrozenClock, keys: Keys) -> Runtime:
    return Runtime(SETTINGS, database, Gateways({}), clock, keys)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def production(runtime: Runtime) -> Runtime:
    """The same, as production believes itself to be."""
    settings = replace(
        runtime.settings, mode=Mode.PRODUCTION, public_url="https://thanhtoan.example"
    )
    return replace(runtime, settings=settings)
