"""A channel is made from the settings that its adapter declares, whole or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payments.audit import AUDIT_EVENT
from payments.channels import creating, pausing, service
from payments.channels.rows import CHANNEL
from payments.kernel.errors import InvalidField
from tests.support.hospital import SANDBOX, Hospital

NEW = {"bin": "999999", "account": "0071000999999", "holder": "BENH VIEN HAI"}
NEW_DESK = NEW | {"notified_by": "sepay"}


def create(hospital: Hospital, slug: str, adapter: str, given: dict[str, str]) -> None:
    creating.create(hospital.runtime, hospital.scope, slug, adapter, given)


def slugs(hospital: Hospital) -> tuple[str, ...]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return service.slugs(tx)


def test_a_feed_works_at_once(hospital: Hospital) -> None:
    create(hospital, "sepay-hai", "sepay", SANDBOX["sepay"])

    with hospital.runtime.database.reading(hospital.scope) as tx:
        [made] = service.versions(tx, hospital.runtime, "sepay-hai")
        assert pausing.is_open(tx, "sepay-hai")
    assert made.settings == SANDBOX["sepay"]


def test_a_channel_to_a_new_account_adds_it_and_waits_for_another_person(
    hospital: Hospital,
) -> None:
    create(hospital, "aaa", "bank_transfer", NEW_DESK)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert service.payee(tx, NEW["account"]).holder == NEW["holder"]
        assert not pausing.is_open(tx, "aaa")
        kinds = set(tx.execute(select(AUDIT_EVENT.c.kind)).scalars())
    assert {"bank_account.added", "channel.put", "channel.new"} <= kinds


def test_an_account_that_is_known_keeps_its_holder(hospital: Hospital) -> None:
    known = SANDBOX["bank_transfer"]

    with pytest.raises(InvalidField) as refused:
        create(hospital, "aaa", "bank_transfer", known | {"holder": "KE GIAN"})

    assert refused.value.field == "account"
    create(hospital, "aaa", "bank_transfer", known)
    assert "aaa" in slugs(hospital)


@pytest.mark.parametrize(
    ("slug", "adapter", "changes", "field"),
    [
        ("Sepay", "sepay", {}, "slug"),
        ("s", "sepay", {}, "slug"),
        ("../x", "sepay", {}, "slug"),
        ("sepay", "sepay", {}, "slug"),
        ("moi", "nobody", {}, "adapter"),
        ("moi", "sepay", {"api_token": ""}, "api_token"),
        ("moi", "sepay", {"api": "v9"}, "api"),
        ("moi", "sepay", {"more": "x"}, "more"),
        ("moi", "sepay", {"api_token": "x" * 501}, "api_token"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(
    hospital: Hospital, slug: str, adapter: str, changes: dict[str, str], field: str
) -> None:
    before = slugs(hospital)

    with pytest.raises(InvalidField) as refused:
        create(hospital, slug, adapter, SANDBOX["sepay"] | changes)

    assert refused.value.field == field
    assert slugs(hospital) == before


def test_a_secret_lies_in_the_database_sealed(hospital: Hospital) -> None:
    create(hospital, "sepay-hai", "sepay", SANDBOX["sepay"])

    with hospital.runtime.database.reading(hospital.scope) as tx:
        row = tx.execute(select(CHANNEL).where(CHANNEL.c.slug == "sepay-hai")).one()
    assert SANDBOX["sepay"]["api_token"].encode() not in bytes(row.settings_sealed)


def test_a_real_bank_is_no_payee_of_a_trial(hospital: Hospital) -> None:
    with pytest.raises(InvalidField):
        create(hospital, "that", "bank_transfer", NEW_DESK | {"bin": "970436"})
    assert "that" not in slugs(hospital)
