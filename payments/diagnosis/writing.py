"""Writes the folder of a new adapter that lives outside of this repository: ready to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from payments.gateway.registry import installed
from payments.gateway.sandboxes import names
from payments.kernel.errors import InvalidField

#: ``redirect``: a hosted page and signed messages; ``feed``: tells of the hospital's own accounts.
KINDS: Final = ("redirect", "feed")
#: A module, a part of a host name, of addresses and of headers: all of them take these.
_NAME: Final = re.compile("[a-z][a-z0-9]{1,23}")
_SKELETON: Final = Path(__file__).parent / "skeleton"
_SUFFIX: Final = ".tmpl"
#: What stands in the skeleton for the name, as a module and as a class.
_MODULE: Final = "mygate"
_CLASS: Final = "Mygate"


def write(name: str, kind: str, into: Path) -> tuple[Path, ...]:
    """
    Write ``vienphi-NAME`` into the folder *into*; returns its files. Never writes over anything.

    Raises:
        InvalidField: *name* is no name or is taken; the folder exists, or cannot be made.
    """
    if not _NAME.fullmatch(name) or name == _MODULE:
        raise InvalidField("name", "adapter_name")
    if name in {*installed(), *names()}:
        raise InvalidField("name", "adapter_taken", name=name)
    folder = into / f"vienphi-{name}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise InvalidField("into", "folder_exists", folder=str(folder)) from None
    except OSError as error:
        raise InvalidField("into", "folder_unwritable", folder=str(folder)) from error
    written = []
    for source, place in _files(kind):
        target = folder / _named(place, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_named(source.read_text("utf-8"), name), "utf-8")
        written.append(target)
    return tuple(written)


def _files(kind: str) -> Iterator[tuple[Path, str]]:
    """Give each file of the skeleton, and where it goes: what kinds share comes first."""
    for part in (_SKELETON / "common", _SKELETON / kind):
        for source in sorted(part.rglob(f"*{_SUFFIX}")):
            yield source, source.relative_to(part).as_posix().removesuffix(_SUFFIX)


def _named(text: str, name: str) -> str:
    return text.replace(_CLASS, name.capitalize()).replace(_MODULE, name)
