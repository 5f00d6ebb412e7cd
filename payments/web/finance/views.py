"""The blueprint to which every finance page adds its views."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

finance: Final = Blueprint("finance", __name__)
