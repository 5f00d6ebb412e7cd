"""
Anchors: a day's seals under one signed root, kept where the database host cannot rewrite it.

A chain alone does not stop somebody who rewrites all of it. An anchor covers the seals from the
last anchor to the head, so that the anchors together leave no seal out. The key is a file of its
own that only the command ``vienphi ledger anchor`` reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Rejected
from payments.kernel.new_files import write_new
from payments.kernel.scope import FacilityId
from payments.ledger.bodies import canonical_json

_FORMAT: Final = "vienphi-ledger-anchor-1"


class WrongAnchor(Rejected):
    """A file that is no anchor, or no key, or signed by another key."""

    code = "wrong-anchor"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Seals *first_seq* to *last_seq* of a facility; *head* is the hash of the last of them."""

    facility: FacilityId
    booked_on: HospitalDay
    first_seq: int
    last_seq: int
    root: bytes
    head: bytes
    exported_at: str
    signature: bytes = b""
    public_key: bytes = b""

    @property
    def statement(self) -> bytes:
        """What is signed: canonical JSON."""
        return canonical_json(self._told())

    def _told(self) -> dict[str, Any]:
        return {
            "facility_id": self.facility,
            "booked_on": str(self.booked_on),
            "first_seq": self.first_seq,
            "last_seq": self.last_seq,
            "merkle_root": self.root.hex(),
            "head_hash": self.head.hex(),
            "exported_at": self.exported_at,
        }

    @property
    def told(self) -> dict[str, Any]:
        """What is exported, as JSON has it."""
        return {
            "format": _FORMAT,
            "statement": self._told(),
            "signature": self.signature.hex(),
            "public_key": self.public_key.hex(),
        }

    def text(self) -> str:
        """Write the anchor as the file that is exported."""
        return json.dumps(self.told, indent=1) + "\n"

    @property
    def file_name(self) -> str:
        # With its moment: a run whose commit failed leaves a true file, and the next makes another.
        moment = "".join(char for char in self.exported_at if char.isdigit())
        return f"anchor-{self.facility}-{self.first_seq:012d}-{self.last_seq:012d}-{moment}.json"

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        try:
            key.verify(self.signature, self.statement)
        except InvalidSignature:
            return False
        return True


def export(anchor: Anchor, folder: Path) -> Path:
    """Write *anchor* to a new file in *folder* and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / anchor.file_name
    try:
        write_new(path, anchor.text().encode(), mode=0o644)
    except FileExistsError:
        raise WrongAnchor(f"{path} exists; an anchor is never overwritten") from None
    return path


def read_anchors(place: Path) -> tuple[Anchor, ...]:
    """
    Read an anchor file, or every ``anchor-*.json`` of a folder, in the order of their seals.

    Raises:
        WrongAnchor: a file is no anchor, or there is none.
    """
    paths: Sequence[Path] = sorted(place.glob("anchor-*.json")) if place.is_dir() else [place]
    if not paths:
        raise WrongAnchor(f"{place} holds no anchor-*.json")
    return tuple(sorted((_read(path) for path in paths), key=lambda anchor: anchor.first_seq))


def _read(path: Path) -> Anchor:
    try:
        return of_told(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise WrongAnchor(f"{path} is no anchor: {error}") from error
    except WrongAnchor as error:
        raise WrongAnchor(f"{path}: {error.detail}") from error


def of_told(told: Any) -> Anchor:
    """
    Read an anchor from what its file has.

    Raises:
        WrongAnchor: it lacks something, or something is of another shape.
    """
    try:
        if told["format"] != _FORMAT:
            raise WrongAnchor(f"the unknown format {told['format']!r}")
        statement = told["statement"]
        return Anchor(
            facility=FacilityId(int(statement["facility_id"])),
            booked_on=HospitalDay.parse(statement["booked_on"]),
            first_seq=int(statement["first_seq"]),
            last_seq=int(statement["last_seq"]),
            root=bytes.fromhex(statement["merkle_root"]),
            head=bytes.fromhex(statement["head_hash"]),
            exported_at=str(statement["exported_at"]),
            signature=bytes.fromhex(told["signature"]),
            public_key=bytes.fromhex(told["public_key"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise WrongAnchor(f"this is no anchor: {error!r}") from error
