"""
The figures by name, and their text for Prometheus (exposition format 0.0.4).

All are read from rows, so each process gives the same answer; none carries a name, a number or an
amount of a person. Rates of requests and answers are counted by the proxy in front, which sees the
refused ones too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

_PREFIX: Final = "vienphi_"


@dataclass(frozen=True, slots=True)
class Metric:
    """One name; *labels* are the words that tell its samples apart."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of the metric *name*."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


METRICS: Final = (
    Metric("build_info", "gauge", "1; release and revision of the schema", ("release", "revision")),
    Metric("database_answer_seconds", "gauge", "time that reading these figures took"),
    Metric("worker_last_beat_timestamp_seconds", "gauge", "when the worker was last there"),
    Metric("jobs", "gauge", "jobs of the worker, given up when dead", ("state",)),
    Metric("jobs_overdue_seconds", "gauge", "age of the oldest job that should have run"),
    Metric("ledger_seals_total", "counter", "sealed transactions of the ledger"),
    Metric("ledger_unsealed", "gauge", "transactions that wait for the sealer"),
    Metric("ledger_unsealed_seconds", "gauge", "age of the oldest transaction without a seal"),
    Metric("ledger_sum_dong", "gauge", "sum of all accounts; anything but 0 is an alarm"),
    Metric("suspense_dong", "gauge", "money of unknown owner (account 2200)"),
    Metric("audit_seals_total", "counter", "sealed events of the audit"),
    Metric("messages_waiting", "gauge", "messages of gateways that are stored and not applied"),
    Metric("messages_waiting_seconds", "gauge", "age of the oldest of them"),
    Metric("deliveries", "gauge", "events to the hospital's programs", ("state",)),
    Metric("channel_down_seconds", "gauge", "since when a gateway has not answered", ("channel",)),
    Metric("channel_last_message_timestamp_seconds", "gauge", "last proven message", ("channel",)),
    Metric("channel_refused_messages", "gauge", "refused in the last hour", ("channel",)),
    Metric("switch_on", "gauge", "1 while a person has stopped this", ("kind",)),
    Metric("backup_last_timestamp_seconds", "gauge", "when the newest backup was made"),
    Metric("backup_bytes", "gauge", "size of the newest backup"),
)
NAMES: Final = frozenset(_PREFIX + metric.name for metric in METRICS)


def text(samples: Iterable[Sample], facility: int) -> str:
    """Write *samples* in the order of ``METRICS``, each labelled with its facility."""
    by_name: dict[str, list[Sample]] = {}
    for sample in samples:
        by_name.setdefault(sample.name, []).append(sample)
    lines = []
    for metric in METRICS:
        name = _PREFIX + metric.name
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
        for sample in by_name.pop(metric.name, ()):
            if set(sample.labels) != set(metric.labels):
                raise ValueError(f"{name} has the labels {metric.labels}, not {sample.labels}")
            lines.append(f"{name}{_labels(sample.labels, facility)} {_number(sample.value)}")
    if by_name:
        raise ValueError(f"no metric is declared as {', '.join(by_name)}")
    return "\n".join(lines) + "\n"


def _labels(given: Mapping[str, str], facility: int) -> str:
    told = {"facility": str(facility), **given}
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in told.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    # Sums of đồng are whole and must not be written with an exponent.
    return str(int(value)) if value == int(value) else repr(value)
