"""Settlement: line by line, to the đồng, and nothing of a file that is broken."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments.gateway import Capability, LineKind, SettlementLine
from payments.gateway.testing.asking import need, paid
from payments.gateway.testing.bench import Bench
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd


class SettlementContract:
    """What an adapter keeps that reads settlements."""

    def test_the_lines_of_a_day_are_what_was_paid(self, bench: Bench) -> None:
        need(bench, Capability.SETTLES)
        truth = _three_payments(bench)

        lines = _settled(bench)

        assert _pays(lines) == truth
        assert all(one.gross - one.fee - one.tax == one.net for one in lines)
        assert all(one.settle_date >= _day(bench).date for one in lines)

    def test_a_day_without_payments_has_no_lines(self, bench: Bench) -> None:
        need(bench, Capability.SETTLES)
        _three_payments(bench)
        bench.clock.advance(timedelta(days=1))

        assert _settled(bench) == ()

    @pytest.mark.parametrize(
        ("planted", "lacking", "more"),
        [({"missing": 1}, 1, 0), ({"extra": 1}, 0, 1), ({"differing": 1}, 1, 1)],
        ids=["missing", "extra", "differing"],
    )
    def test_planted_differences_are_seen(
        self, bench: Bench, planted: dict[str, int], lacking: int, more: int
    ) -> None:
        need(bench, Capability.SETTLES)
        truth = set(_three_payments(bench).items())

        told = set(_pays(_settled(bench, **planted)).items())

        assert (len(truth - told), len(told - truth)) == (lacking, more)

    def test_a_file_that_was_cut_off_is_refused(self, bench: Bench) -> None:
        need(bench, Capability.SETTLES)
        _three_payments(bench)
        file = bench.settlement(_day(bench))
        if file is None:
            pytest.skip("an API is asked there")
        lines = file.splitlines(keepends=True)

        for cut in (b"", lines[0], b"".join(lines[:-1]), b"".join([lines[0], *lines[2:]])):
            with pytest.raises(InvalidField):
                bench.gateway.settlement(_day(bench), cut)

    def test_a_cell_that_was_altered_names_its_line(self, bench: Bench) -> None:
        need(bench, Capability.SETTLES)
        _three_payments(bench)
        file = bench.settlement(_day(bench))
        if file is None:
            pytest.skip("an API is asked there")
        lines = file.splitlines(keepends=True)
        lines[2] = lines[2].replace(b"2026", b"20x6")

        with pytest.raises(InvalidField) as told:
            bench.gateway.settlement(_day(bench), b"".join(lines))
        assert told.value.line == 3


def _three_payments(bench: Bench) -> dict[str, Money]:
    """Pay three attempts today: the gateway's number → amount."""
    found = {}
    for dong in (150_000, 250_000, 90_000):
        _, _, told = paid(bench, vnd(dong))
        found[told.transaction] = vnd(dong)
        bench.clock.advance(timedelta(seconds=5))
    return found


def _settled(bench: Bench, **planted: int) -> tuple[SettlementLine, ...]:
    day = _day(bench)
    file = bench.settlement(day, **planted)
    lines: tuple[SettlementLine, ...] = bench.gateway.settlement(day, file)
    return lines


def _pays(lines: tuple[SettlementLine, ...]) -> dict[str, Money]:
    return {one.transaction: one.gross for one in lines if one.kind is LineKind.PAY}


def _day(bench: Bench) -> HospitalDay:
    return HospitalDay.of(bench.clock.now())
