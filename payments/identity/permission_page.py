"""The table of who may do what as a page of the documentation, made from the code itself."""

from __future__ import annotations

from typing import Final

from payments.identity.permissions import FACTOR_ROLES, ROLES, Permission, Role
from payments.words.catalogue import TERMINAL, say

_HEAD: Final = """# Who may do what

Made by `vienphi user permissions`; a test compares this page with the code. Every route of the web
program is asked for each role against the same table (`tests/unit/web/test_every_route.py`).

"""
_FOOT: Final = """
One person never holds two of these roles under two logins: whoever makes never checks. The check
goes by the staff number. Roles with a second factor open nothing by the password alone.
"""


def markdown() -> str:
    """Write the page."""
    names = [say(f"role.{role}", TERMINAL) for role in Role]
    lines = [_row(["", *names]), _row(["---"] * (len(names) + 1))]
    for permission in Permission:
        marks = ["yes" if permission in ROLES[role] else "" for role in Role]
        lines.append(_row([say(f"permission.{permission}", TERMINAL), *marks]))
    factor = ["needed" if role in FACTOR_ROLES else "" for role in Role]
    lines.append(_row(["Second factor", *factor]))
    return _HEAD + "\n".join(lines) + "\n" + _FOOT


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
