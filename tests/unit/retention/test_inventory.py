"""Each column of each table is classified, with purpose, law, time and who sees it."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import payments
from payments.identity.permissions import Role
from payments.retention.model import CLASSES, inventory, laws, rules
from payments.storage.columns import METADATA


def columns() -> set[tuple[str, str]]:
    for module in pkgutil.walk_packages(payments.__path__, "payments."):
        if module.name != "payments.gunicorn":
            importlib.import_module(module.name)
    return {(table.name, column.name) for table in METADATA.tables.values() for column in table.c}


def test_every_column_of_every_table_is_classified() -> None:
    missing = sorted(columns() - inventory().keys())

    assert missing == [], "add them to payments/retention/data/inventory.csv"


def test_nothing_is_classified_that_is_not_there() -> None:
    assert sorted(inventory().keys() - columns()) == []


def test_what_is_about_people_has_purpose_law_time_and_viewers() -> None:
    roles = {role.value for role in Role}
    for one in inventory().values():
        where = f"{one.table}.{one.field}"
        assert one.kind in CLASSES, where
        if one.kind == "none":
            assert (one.purpose, one.basis, one.retention, one.seen_by) == ("", "", "", ()), where
            continue
        assert one.purpose, where
        assert one.basis in laws(), where
        assert one.retention in rules(), where
        assert set(one.seen_by) <= roles, where


def test_every_sealed_column_is_about_a_person_or_a_secret() -> None:
    sealed = {one.kind for (_, name), one in inventory().items() if name.endswith("_sealed")}

    assert "none" not in sealed


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.name)
def test_a_rule_that_erases_names_the_function_that_does(rule: object) -> None:
    assert rule.law in laws()  # type: ignore[attr-defined]
    assert rule.action in {"keep", "erase", "use"}  # type: ignore[attr-defined]
    assert bool(rule.done_by) == (rule.action == "erase")  # type: ignore[attr-defined]
    if rule.done_by:  # type: ignore[attr-defined]
        module, _, function = rule.done_by.partition(":")  # type: ignore[attr-defined]
        assert callable(getattr(importlib.import_module(module), function))


def test_every_rule_and_every_law_is_used() -> None:
    kept = [one for one in inventory().values() if one.kind != "none"]
    bases = {one.basis for one in kept} | {rule.law for rule in rules().values()}

    assert {one.retention for one in kept} == set(rules())
    # What the person may ask for is the reason of a command, not of a column.
    assert set(laws()) - bases <= {"data.rights", "data.health"}
