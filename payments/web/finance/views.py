"""The blueprint to which every finance page adds its views."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from payments.web.finance.terms import say

finance = Blueprint("finance", __name__)


@finance.context_processor
def _words() -> dict[str, Any]:
    return {"F": say}
