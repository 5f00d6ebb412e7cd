"""
The evidence of some days in one file: events with their chain, anchors, switches, weak places.

A ZIP whose ``manifest.json`` names each member with its SHA-256 and is signed. Whoever gets it
needs ``vienphi verify-evidence`` or the words of its README, and no database. No secret is in it:
it is looked through for every key and password of the keys file before it is given away.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from payments.audit_chain import excerpt
from payments.audit_chain.excerpt import Link
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Rejected
from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.ledger import anchoring
from payments.ledger.bodies import canonical_json
from payments.ledger.loading import moment
from payments.oversight.report import Report
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.switches import service as switches

FORMAT: Final = "vienphi-evidence-1"
MANIFEST: Final = "manifest.json"
CHAIN: Final = "events.jsonl"
ANCHORS: Final = "anchors/"
#: What a ZIP says of its members' age: always the same, so that equal evidence is equal bytes.
_MADE_AT: Final = (2026, 1, 1, 0, 0, 0)
_README: Final = """\
Evidence of one hospital for the days named in manifest.json.

1. SHA-256 of each member must be the one in manifest.json.
2. The signature there is Ed25519 over "manifest" written as RFC 8785 (JCS).
3. events.jsonl: for each line hash = SHA-256(hash of the line before || body in UTF-8), numbers
   without a gap. "before" of the first line is the hash of the event before this piece.
4. anchors/: each is signed over its "statement" (RFC 8785); the root is an RFC 6962 Merkle root.

vienphi verify-evidence FILE --key anchor.pem.pub does all of it.
"""


class SecretInside(Rejected):
    """A key or password would leave the house in the file: it was not written."""

    code = "secret-inside"


@dataclass(frozen=True, slots=True)
class Span:
    """Hospital days, both included."""

    first: HospitalDay
    last: HospitalDay


def build(
    runtime: Runtime, scope: Scope, span: Span, report: Report, key: Ed25519PrivateKey | None
) -> bytes:
    """
    Put the evidence of *span* together, from one snapshot.

    Raises:
        SecretInside: something of the keys file stands in it.
    """
    with runtime.database.snapshot(scope) as tx:
        members = dict(_members(tx, span))
        at = tx.now()
    members["security-report.json"] = report.text(key).encode()
    _refuse_secrets(members, runtime.keys)
    manifest = {
        "format": FORMAT,
        "facility": int(scope.facility),
        "first": str(span.first),
        "last": str(span.last),
        "made_at": moment(at),
        "members": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in members.items()
        },
    }
    members[MANIFEST] = _json(_signed(manifest, key))
    return _zipped(members)


def _members(tx: UnitOfWork, span: Span) -> Iterator[tuple[str, bytes]]:
    links = list(excerpt.between(tx, span.first.starts_at, span.last.ends_at))
    yield "README.txt", _README.encode()
    yield CHAIN, b"".join(map(_line, links))
    yield "timeline.csv", _timeline(links)
    for anchor in anchoring.anchors_between(tx, span.first, span.last):
        yield f"{ANCHORS}{anchor.file_name}", anchor.text().encode()
    stopped = [
        {
            "kind": one.kind.value,
            "state": one.state.value,
            "reason": one.reason,
            "at": moment(one.made_at),
            "by": one.made_by,
            "until": moment(one.until),
        }
        for one in switches.history(tx)
    ]
    yield "switches.json", _json(stopped)


def _line(link: Link) -> bytes:
    told = {
        "seq": link.seq,
        "before": link.before.hex(),
        "hash": link.hash.hex(),
        "body": link.body,
    }
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _timeline(links: list[Link]) -> bytes:
    """List the same events for people: when, who, what, about what."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(("seq", "at", "actor", "kind", "about", "facts"))
    for link in links:
        told = json.loads(link.body)
        rows.writerow(
            (link.seq, told["at"], told["actor"], told["kind"], told["about"], told["facts"])
        )
    return out.getvalue().encode("utf-8-sig")


def _signed(manifest: dict[str, Any], key: Ed25519PrivateKey | None) -> dict[str, Any]:
    if key is None:
        return {"manifest": manifest}
    return {
        "manifest": manifest,
        "signature": key.sign(canonical_json(manifest)).hex(),
        "public_key": key.public_key().public_bytes_raw().hex(),
    }


def _refuse_secrets(members: Mapping[str, bytes], keys: Keys) -> None:
    for secret in keys.secrets():
        shapes = (secret, secret.hex().encode(), base64.b64encode(secret))
        for name, content in members.items():
            if any(shape in content for shape in shapes):
                raise SecretInside(f"{name} holds something of the keys file")


def _zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(members):
            file.writestr(zipfile.ZipInfo(name, _MADE_AT), members[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _json(told: Any) -> bytes:
    return (json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
