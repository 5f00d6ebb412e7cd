"""Whatever can be wrong with an order is said in three languages, and nothing else is kept."""

from __future__ import annotations

import re
from pathlib import Path

import payments.interop.orders
from payments.web import wording

_FOLDER = Path(payments.interop.orders.__file__).parent
_PREFIX = "orders.problem."
#: Named by the field of a patient that is wrong.
_OF_PATIENT = {"bad_name", "bad_birth_year", "bad_file_number"}


def test_every_problem_is_worded_and_every_wording_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.py"))
    used = set(re.findall(r'Problem\([^)]*?"[a-z_]+", "([a-z_]+)"', source))
    used |= set(re.findall(r'Problem\([^)]*?(?:name\[:40\]|name), "([a-z_]+)"', source))
    used |= set(re.findall(r'"(bad_[a-z]+)"', source)) | _OF_PATIENT
    worded = {key.removeprefix(_PREFIX) for key in wording.read() if key.startswith(_PREFIX)}

    assert used == worded
