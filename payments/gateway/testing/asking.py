"""Small questions that all parts of the suite ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from payments.gateway import Attempt, AttemptRef, Capability, Notification, RawNotification
from payments.gateway.testing.bench import Act, Bench
from payments.kernel.money import Money, vnd

AMOUNT: Final = vnd(150_000)


def need(bench: Bench, *capabilities: Capability) -> None:
    """Skip the test unless the adapter declares *capabilities*."""
    lacking = set(capabilities) - bench.gateway.supports
    if lacking:
        pytest.skip(f"does not declare {', '.join(sorted(lacking))}")


def need_act(bench: Bench, act: Act) -> None:
    if act not in bench.acts:
        pytest.skip(f"nobody can {act} there")


def need_visible(bench: Bench, fault: str) -> None:
    """Skip where answers cannot show *fault*."""
    if fault in ("forge", "wrong_amount") and fault not in bench.answers_show:
        pytest.skip(f"an answer there does not show {fault}")


def message(bench: Bench, attempt: Attempt, act: Act) -> RawNotification:
    """Let *act* happen; skip where the gateway tells nothing of it."""
    need_act(bench, act)
    raw = bench.play(attempt, act)
    if raw is None:
        pytest.skip(f"it sends no message when payers {act}")
    return raw


def paid(bench: Bench, amount: Money = AMOUNT) -> tuple[Attempt, AttemptRef, Notification]:
    """Open an attempt and pay it; the reference knows the gateway's own name afterwards."""
    attempt, ref = bench.opened(amount)
    raw = bench.play(attempt, Act.PAY)
    if raw is None:
        [told] = bench.gateway.query(ref)
    else:
        [told] = bench.gateway.read(raw)
    return attempt, replace(ref, transaction=told.transaction or ref.transaction), told
