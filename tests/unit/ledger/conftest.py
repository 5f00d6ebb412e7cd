"""Every test here leaves a ledger that balances and verifies, or takes a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payments.kernel.scope import Scope
from payments.storage.unit_of_work import Database
from tests.support.ledger import as_role, assert_balanced


@pytest.fixture
def ledger_database(database: Database, scope: Scope) -> Iterator[Database]:
    yield database
    assert_balanced(database, scope)


@pytest.fixture
def owner(database: Database) -> Iterator[Database]:
    """The database as the superuser, whom neither grants nor policies stop; triggers do."""
    made = as_role(database, None)
    yield made
    made.close()
