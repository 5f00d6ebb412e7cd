"""
L7: a pin with a known weakness fails the build: an audit of ``requirements.lock``, without network.

    python -m tests.faults.advisories [--folder DIR]

PASS: no pin of the lock is within a range that an advisory calls affected, and each pin that is
planted on purpose is found by the same audit. The advisories are records in the OSV format
(ossf.github.io/osv-schema) of ``tests/vectors/advisories``: a few, kept to show that the audit
works, not a feed. What was published since is not known here: before a release, run it with
``--folder`` on the records of PyPI as OSV publishes them (``PyPI/all.zip``, unpacked).
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

from tests.faults.script import Outcome, report
from tests.support.programs import ROOT

FOLDER: Final = ROOT / "tests" / "vectors" / "advisories"
#: The last version of each that its advisory calls affected, and the first that is mended.
_WEAK: Final = (
    "jinja2==3.1.5", "werkzeug==3.0.2", "gunicorn==21.2.0", "requests==2.31.0", "h11==0.15.0",
    "urllib3==1.26.18", "urllib3==2.2.1", "flask==2.2.4", "flask==2.3.1",
)  # fmt: skip
_MENDED: Final = (
    "jinja2==3.1.6", "werkzeug==3.0.3", "gunicorn==22.0.0", "requests==2.32.0", "h11==0.16.0",
    "urllib3==1.26.19", "urllib3==2.2.2", "flask==2.2.5", "flask==2.3.2",
)  # fmt: skip
_PIN: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def run(_seed: int = 1, *, folder: Path = FOLDER) -> Outcome:
    outcome = Outcome()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    records = list(_records(folder))
    outcome.figures["pins"] = len(pins(lock))
    outcome.figures["advisories"] = len(records)
    outcome.expect("pins with a known weakness", found(pins(lock), records), [])
    known = list(_records(FOLDER))
    outcome.figures["weak pins planted"] = len(_WEAK)
    missed = [one for one in _WEAK if not _is_seen(lock, one, known)]
    outcome.expect("planted and not found", missed, [])
    mended = [one for one in _MENDED if _is_seen(lock, one, known)]
    outcome.expect("mended and called weak", mended, [])
    return outcome


def pins(lock: str) -> dict[str, str]:
    """Read the pins of a lock file, by normalised name (PEP 503)."""
    return {_name(name): version for name, version in _PIN.findall(lock)}


def found(pinned: Mapping[str, str], records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name each pin that a record calls affected, with the record."""
    return [
        f"{name}=={pinned[name]}: {record['id']}"
        for record in records
        if not record.get("withdrawn")
        for affected in record.get("affected", ())
        if affected["package"]["ecosystem"] == "PyPI"
        and (name := _name(affected["package"]["name"])) in pinned
        and _is_affected(pinned[name], affected)
    ]


def _is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """Follow OSV's evaluation: listed, or in a range after *introduced* and before *fixed*."""
    if version in affected.get("versions", ()):
        return True
    at = _version(version)
    for span in affected.get("ranges", ()):
        if span["type"] != "ECOSYSTEM":
            continue
        is_in = False
        for event in sorted(span["events"], key=_moment):
            (kind, told), *_ = event.items()
            bound = _version(told)
            if kind == "introduced" and at >= bound:
                is_in = True
            elif (kind == "fixed" and at >= bound) or (kind == "last_affected" and at > bound):
                is_in = False
        if is_in:
            return True
    return False


def _moment(event: Mapping[str, str]) -> tuple[Version, bool]:
    (kind, told), *_ = event.items()
    return _version(told), kind == "introduced"


def _is_seen(lock: str, pin: str, records: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether the audit finds *pin* once somebody has put it into the lock."""
    spoilt = f"{lock}\n{pin} \\\n    --hash=sha256:{'0' * 64}\n"
    return any(one.startswith(f"{pin}: ") for one in found(pins(spoilt), records))


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        # OSV writes 0 for "from the first one on".
        return Version("0")


def main() -> int:
    parser = argparse.ArgumentParser(description="L7 known weaknesses")
    parser.add_argument("--seed", type=int, default=1, help="nothing is drawn: taken, not used")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="OSV records of PyPI")
    given = parser.parse_args()
    return report("L7 known weaknesses", run(folder=given.folder), given.seed, 0)


if __name__ == "__main__":
    raise SystemExit(main())
