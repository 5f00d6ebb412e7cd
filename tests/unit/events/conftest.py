"""A hospital, and a program that listens to it."""

from __future__ import annotations

import pytest

from payments.runtime import Runtime
from tests.support.hospital import Hospital
from tests.support.receivers import Receiver


@pytest.fixture
def receiver(runtime: Runtime, hospital: Hospital) -> Receiver:
    return Receiver(runtime, hospital)
