"""Money that a gateway sets aside until we take it, and what we want done at gateways."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, text

from payments.storage.columns import Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    change_check,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
)

revision = "0028"
down_revision = "0027a"

_STATES = (
    "state IN ('created', 'pending', 'captured', 'failed', 'cancelled', 'expired',"
    " 'superseded', 'unknown')"
)
_WITH_AUTHORISED = _STATES.replace("'unknown'", "'unknown', 'authorised'")
_ACTIVE = "state IN ('created', 'pending', 'unknown')"
_ACTIVE_WITH_AUTHORISED = "state IN ('created', 'pending', 'unknown', 'authorised')"


def upgrade() -> None:
    # The table is read through once; nothing is written, and no row can break a wider rule.
    change_check("intent", "ck_intent_state", _STATES, _WITH_AUTHORISED)
    _one_active(_ACTIVE_WITH_AUTHORISED)
    create_table(
        "gateway_errand",
        facility_column(),
        must("intent_id", Id),
        must("kind", Words),
        must("wanted_at", UtcTime),
        must("wanted_by", Words),
        must("state", Words),
        must("asked", Whole),
        may("next_ask_at", UtcTime),
        must("trouble", Words),
        PrimaryKeyConstraint(FACILITY, "intent_id", "kind", name="pk_gateway_errand"),
        points_at("gateway_errand", "intent_id", "id", "intent"),
        check("gateway_errand", "kind", "kind IN ('capture', 'cancel')"),
        check(
            "gateway_errand",
            "state",
            "state IN ('wanted', 'unknown', 'done', 'refused', 'impossible', 'overtaken')",
        ),
        app="SELECT, INSERT, UPDATE",
    )
    asked = text("next_ask_at IS NOT NULL")
    op.create_index(
        "ix_gateway_errand_asked",
        "gateway_errand",
        [FACILITY, "next_ask_at"],
        postgresql_where=asked,
        sqlite_where=asked,
    )


def downgrade() -> None:
    drop_tables("gateway_errand")
    _one_active(_ACTIVE)
    change_check("intent", "ck_intent_state", _WITH_AUTHORISED, _STATES)


def _one_active(rule: str) -> None:
    op.drop_index("uq_intent_one_active", "intent")
    op.create_index(
        "uq_intent_one_active",
        "intent",
        [FACILITY, "invoice_id", "channel"],
        unique=True,
        postgresql_where=text(rule),
        sqlite_where=text(rule),
    )
