"""The faults need a server that flushes: what is promised of a crash holds on no other."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.databases import Cluster, start_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    yield from start_cluster(tmp_path_factory, os.environ.get("VIENPHI_TEST_PG"))
