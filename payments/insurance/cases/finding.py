"""Finds one case in what somebody gives: the case itself, a file of cases, or lines of them."""

from __future__ import annotations

from payments.insurance.cases.reading import Case, case_of, id_of, read_case
from payments.kernel.errors import InvalidField


def case_in(content: bytes, wanted: str | None) -> Case:
    """
    Find the case named *wanted*, or the only one.

    A file of cases has ``cases``, and ``defaults``: the policy of those that bring none.

    Raises:
        InvalidField: nothing can be read, or there is no such case.
    """
    try:
        whole = read_case(content)
    except InvalidField:
        # Several lines are no JSON together; one that is broken by itself is told as such.
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return _chosen([read_case(line) for line in lines], wanted, {})
    if isinstance(whole, dict) and isinstance(whole.get("cases"), list):
        defaults = whole.get("defaults")
        return _chosen(whole["cases"], wanted, defaults if isinstance(defaults, dict) else {})
    return _chosen([whole], wanted, {})


def _chosen(values: list[object], wanted: str | None, defaults: dict[str, object]) -> Case:
    found = [one for one in values if wanted is None or str(id_of(one)) == wanted]
    if len(found) != 1 and (wanted is not None or not found):
        raise InvalidField("id", "case_id", id=wanted or "–")
    if len(found) > 1:
        raise InvalidField("id", "case_missing")
    [case] = found
    if defaults and isinstance(case, dict) and isinstance(case.get("policy", {}), dict):
        case = {**case, "policy": {**defaults, **case.get("policy", {})}}
    return case_of(case)
