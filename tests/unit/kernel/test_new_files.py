"""A file of keys or proof is written once, whole, and for whom it is meant."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from payments.kernel.new_files import write_new


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_new_file_has_its_content_and_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"

    write_new(path, b"secret", mode=mode)

    assert path.read_bytes() == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(b"former")

    with pytest.raises(FileExistsError):
        write_new(path, b"other", mode=0o600)

    assert path.read_bytes() == b"former"
