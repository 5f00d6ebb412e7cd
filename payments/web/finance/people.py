"""Names of the people and programs who acted, as finance reads them."""

from __future__ import annotations

from uuid import UUID

from payments.identity import queries
from payments.kernel.errors import NotFound
from payments.storage.unit_of_work import UnitOfWork

_USER = "user:"


def name_of(tx: UnitOfWork, actor: str) -> str:
    """Give the name of a user; a program is called as it calls itself."""
    try:
        return queries.user_view(tx, UUID(actor.removeprefix(_USER))).user.name
    except (ValueError, NotFound):
        return actor
