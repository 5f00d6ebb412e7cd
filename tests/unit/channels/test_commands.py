"""``vienphi channels fees``: terms from a day on, and all that was agreed before."""

from __future__ import annotations

import argparse

import pytest

from payments.channels import commands
from payments.demo.hospital import DESK
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, NotFound
from tests.support.hospital import Hospital


def vienphi(hospital: Hospital, *words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["channels", "fees", *words])
    return int(args.run_with(hospital.runtime, hospital.scope, args))


def day(hospital: Hospital, plus: int = 0) -> str:
    return str(HospitalDay.of(hospital.runtime.clock.now()).plus(plus))


def test_terms_are_set_and_listed_with_what_they_replace(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ("--fixed", "1650", "--percent", "1,1", "--most-fee", "30000", "--highest", "499999999")
    vienphi(hospital, "set", DESK, "--from", day(hospital), "--basis", "HĐ 12/2026", *told)
    vienphi(hospital, "set", DESK, "--from", day(hospital, 7), "--basis", "Thông báo phí mới")
    capsys.readouterr()

    vienphi(hospital, "list", DESK)

    later, now = capsys.readouterr().out.splitlines()
    assert f"from {day(hospital, 7)}  later  0 + 0 %" in later
    assert f"from {day(hospital)}  now    1650 + 1,1 %" in now
    assert "fee ..30000  amounts ..499999999  HĐ 12/2026" in now


def test_without_a_channel_all_are_listed(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    vienphi(hospital, "list")

    assert f"{DESK:<16} nothing agreed" in capsys.readouterr().out.splitlines()


def test_the_same_set_twice_changes_nothing(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        vienphi(hospital, "set", DESK, "--from", day(hospital), "--basis", "HĐ 12/2026")

    assert capsys.readouterr().out.splitlines() == ["agreed", "agreed before"]


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("--percent", "nhiều", "percent"),
        ("--fixed", "1.650", "fixed"),
        ("--highest", "-1", "amount_max"),
        ("--from", "hôm nay", "from"),
    ],
)
def test_wrong_values_name_their_field(
    hospital: Hospital, option: str, value: str, field: str
) -> None:
    words = ["set", DESK, "--from", day(hospital), "--basis", "HĐ 12/2026", option, value]

    with pytest.raises(InvalidField) as refused:
        vienphi(hospital, *words)

    assert refused.value.field == field


def test_unknown_channel_is_refused(hospital: Hospital) -> None:
    with pytest.raises(NotFound):
        vienphi(hospital, "set", "nowhere", "--from", day(hospital), "--basis", "HĐ 12/2026")
