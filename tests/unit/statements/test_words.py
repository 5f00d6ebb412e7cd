"""Whatever is odd about a payment has its words in the files for finance."""

from __future__ import annotations

import pytest

from payments.receipts.model import Flag
from payments.words import catalogue


@pytest.mark.parametrize("flag", list(Flag))
def test_every_flag_of_a_payment_is_said_in_a_file(flag: Flag) -> None:
    assert catalogue.has(f"statement.flag.{flag}")
