"""Sign-in needs no gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from payments.config import Mode, Settings
from payments.gateway import Gateways
from payments.kernel.clock import FrozenClock
from payments.kernel.secret import Secret
from payments.keys import Keys
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database


@pytest.fixture
def runtime(database: Database, clock: FrozenClock, keys: Keys) -> Runtime:
    settings = Settings(
        Mode.TRIAL,
        Secret("unused://"),
        Path("unused"),
        gateways=(),
        hosts=("localhost",),
        public_url="http://localhost",
        proxy_hops=0,
        code_prefix="VPH",
        code_minutes=15,
        log_level="INFO",
        facility=None,
        second_factor=False,
    )
    return Runtime(settings, database, Gateways({}), clock, keys)
