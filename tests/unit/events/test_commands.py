"""The command line: subscribe, import, look, replay; what is wrong is one line with what to do."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from payments.events import commands as events
from payments.interop.orders import commands as orders
from payments.kernel.errors import InvalidField
from tests.support.hospital import Hospital
from tests.support.orders import csv_of, row
from tests.support.receivers import URL, Receiver


def _run(hospital: Hospital, *words: str) -> int:
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers()
    events.add_commands(verbs)
    orders.add_commands(verbs)
    args = parser.parse_args(words)
    return int(args.run_with(hospital.runtime, hospital.scope, args))


def test_a_receiver_is_added_listed_rotated_and_told_again(
    hospital: Hospital, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(hospital, "events", "subscribe", "his", URL, "--types", "invoice.issued") == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("whsec_")
    number = hospital.view(hospital.issue()).number
    receiver.listen()
    _run(hospital, "events", "log")
    assert number in capsys.readouterr().out
    _run(hospital, "events", "replay", "his", "--since", "2026-11-24T07:00")
    assert capsys.readouterr().out == "1 to be sent again\n"
    _run(hospital, "events", "list")
    listed = capsys.readouterr().out
    assert "1 waiting" in listed
    assert secret not in listed
    _run(hospital, "events", "rotate", "his")
    assert capsys.readouterr().out.strip() not in ("", secret)
    _run(hospital, "events", "disable", "his", "--reason", "bảo trì")
    assert receiver.listen() == 0
    _run(hospital, "events", "enable", "his")
    assert receiver.listen() == 1


@pytest.mark.parametrize(
    "words",
    [
        ("events", "subscribe", "his", "https://10.0.0.1/"),
        ("events", "subscribe", "his", URL, "--types", "invoice.lost"),
        ("events", "subscribe", "HIS", URL),
        ("events", "replay", "his", "--event", "evt_x"),
        ("events", "replay", "his", "--since", "hôm qua"),
        ("orders", "import", "/no/such/file.csv"),
    ],
)
def test_a_wrong_word_is_named(hospital: Hospital, words: tuple[str, ...]) -> None:
    with pytest.raises(InvalidField):
        _run(hospital, *words)


def test_a_file_of_orders_is_taken_in_or_every_wrong_line_is_printed(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(csv_of(row(), row(line=2)))
    bad.write_bytes(csv_of(row(order_number="CD9"), row(quantity=0), row(line=2, status="x")))

    assert _run(hospital, "orders", "import", str(good)) == 0
    assert capsys.readouterr().out.startswith("2 added")
    assert _run(hospital, "orders", "import", str(bad)) == 1
    told = capsys.readouterr().err
    assert "line 3, quantity" in told
    assert "line 4, status" in told
    assert "nothing was taken in" in told
