"""A file that is refused: line, column, and what to do; all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from payments.kernel.errors import Problem, Rejected

#: More would not be read by anybody; the rest comes when these are mended.
PROBLEMS_MAX: Final = 200


class UnreadableSheet(Rejected):
    """The file is refused whole; every finding says its line, its column and what to do."""

    code = "unreadable-sheet"

    def __init__(self, problems: Sequence[Problem]) -> None:
        ordered = sorted(problems, key=lambda one: (one.line or 0, one.field))
        super().__init__(problems=tuple(ordered[:PROBLEMS_MAX]))
        self.problems = tuple(ordered[:PROBLEMS_MAX])
