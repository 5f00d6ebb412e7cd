"""Charts stay inside their frame, begin at zero, and print the values they draw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.web.charts import bars, curve, rows

NAMES = tuple(f"{day}/11" for day in range(18, 25))
BOTTOM, TOP = 144, 18


@given(st.lists(st.lists(st.integers(0, 10**12), max_size=4), min_size=7, max_size=7))
def test_every_bar_stands_on_zero_and_ends_below_the_top(stacks: list[list[int]]) -> None:
    drawn = bars(NAMES, stacks, unit=1_000_000)

    for one in drawn.segments:
        assert one.y >= TOP - 0.5
        assert one.y + one.height <= BOTTOM + 0.5
    lowest = {}
    for one in drawn.segments:
        lowest[one.x] = max(lowest.get(one.x, 0.0), one.y + one.height)
    assert all(abs(y - BOTTOM) < 0.5 for y in lowest.values())
    assert [one.text for one in drawn.values] == [str(sum(one) // 1_000_000) for one in stacks]


@pytest.mark.parametrize(
    ("most", "printed"),
    [(0, ["0", "1", "2", "3"]), (16, ["0", "10", "20", "30"]), (270, ["0", "100", "200", "300"])],
)
def test_marks_are_whole_and_above_the_highest_bar(most: int, printed: list[str]) -> None:
    drawn = bars(["24/11"], [[most * 1_000]], unit=1_000)

    assert [one.text for one in drawn.marks] == printed


@given(st.lists(st.one_of(st.none(), st.integers(0, 1000)), min_size=7, max_size=7))
def test_a_line_stays_between_the_ends_of_its_axis(values: list[int | None]) -> None:
    drawn = curve(NAMES, values, top=1000, unit=10)

    assert all(TOP <= one.y <= BOTTOM for one in drawn.dots)
    assert len(drawn.dots) == sum(value is not None for value in values)
    assert drawn.marks[1].text == "100"


def test_the_longest_lying_bar_is_whole_and_old_ones_are_hatched() -> None:
    drawn = rows(["a", "b", "c"], [4, 2, 0], ["4", "2", "0"])

    assert [one.length for one in drawn] == [100.0, 50.0, 0.0]
    assert [one.is_hatched for one in drawn] == [False, False, True]
