"""The bill of materials lists what runs, and the lock file holds each part with its hash."""

from __future__ import annotations

import json
import re
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from payments.operations.supply.bom import NotInLock, bill, locked

ROOT = Path(__file__).resolve().parents[4]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(bill())
    return answer


def names(told: dict[str, Any]) -> set[str]:
    return {one["name"] for one in told["components"] if one["type"] == "library"}


def test_every_requirement_is_listed_with_the_version_that_runs(told: dict[str, Any]) -> None:
    listed = {one["name"]: one.get("version") for one in told["components"]}
    for text in requires("vienphi") or ():
        need = Requirement(text)
        if need.marker is None:
            name = canonicalize_name(need.name)
            assert listed[name] == version(name)


def test_what_is_needed_by_what_is_needed_is_listed(told: dict[str, Any]) -> None:
    assert {"jinja2", "werkzeug", "markupsafe", "psycopg"} <= names(told)


def test_what_only_tests_need_is_not_listed(told: dict[str, Any]) -> None:
    assert not {"pytest", "hypothesis", "mypy", "playwright", "pyspark"} & names(told)


def test_the_form_is_cyclonedx(told: dict[str, Any]) -> None:
    assert (told["bomFormat"], told["specVersion"], told["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", told["serialNumber"])
    assert told["metadata"]["component"]["type"] == "application"
    refs = [one["bom-ref"] for one in told["components"]]
    refs.append(told["metadata"]["component"]["bom-ref"])
    assert len(refs) == len(set(refs))
    for one in told["dependencies"]:
        assert {one["ref"], *one["dependsOn"]} <= set(refs)


def test_every_part_states_its_licence_and_none_forbids_us(told: dict[str, Any]) -> None:
    for one in told["components"]:
        assert one["licenses"], one["name"]
        said = json.dumps(one["licenses"])
        assert not re.search(r"AGPL|SSPL|BUSL|(?<!L)GPL-3", said), one["name"]


def test_the_same_installation_gives_the_same_bytes() -> None:
    assert bill() == bill()


def test_the_lock_holds_every_part_that_runs_with_its_hashes(told: dict[str, Any]) -> None:
    lines = locked(LOCK)
    blocks = re.split(r"\n(?=\S)", lines.strip())

    assert {canonicalize_name(block.split("==")[0]) for block in blocks} == names(told)
    assert all("--hash=sha256:" in block for block in blocks)


def test_a_part_that_the_lock_does_not_know_is_named() -> None:
    without = re.sub(r"^flask==.*?(?=^\S)", "", LOCK, flags=re.MULTILINE | re.DOTALL)

    with pytest.raises(NotInLock, match="flask"):
        locked(without)
