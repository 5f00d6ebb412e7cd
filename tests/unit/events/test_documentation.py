"""What the page for connected programs shows is true: its sample runs, its tables are complete."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from payments.events.model import Kind
from payments.events.signing import headers, new_secret
from payments.interop.orders.reading import COLUMNS, OPTIONAL, read_csv
from payments.kernel.calendar import HospitalDay

PAGE = Path(__file__).resolve().parents[3] / "docs" / "connected-programs.md"
TEXT = PAGE.read_text(encoding="utf-8")


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_sample_accepts_our_messages_and_nothing_else() -> None:
    sample: dict[str, Any] = {}
    exec(compile(_block("python"), str(PAGE), "exec"), sample)
    check = sample["is_from_vienphi"]
    secret, former, other = new_secret(), new_secret(), new_secret()
    body = '{"invoice":"VP26000001","reason":"tiếng Việt"}'.encode()
    now = datetime.now(UTC)
    made = headers("evt_1", now, body, [secret, former])

    assert check(secret.reveal(), made, body)
    assert check(former.reveal(), made, body)
    assert not check(other.reveal(), made, body)
    assert not check(secret.reveal(), made, body + b" ")
    assert not check(secret.reveal(), made | {"webhook-id": "evt_2"}, body)
    old = headers("evt_1", now - timedelta(minutes=6), body, [secret])
    assert not check(secret.reveal(), old, body)


def test_every_type_and_column_is_explained() -> None:
    assert {kind.value for kind in Kind} == set(re.findall(r"^\| `(invoice\.\w+)`", TEXT, re.M))
    for column in (*COLUMNS, *OPTIONAL):
        assert f"`{column}`" in TEXT


def test_the_sample_of_orders_is_read() -> None:
    lines = read_csv(_block("csv").encode(), HospitalDay(date(2026, 11, 24)))

    assert [(one.number, one.line, one.is_cancelled) for one in lines] == [
        ("CD0001", 1, False),
        ("CD0001", 2, False),
        ("CD0002", 1, True),
    ]
