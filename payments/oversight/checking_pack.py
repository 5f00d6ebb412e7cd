"""Checks a file of evidence without any database: members, signature, chain, anchors."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from payments.kernel.errors import Rejected
from payments.ledger import anchors
from payments.ledger.anchors import WrongAnchor
from payments.ledger.bodies import canonical_json, chained
from payments.oversight.pack import ANCHORS, CHAIN, FORMAT, MANIFEST

#: A year of a large hospital; more is no evidence but an attack on whoever opens it.
FILE_BYTES_MAX: Final = 500 * 1024 * 1024
_MEMBERS_MAX: Final = 2_000


class WrongEvidence(Rejected):
    """A file that is no evidence: *detail* says what it lacks."""

    code = "wrong-evidence"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a file holds; nothing of it is believed before ``faults`` has none."""

    manifest: Mapping[str, Any]
    signature: str
    public_key: str
    members: Mapping[str, bytes]


def read(content: bytes) -> Evidence:
    """
    Open a file of evidence.

    Raises:
        WrongEvidence: it is no ZIP, too large, or has no manifest of ours.
    """
    try:
        members = _unzipped(content)
        told = json.loads(members.pop(MANIFEST))
        manifest = told["manifest"]
        if manifest["format"] != FORMAT or not isinstance(manifest["members"], dict):
            raise WrongEvidence(f"manifest.json: {FORMAT} is expected")
        signature, public_key = str(told.get("signature", "")), str(told.get("public_key", ""))
        return Evidence(manifest, signature, public_key, members)
    except (KeyError, TypeError, ValueError, RecursionError, zipfile.BadZipFile) as error:
        raise WrongEvidence(f"this is no evidence: {error!r}") from error


def faults(given: Evidence, key: Ed25519PublicKey | None) -> Iterator[str]:
    """Name everything that does not hold; nothing where the evidence is whole."""
    yield from _signature_faults(given, key)
    yield from _member_faults(given)
    yield from _chain_faults(given.members.get(CHAIN, b""))
    yield from _anchor_faults(given.members, key)


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        listed = file.infolist()
        if len(listed) > _MEMBERS_MAX or sum(one.file_size for one in listed) > FILE_BYTES_MAX:
            raise WrongEvidence("it unpacks to more than any evidence holds")
        if len({one.filename for one in listed}) != len(listed):
            raise WrongEvidence("a member is there twice")
        return {one.filename: file.read(one) for one in listed}


def _signature_faults(given: Evidence, key: Ed25519PublicKey | None) -> Iterator[str]:
    if not given.signature:
        yield "manifest.json: it is not signed"
        return
    try:
        named = bytes.fromhex(given.public_key)
        if key is not None and key.public_bytes_raw() != named:
            yield "manifest.json: it names another key than the one given"
        signer = key or Ed25519PublicKey.from_public_bytes(named)
        signer.verify(bytes.fromhex(given.signature), canonical_json(given.manifest))
    except (ValueError, InvalidSignature):
        yield "manifest.json: it is not signed by this key"


def _member_faults(given: Evidence) -> Iterator[str]:
    listed = given.manifest["members"]
    for name in sorted(listed.keys() | given.members.keys()):
        content, told = given.members.get(name), listed.get(name)
        if content is None:
            yield f"{name}: it is missing"
        elif not isinstance(told, dict):
            yield f"{name}: the manifest does not name it"
        elif hashlib.sha256(content).hexdigest() != told.get("sha256"):
            yield f"{name}: it is not what the manifest names"


def _chain_faults(content: bytes) -> Iterator[str]:
    last: tuple[int, str] | None = None
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            told = json.loads(line)
            seq, before, stored = int(told["seq"]), str(told["before"]), str(told["hash"])
            made = chained(bytes.fromhex(before), str(told["body"]).encode())
        except (KeyError, TypeError, ValueError):
            yield f"{CHAIN}, line {number}: this is no event"
            return
        if last is not None and (seq, before) != (last[0] + 1, last[1]):
            yield f"{CHAIN}, line {number}: seal {seq} does not follow seal {last[0]}"
        if made.hex() != stored:
            yield f"{CHAIN}, line {number}: seal {seq} is not of this event"
        last = seq, stored


def _anchor_faults(members: Mapping[str, bytes], key: Ed25519PublicKey | None) -> Iterator[str]:
    for name in sorted(one for one in members if one.startswith(ANCHORS)):
        try:
            anchor = anchors.of_told(json.loads(members[name]))
            signer = key or Ed25519PublicKey.from_public_bytes(anchor.public_key)
            is_signed = anchor.is_signed_by(signer)
        except (WrongAnchor, ValueError):
            yield f"{name}: this is no anchor"
            continue
        if not is_signed:
            yield f"{name}: it is not signed by this key"
