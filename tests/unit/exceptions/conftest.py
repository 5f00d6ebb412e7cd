"""A furnished hospital with things that wait for a person."""

from __future__ import annotations

import pytest

from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.hospital import Hospital


@pytest.fixture
def hospital(runtime: Runtime, scope: Scope) -> Hospital:
    return Hospital(runtime, scope)
