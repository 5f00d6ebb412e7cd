"""The fault test of e-invoices in a few seconds; whole by ``python -m tests.faults.einvoices``."""

from __future__ import annotations

import pytest

from tests.faults import einvoices


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_lost_every_receipt_has_one_e_invoice(seed: int) -> None:
    outcome = einvoices.run(seed, receipts=12, rounds=6)

    assert outcome.has_passed, outcome.failures
