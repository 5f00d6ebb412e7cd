"""
Known vulnerabilities of what is installed, from a folder of advisories (OSV schema 1.6, JSON).

A hospital's server asks nobody in the internet: the folder is brought, as bank tables are. Only
ecosystem PyPI counts; ranges of other kinds than ECOSYSTEM name commits, not releases.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from payments.kernel.errors import Rejected
from payments.oversight.model import Weakness, Weight

_EVENTS: Final = ("introduced", "fixed", "last_affected")


class WrongAdvisories(Rejected):
    """The folder is missing, holds no advisory, or one that is not of the schema."""

    code = "wrong-advisories"


@dataclass(frozen=True, slots=True)
class Advisory:
    id: str
    package: str
    #: ``affected`` of the schema: events of each range, and single versions.
    ranges: tuple[tuple[Mapping[str, str], ...], ...]
    versions: frozenset[str]

    def hits(self, version: str) -> bool:
        """Say whether *version* is affected, by the evaluation algorithm of the schema."""
        if version in self.versions:
            return True
        try:
            found = Version(version)
            return any(_within(found, events) for events in self.ranges)
        except InvalidVersion:
            return False


def installed() -> dict[str, str]:
    """List what this program runs with: canonical name and version."""
    found = {canonicalize_name(one.metadata["Name"]): one.version for one in distributions()}
    return dict(sorted(found.items()))


def read(folder: Path) -> tuple[Advisory, ...]:
    """
    Read every ``*.json`` of *folder*.

    Raises:
        WrongAdvisories: names the file that is not of the schema.
    """
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not paths:
        raise WrongAdvisories(f"{folder} holds no *.json of advisories")
    return tuple(one for path in paths for one in _of_file(path))


def weak(advisories: tuple[Advisory, ...], present: Mapping[str, str]) -> Iterator[Weakness]:
    """Name each installed package that an advisory hits."""
    for one in advisories:
        version = present.get(one.package)
        if version is not None and one.hits(version):
            yield Weakness(
                "vulnerable-dependency",
                Weight.HIGH,
                f"{one.package} {version}: {one.id}",
                "install a release without it, and run the tests",
                "ASVS 5.0 15.2.1",
            )


def _of_file(path: Path) -> Iterator[Advisory]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.get("withdrawn"):
            return
        for affected in told["affected"]:
            package = affected.get("package", {})
            if package.get("ecosystem") == "PyPI":
                yield Advisory(
                    str(told["id"]),
                    canonicalize_name(package["name"]),
                    tuple(
                        tuple(one["events"])
                        for one in affected.get("ranges", ())
                        if one["type"] == "ECOSYSTEM"
                    ),
                    frozenset(affected.get("versions", ())),
                )
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise WrongAdvisories(f"{path}: {error!r}") from error


def _within(found: Version, events: tuple[Mapping[str, str], ...]) -> bool:
    is_in = False
    for event in sorted(events, key=_place):
        if "introduced" in event:
            is_in = is_in or found >= _version(event["introduced"])
        elif _ends(event, found):
            is_in = False
    return is_in


def _ends(event: Mapping[str, str], found: Version) -> bool:
    fixed, last = event.get("fixed"), event.get("last_affected")
    is_fixed = fixed is not None and found >= Version(fixed)
    return is_fixed or (last is not None and found > Version(last))


def _place(event: Mapping[str, str]) -> tuple[Version, bool]:
    """Order events by release; one that begins comes before one that ends at the same."""
    [told] = [told for kind, told in event.items() if kind in _EVENTS]
    return _version(told), "introduced" not in event


def _version(told: str) -> Version:
    """Read a release; "0" is before all, also before a 0.dev1."""
    return Version("0.dev0" if told == "0" else told)
