"""A hospital and its insurer."""

from __future__ import annotations

import pytest

from tests.support.hospital import Hospital
from tests.support.settlement import Fund


@pytest.fixture
def fund(hospital: Hospital) -> Fund:
    return Fund(hospital)
