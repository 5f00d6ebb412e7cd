"""Dossiers for tests: a sample taken apart, one thing of it changed, and packed again."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Final

SAMPLES: Final = Path(__file__).parents[1] / "vectors" / "bhyt-samples"
_FILE: Final = re.compile(
    "<LOAIHOSO>(\\w+)</LOAIHOSO>\\s*<NOIDUNGFILE>([^<]*)</NOIDUNGFILE>", re.DOTALL
)


def sample(name: str) -> dict[str, str]:
    """Unpack the tables of a sample: XML1 → its document."""
    [file] = SAMPLES.glob(f"{name}-*.xml")
    return unpacked(file.read_bytes())


def unpacked(content: bytes) -> dict[str, str]:
    """Unpack the tables of a file with one visit."""
    found = _FILE.findall(content.decode())
    return {kind: base64.b64decode(content).decode() for kind, content in found}


def set_field(document: str, field: str, value: str, *, row: int = 1) -> str:
    """Change *field* of the *row*-th row that has it."""
    places = list(re.finditer(f"<{field}>([^<]*)</{field}>", document))
    first, last = places[row - 1].span(1)
    return document[:first] + value + document[last:]


def drop_field(document: str, field: str) -> str:
    return re.sub(f"<{field}>[^<]*</{field}>", "", document, count=1)


def packed(content: str | bytes) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return base64.b64encode(raw).decode()


def dossier(tables: dict[str, str]) -> str:
    """Pack the tables of one visit."""
    return (
        "<HOSO>"
        + "".join(file_of(kind, packed(text)) for kind, text in tables.items())
        + ("</HOSO>")
    )


def file_of(kind: str, content: str) -> str:
    return f"<FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"


def envelope(*dossiers: str, count: int | str | None = None, head: str = "") -> bytes:
    """Put dossiers into an envelope that counts them, or says *count*."""
    number = len(dossiers) if count is None else count
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<GIAMDINHHS>'
        "<THONGTINDONVI><MACSKCB>99001</MACSKCB></THONGTINDONVI>"
        f"<THONGTINHOSO><NGAYLAP>20260930</NGAYLAP><SOLUONGHOSO>{number}</SOLUONGHOSO>"
        f"<DANHSACHHOSO>{''.join(dossiers)}</DANHSACHHOSO></THONGTINHOSO>"
        "<CHUKYDONVI/></GIAMDINHHS>"
    ).encode()
