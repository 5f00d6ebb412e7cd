"""A share is read as people write it and written as it was read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.channels import percent
from payments.channels.routing import MILLION
from payments.kernel.errors import InvalidField


@pytest.mark.parametrize(
    ("text", "millionths"),
    [("", 0), ("0", 0), ("1,1", 11_000), ("1.1 %", 11_000), ("100", MILLION), ("0,0001", 1)],
)
def test_share_is_read_with_comma_or_point(text: str, millionths: int) -> None:
    assert percent.read(text, "percent") == millionths


@pytest.mark.parametrize("text", ["-1", "100,0001", "1,00001", "1.000,5", "một", "1e2", "²"])
def test_what_is_no_share_names_its_field(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        percent.read(text, "percent")

    assert refused.value.field == "percent"


@given(st.integers(0, MILLION))
def test_every_share_comes_back(millionths: int) -> None:
    assert percent.read(percent.written(millionths), "percent") == millionths
