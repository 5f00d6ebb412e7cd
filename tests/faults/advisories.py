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
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from payments.oversight import advisories
from payments.oversight.advisories import Advisory
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
    records = advisories.read(folder)
    outcome.figures["pins"] = len(pins(lock))
    outcome.figures["advisories"] = len(records)
    outcome.expect("pins with a known weakness", found(pins(lock), records), [])
    known = advisories.read(FOLDER)
    outcome.figures["weak pins planted"] = len(_WEAK)
    missed = [one for one in _WEAK if not _is_seen(lock, one, known)]
    outcome.expect("planted and not found", missed, [])
    mended = [one for one in _MENDED if _is_seen(lock, one, known)]
    outcome.expect("mended and called weak", mended, [])
    return outcome


def pins(lock: str) -> dict[str, str]:
    """Read the pins of a lock file, by normalised name (PEP 503)."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(lock)}


def found(pinned: Mapping[str, str], records: Sequence[Advisory]) -> list[str]:
    """Name each pin that a record calls affected, with the record."""
    return [one.where for one in advisories.weak(tuple(records), pinned)]


def _is_seen(lock: str, pin: str, records: Sequence[Advisory]) -> bool:
    """Say whether the audit finds *pin* once somebody has put it into the lock."""
    spoilt = f"{lock}\n{pin} \\\n    --hash=sha256:{'0' * 64}\n"
    wanted = f"{pin.replace('==', ' ')}: "
    return any(one.startswith(wanted) for one in found(pins(spoilt), records))


def main() -> int:
    parser = argparse.ArgumentParser(description="L7 known weaknesses")
    parser.add_argument("--seed", type=int, default=1, help="nothing is drawn: taken, not used")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="OSV records of PyPI")
    given = parser.parse_args()
    return report("L7 known weaknesses", run(folder=given.folder), given.seed, 0)


if __name__ == "__main__":
    raise SystemExit(main())
