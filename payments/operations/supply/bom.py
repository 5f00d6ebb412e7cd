"""
The bill of materials (CycloneDX 1.6, ECMA-424) of what is installed, and its part of the lock file.

It follows the requirements of the installed package itself, so it lists what runs and not what a
developer has beside it. Two runs over the same installation give the same bytes.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from payments.kernel.errors import NotFound

_ROOT: Final = "vienphi"
#: What a hospital's server has: PostgreSQL.
EXTRAS: Final = ("postgres",)
_NAMESPACE: Final = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_SPDX: Final = re.compile(r"[A-Za-z0-9.+-]+")
_IN_LOCK: Final = re.compile(r"^([A-Za-z0-9._-]+)==")
#: Ships inside the wheel and is no distribution of its own.
_BUNDLED: Final = {
    "type": "file",
    "bom-ref": "font/be-vietnam-pro",
    "name": "Be Vietnam Pro",
    "description": "typeface, cut to the letters of Vietnamese, English and French",
    "licenses": [{"license": {"id": "OFL-1.1"}}],
}


class NotInLock(NotFound):
    """A part that runs is not in the lock file: make the lock anew."""

    code = "not-in-lock"


def bill(extras: Iterable[str] = EXTRAS) -> str:
    """Write the bill of the installed program with *extras* as JSON."""
    parts = _parts(tuple(extras))
    root = distribution(_ROOT)
    components = [_component(one) for name, (one, _) in sorted(parts.items()) if name != _ROOT]
    told: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(root) | {"type": "application"}},
        "components": [*components, _BUNDLED],
        "dependencies": [
            {"ref": _ref(one), "dependsOn": sorted(_ref(parts[name][0]) for name in needs)}
            for _, (one, needs) in sorted(parts.items())
        ],
    }
    content = json.dumps(told, sort_keys=True)
    told["serialNumber"] = f"urn:uuid:{uuid.uuid5(_NAMESPACE, content)}"
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def locked(lock: str, extras: Iterable[str] = EXTRAS) -> str:
    """
    Give the lines of the *lock* file (with hashes) of what runs, without what only tests need.

    Raises:
        NotInLock: names the part.
    """
    blocks: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lock.splitlines():
        if (named := _IN_LOCK.match(line)) is not None:
            current = blocks.setdefault(canonicalize_name(named[1]), [])
        if line.strip() and not line.lstrip().startswith("#"):
            current.append(line)
    wanted = sorted(set(_parts(tuple(extras))) - {_ROOT})
    missing = [name for name in wanted if name not in blocks]
    if missing:
        raise NotInLock(f"not in the lock file: {', '.join(missing)}")
    return "\n".join(line for name in wanted for line in blocks[name]) + "\n"


def _parts(extras: tuple[str, ...]) -> dict[str, tuple[Distribution, list[str]]]:
    """Follow the requirements from the program down; each part with the names that it needs."""
    found: dict[str, tuple[Distribution, list[str]]] = {}
    asked: dict[str, set[str]] = {}
    waiting = [(_ROOT, frozenset(extras))]
    while waiting:
        name, with_extras = waiting.pop()
        before = asked.setdefault(name, set())
        if name in found and with_extras <= before:
            continue
        before |= with_extras
        one = distribution(name)
        needs = list(_needs(one, before))
        found[name] = (one, sorted({other for other, _ in needs}))
        waiting += needs
    return found


def _needs(one: Distribution, extras: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in one.requires or ():
        need = Requirement(text)
        fits = need.marker is None or any(
            need.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        )
        name = canonicalize_name(need.name)
        if fits and _is_there(name):
            yield name, frozenset(need.extras)


def _is_there(name: str) -> bool:
    """Say whether *name* is installed: pip has looked after what must be."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _component(one: Distribution) -> dict[str, Any]:
    name = canonicalize_name(one.metadata["Name"])
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": _ref(one),
        "name": name,
        "version": one.version,
        "purl": f"pkg:pypi/{name}@{one.version}",
    }
    if licences := _licences(one):
        told["licenses"] = licences
    return told


def _ref(one: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(one.metadata['Name'])}@{one.version}"


def _licences(one: Distribution) -> list[dict[str, Any]]:
    """Tell the licence as the part itself states it: an SPDX expression, else its own words."""
    for expression in one.metadata.get_all("License-Expression") or ():
        if _SPDX.fullmatch(expression):
            return [{"license": {"id": expression}}]
        return [{"expression": expression}]
    classified = [
        line.rsplit(" :: ", 1)[1]
        for line in one.metadata.get_all("Classifier") or ()
        if line.startswith("License :: ")
    ]
    stated = [text.strip().splitlines()[:1] for text in one.metadata.get_all("License") or ()]
    names = classified or [line for lines in stated for line in lines]
    return [{"license": {"name": name}} for name in names]
