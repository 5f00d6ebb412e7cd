"""An adapter is honest about what it can do, and says nothing of what it must keep."""

from __future__ import annotations

import pytest

from payments.gateway import (
    PROTOCOLS,
    Capability,
    FailureTold,
    Proof,
    Query,
    Refunding,
    RefundPace,
    Settling,
    Telling,
    Unsupported,
    WireAmount,
    able,
)
from payments.gateway.testing.bench import Bench


class DeclaredContract:
    """Declaration and behaviour agree."""

    def test_what_is_declared_is_what_is_there(self, bench: Bench) -> None:
        there = {flag for flag, kind in PROTOCOLS.items() if isinstance(bench.gateway, kind)}

        assert bench.gateway.supports - {Capability.COLLECTS_THE_REST} == there

    @pytest.mark.parametrize("capability", sorted(PROTOCOLS))
    def test_a_verb_that_is_not_declared_is_unsupported(
        self, bench: Bench, capability: Capability
    ) -> None:
        if capability in bench.gateway.supports:
            assert able(bench.gateway, PROTOCOLS[capability]) is bench.gateway
            return
        with pytest.raises(Unsupported):
            able(bench.gateway, PROTOCOLS[capability])

    def test_the_row_of_data_fits_the_verbs(self, bench: Bench) -> None:
        row, supports = bench.gateway.capabilities, bench.gateway.supports

        assert row.cancels == (Capability.CANCELS in supports)
        assert row.captures == (Capability.CAPTURES in supports)
        is_refunding = row.refunding in (Refunding.PARTIAL, Refunding.VOID)
        assert is_refunding == (Capability.REFUNDS in supports)
        assert (row.refund_pace is RefundPace.NONE) == (row.refunding is Refunding.NONE)
        assert (row.query is Query.ONE) == (Capability.ANSWERS in supports)
        assert (row.query is Query.LIST) == (Capability.LISTS in supports)
        assert (row.telling is Telling.NONE) == (Capability.NOTIFIES not in supports)
        if Capability.SETTLES in supports:
            assert row.settling is not Settling.ACCOUNT_DIRECT

    def test_the_proof_fits_how_messages_come(self, bench: Bench) -> None:
        if Capability.NOTIFIES not in bench.gateway.supports:
            pytest.skip("it sends no messages")
        proofs = {
            Telling.GET_SIGNED: {Proof.SIGNATURE},
            Telling.POST_SIGNED: {Proof.SIGNATURE},
            Telling.POST_SIGNED_OR_KEY: {Proof.SIGNATURE, Proof.TOKEN},
            Telling.POST_KEY: {Proof.TOKEN},
        }

        assert bench.gateway.proof in proofs[bench.gateway.capabilities.telling]

    def test_every_cell_of_the_row_is_of_its_kind(self, bench: Bench) -> None:
        row = bench.gateway.capabilities

        assert isinstance(row.failure_told, FailureTold)
        assert isinstance(row.wire_amount, WireAmount)
        assert row.amount_min.dong >= 1
        assert row.amount_max is None or row.amount_max > row.amount_min
        if row.expiry_min_s is not None and row.expiry_max_s is not None:
            assert 0 < row.expiry_min_s < row.expiry_max_s

    def test_no_secret_is_printed(self, bench: Bench) -> None:
        assert bench.secrets or bench.gateway.supports == {Capability.OPENS}
        for secret in bench.secrets:
            assert secret not in repr(bench.gateway)
            assert secret not in str(bench.gateway)

    def test_credentials_of_the_sandbox_are_known_as_such(self, bench: Bench) -> None:
        assert bench.gateway.is_sandbox is True

    def test_every_vector_is_accepted_or_refused_as_it_says(self, bench: Bench) -> None:
        if not bench.vectors:
            pytest.skip("there is nothing signed")
        wrong = [one.id for one in bench.vectors if one.check() is not one.is_accepted]

        assert wrong == []
