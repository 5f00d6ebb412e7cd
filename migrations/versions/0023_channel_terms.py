"""What each channel costs and takes from a day on, and whether its gateway answers."""

from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Day, Dong, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    of_facility,
)

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    create_table(
        "channel_fee",
        facility_column(),
        must("channel", Words),
        must("valid_from", Day),
        must("number", Whole),
        must("fixed", Dong),
        must("per_million", Whole),
        may("least_fee", Dong),
        may("most_fee", Dong),
        may("amount_min", Dong),
        may("amount_max", Dong),
        must("basis", Words),
        must("made_by", Words),
        must("made_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "channel", "valid_from", "number", name="pk_channel_fee"),
        of_facility("channel_fee"),
        check("channel_fee", "fixed", "fixed BETWEEN 0 AND 1000000000000000"),
        check("channel_fee", "share", "per_million BETWEEN 0 AND 1000000"),
        check(
            "channel_fee",
            "bounds",
            "least_fee IS NULL OR most_fee IS NULL OR least_fee <= most_fee",
        ),
        check(
            "channel_fee",
            "amounts",
            "amount_min IS NULL OR amount_max IS NULL OR amount_min <= amount_max",
        ),
    )
    append_only("channel_fee")
    create_table(
        "channel_breaker",
        facility_column(),
        must("channel", Words),
        must("failures", Whole),
        may("open_until", UtcTime),
        must("changed_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "channel", name="pk_channel_breaker"),
        of_facility("channel_breaker"),
        check("channel_breaker", "failures", "failures >= 0"),
        app="SELECT, INSERT, UPDATE",
    )


def downgrade() -> None:
    drop_tables("channel_breaker", "channel_fee")
