"""Acceptance 21 in its short form: the guide's commands, in the environment that is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.e2e import guide

pytestmark = [pytest.mark.xdist_group("demo")]


def test_the_guide_leads_to_a_sandbox_payment(tmp_path: Path) -> None:
    """``python -m tests.e2e.guide`` does the same from an empty folder, with the install."""
    install, _, start = guide.command().rpartition(" && ")
    beside = Path(sys.executable).parent
    environ = {k: v for k, v in os.environ.items() if not k.startswith("VIENPHI_")}
    environ |= {"PATH": f"{beside}:{environ['PATH']}", "PYTHONPATH": str(guide.ROOT)}

    with guide.followed(start, tmp_path, environ) as told:
        receipt = guide.first_payment(told)

    assert receipt.startswith("BL26")
    assert install == "python3 -m venv .venv && . .venv/bin/activate && pip install -e ."
