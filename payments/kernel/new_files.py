"""Files that are written once: keys, anchors, what a person asked for. None is ever overwritten."""

from __future__ import annotations

import os
from pathlib import Path


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """
    Write *content* to *path* with *mode*, and let it outlive a power cut.

    Raises:
        FileExistsError: there is such a file; it stays as it is.
        OSError: it cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
