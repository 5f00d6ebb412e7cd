"""
What every adapter must keep, as one test class: inherit it, and give it a ``bench`` fixture.

    from payments.gateway.testing import GatewayContract

    class TestMyGateway(GatewayContract):
        @pytest.fixture
        def bench(self, clock):
            return MyBench(clock)

Tests of verbs that the adapter does not declare are skipped, and say so. ``docs/adapters.md``
walks through one.
"""

from payments.gateway.testing.bench import ALL_FAULTS, Act, Bench, Vector
from payments.gateway.testing.calls import CallContract
from payments.gateway.testing.declared import DeclaredContract
from payments.gateway.testing.messages import MessageContract
from payments.gateway.testing.refunding import RefundContract
from payments.gateway.testing.settling import SettlementContract

__all__ = ["ALL_FAULTS", "Act", "Bench", "GatewayContract", "Vector"]


class GatewayContract(
    DeclaredContract, MessageContract, CallContract, RefundContract, SettlementContract
):
    """All promises of an adapter (contract of the adapters, section 4)."""
