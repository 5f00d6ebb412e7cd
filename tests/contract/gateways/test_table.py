"""Each adapter declares the row that the adapters' contract has for its gateway."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

from payments.gateway import PROTOCOLS, Capability

ROOT = Path(__file__).parents[3]
_POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "entry-points"
]
_COLUMNS = (
    "shown", "telling", "failure_told", "deliveries_max", "query", "cancels", "captures",
    "refunding", "refund_pace", "amount_can_differ", "settling", "wire_amount",
)  # fmt: skip
#: As printed in the contract; what a permission or another contract decides is named so.
TABLE: dict[str, tuple[Any, ...]] = {
    "vnpay": ("redirect qr_by_permission", "get_signed", "yes", 10, "one", False, False,
              "partial", "later", False, "file", "hundredths"),
    "momo": ("redirect qr_by_permission deeplink", "post_signed", "yes", None, "one", False, True,
             "partial", "sometimes_later", False, "file", "dong"),
    "zalopay": ("redirect qr", "post_signed", "no", 3, "one", False, False,
                "partial", "later", False, "file", "dong"),
    "payos": ("redirect qr", "post_signed", "no", None, "one", True, False,
              "none", "none", True, "account_direct", "dong"),
    "sepay": ("qr details", "post_signed_or_key", "no", 8, "list", False, False,
              "none", "none", True, "account_direct", "dong"),
    "sepay_pg": ("post_form", "post_key", "void_only", None, "one", True, False,
                 "void", "at_once", True, "mixed", "decimal_text"),
    "casso": ("qr", "post_signed_or_key", "no", None, "list", False, False,
              "none", "none", True, "account_direct", "dong"),
    "stripe": ("redirect", "post_signed", "yes", None, "one", True, True,
               "partial", "later", False, "api", "dong"),
    "onepay": ("redirect", "get_signed", "yes", None, "by_contract", False, False,
               "by_contract", "later", False, "file", "hundredths"),
    "bank_transfer": ("qr details", "none", "no", None, "none", False, False,
                      "none", "none", True, "account_direct", "dong"),
}  # fmt: skip


def adapter_class(name: str) -> Any:
    """Find the class that ``build`` of the adapter *name* makes."""
    module = importlib.import_module(f"adapters.{name}.adapter")
    [found] = [
        one
        for one in vars(module).values()
        if isinstance(one, type)
        and "capabilities" in vars(one)
        and one.__module__ == module.__name__
    ]
    return found


@pytest.mark.parametrize("name", sorted(_POINTS["vienphi.gateways"]))
def test_the_row_is_the_one_of_the_contract(name):
    row = adapter_class(name).capabilities
    told = [getattr(row, column) for column in _COLUMNS]

    expected = [set(TABLE[name][0].split()), *TABLE[name][1:]]
    assert [set(told[0]), *told[1:]] == expected


@pytest.mark.parametrize("name", sorted(_POINTS["vienphi.gateways"]))
def test_verbs_are_declared_by_their_protocols(name):
    made = adapter_class(name)
    there = {
        flag
        for flag, kind in PROTOCOLS.items()
        if all(hasattr(made, verb) for verb in vars(kind) if verb[0] != "_")
    }

    assert made.supports - {Capability.COLLECTS_THE_REST} == there


@pytest.mark.parametrize("group", ["vienphi.gateways", "vienphi.sandboxes"])
def test_every_entry_point_leads_somewhere(group):
    for point in _POINTS[group].values():
        module, _, name = point.partition(":")
        made = importlib.import_module(module)
        assert callable(getattr(made, name or "open_sandbox"))
