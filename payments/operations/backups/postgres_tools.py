"""pg_dump and pg_restore as found on this machine; their versions decide whom they may serve."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from payments.kernel.errors import Unavailable
from payments.kernel.new_files import write_new

#: Where Debian and its like, and the packages of the PostgreSQL project, put a version each.
_PLACES: Final = (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin"))


class NoTool(Unavailable):
    """No pg_dump or pg_restore on this machine fits the server; the message names the package."""

    code = "no-postgres-tool"


def find(name: str, server: int, folder: Path | None = None) -> tuple[Path, int]:
    """
    Find the oldest tool that serves a server of the major version *server*; with its own version.

    Raises:
        NoTool: there is none; an older one would refuse, or lose what it does not know.
    """
    known = [(_major(path), path) for path in _candidates(name, folder)]
    # Stable: of two of one version the first is taken, which is no wrapper that chooses again.
    found = sorted(((v, path) for v, path in known if v is not None), key=lambda one: one[0])
    for version, path in found:
        if version >= server:
            return path, version
    there = ", ".join(f"{path} ({version})" for version, path in found) or "none"
    raise NoTool(
        f"no {name} of version {server} or later on this machine (found: {there}):"
        f" install postgresql-client-{server}, or name its folder with --tools"
    )


@contextmanager
def reached(url: URL) -> Iterator[str]:
    """Say *url* as the tools read it; the password in a file, for arguments are seen by all."""
    plain = url.set(drivername="postgresql", password=None)
    if url.password is None:
        yield plain.render_as_string(hide_password=False)
        return
    with tempfile.TemporaryDirectory(prefix="vienphi-") as folder:
        passfile = Path(folder) / "pgpass"
        secret = re.sub(r"([:\\])", r"\\\1", str(url.password))
        write_new(passfile, f"*:*:*:*:{secret}\n".encode(), mode=0o600)
        told = plain.update_query_dict({"passfile": str(passfile)})
        yield told.render_as_string(hide_password=False)


def _candidates(name: str, folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder / name
        return
    for root, pattern in _PLACES:
        for place in Path(root).glob(pattern):
            yield place / name
    on_path = shutil.which(name)
    if on_path is not None:
        yield Path(on_path)


def _major(path: Path) -> int | None:
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"\) ([0-9]+)", told.stdout)
    return None if number is None else int(number[1])
