"""Every alert of docs/deploy names a figure that exists, and says what to do in two languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from payments.operations.watching.model import METRICS, NAMES

ROOT = Path(__file__).resolve().parents[4]
RULES = yaml.safe_load((ROOT / "docs/deploy/alerts.yml").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
#: Prometheus' own.
OTHERS = {"up"}
FUNCTIONS = {"time", "absent"}


def names_in(expression: str) -> set[str]:
    bare = re.sub(r"\{[^}]*\}", "", expression)
    return set(re.findall(r"[a-z_]{2,}", bare)) - FUNCTIONS


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_a_figure_that_exists(rule: dict[str, Any]) -> None:
    found = names_in(rule["expr"])

    assert found
    assert found <= NAMES | OTHERS


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_filters_by_labels_that_its_figure_has(rule: dict[str, Any]) -> None:
    labels = {f"vienphi_{metric.name}": {"facility", *metric.labels} for metric in METRICS}

    for name, filters in re.findall(r"(vienphi_[a-z_]+)\{([^}]*)\}", rule["expr"]):
        assert set(re.findall(r"([a-z]+)=", filters)) <= labels[name]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "summary_vi", "runbook"}


def test_no_alert_is_there_twice() -> None:
    names = [rule["alert"] for rule in ALERTS]

    assert len(names) == len(set(names)) > 10
