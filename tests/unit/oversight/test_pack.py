"""Evidence can be checked without us; whatever is altered in it is named; no secret is inside."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from payments import audit, cli
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.ledger.anchoring import make_anchor
from payments.oversight import checking_pack, pack, report
from payments.oversight.checking_pack import WrongEvidence
from payments.oversight.pack import CHAIN, MANIFEST, SecretInside, Span
from payments.switches.model import Kind
from payments.switches.service import throw
from tests.support.hospital import Hospital

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
Members = dict[str, bytes]


@pytest.fixture
def content(hospital: Hospital, clock: FrozenClock) -> bytes:
    """Two days: yesterday's events are before the piece."""
    hospital.issue()
    hospital.work()
    clock.advance(timedelta(days=1))
    hospital.issue()
    throw(hospital.runtime, hospital.scope, Kind.NO_REFUNDS, "tập sự cố", 2)
    hospital.issue()
    hospital.work()
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        make_anchor(tx, HospitalDay.of(tx.now()), KEY)
    return built(hospital, clock, KEY)


def built(hospital: Hospital, clock: FrozenClock, key: Ed25519PrivateKey | None) -> bytes:
    today = HospitalDay.of(clock.now())
    made = report.make(hospital.runtime, hospital.scope)
    return pack.build(hospital.runtime, hospital.scope, Span(today, today), made, key)


def members_of(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {one: file.read(one) for one in file.namelist()}


def zipped(members: Members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, told in members.items():
            file.writestr(name, told)
    return out.getvalue()


def faults(content: bytes, key: Ed25519PrivateKey = KEY) -> list[str]:
    return list(checking_pack.faults(checking_pack.read(content), key.public_key()))


def test_evidence_is_whole_and_tells_the_day(content: bytes) -> None:
    members = members_of(content)

    assert faults(content) == []
    assert list(checking_pack.faults(checking_pack.read(content), None)) == []
    lines = [json.loads(line) for line in members[CHAIN].splitlines()]
    assert lines[0]["seq"] > 1
    told = members["timeline.csv"].decode("utf-8-sig")
    assert "invoice.issued" in told
    assert told.count("\r\n") == len(lines) + 1
    assert json.loads(members["switches.json"])[0]["reason"] == "tập sự cố"
    assert sum(name.startswith("anchors/") for name in members) == 1
    assert json.loads(members["security-report.json"])["report"]["chains"]["audit"]["sound"]


def test_the_same_days_give_the_same_bytes(
    content: bytes, hospital: Hospital, clock: FrozenClock
) -> None:
    assert built(hospital, clock, KEY) == content


def edited(members: Members) -> None:
    members[CHAIN] = members[CHAIN].replace(b"user:test", b"user:nobody", 1)


def one_taken_out(members: Members) -> None:
    lines = members[CHAIN].splitlines(keepends=True)
    members[CHAIN] = b"".join(lines[:1] + lines[2:])


def swapped(members: Members) -> None:
    lines = members[CHAIN].splitlines(keepends=True)
    members[CHAIN] = b"".join([lines[1], lines[0], *lines[2:]])


def one_missing(members: Members) -> None:
    del members["timeline.csv"]


def one_put_in(members: Members) -> None:
    members["more.txt"] = b"more"


def of_other_days(members: Members) -> None:
    members[MANIFEST] = members[MANIFEST].replace(b'"first": "2026', b'"first": "2025')


@pytest.mark.parametrize(
    ("alter", "named"),
    [
        (edited, f"{CHAIN}: it is not what"),
        (one_taken_out, f"{CHAIN}, line 2: seal"),
        (swapped, f"{CHAIN}, line 2: seal"),
        (one_missing, "timeline.csv: it is missing"),
        (one_put_in, "more.txt: the manifest does not name it"),
        (of_other_days, "manifest.json: it is not signed"),
    ],
)
def test_what_was_altered_is_named(
    content: bytes, alter: Callable[[Members], None], named: str
) -> None:
    members = members_of(content)
    alter(members)

    assert any(one.startswith(named) for one in faults(zipped(members)))


def test_evidence_signed_by_another_is_not_the_hospitals(content: bytes) -> None:
    found = faults(content, OTHER)

    assert [one.partition(":")[0] for one in found] == ["manifest.json"] * 2 + [
        name for name in sorted(members_of(content)) if name.startswith("anchors/")
    ]


def test_evidence_without_a_key_says_that_it_is_not_signed(
    hospital: Hospital, clock: FrozenClock
) -> None:
    hospital.issue()
    hospital.work()

    assert faults(built(hospital, clock, None)) == ["manifest.json: it is not signed"]


@pytest.mark.parametrize("shape", ["hex", "base64"])
def test_evidence_with_a_key_inside_is_not_written(
    hospital: Hospital, clock: FrozenClock, shape: str
) -> None:
    secret = hospital.runtime.keys.raw("personal")
    shown = secret.hex() if shape == "hex" else base64.b64encode(secret).decode()
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        audit.append(tx, "user.added", "user:careless", note=shown)
    hospital.work()

    with pytest.raises(SecretInside):
        built(hospital, clock, KEY)


@pytest.mark.parametrize(
    "content_of_file",
    [b"", b"PK", zipped({}), zipped({MANIFEST: b"[]"})],
    ids=["nothing", "two letters", "no member", "another manifest"],
)
def test_what_is_no_evidence_is_refused(content_of_file: bytes) -> None:
    with pytest.raises(WrongEvidence):
        checking_pack.read(content_of_file)


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking_pack, "FILE_BYTES_MAX", 1_000)

    with pytest.raises(WrongEvidence, match="unpacks"):
        checking_pack.read(zipped({MANIFEST: b"0" * 1_001}))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_checks_a_file_alone(
    content: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cli, "_runtime", lambda: pytest.fail("it asked for the database"))
    file, key = tmp_path / "evidence.zip", tmp_path / "anchor.pub"
    key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    file.write_bytes(content)

    assert cli.main(["verify-evidence", str(file), "--key", str(key)]) == 0
    assert capsys.readouterr().out.endswith("sound\n")

    members = members_of(content)
    edited(members)
    file.write_bytes(zipped(members))
    assert cli.main(["verify-evidence", str(file), "--key", str(key)]) == 1
    assert "NOT sound" in capsys.readouterr().out
    assert cli.main(["verify-evidence", str(tmp_path / "missing")]) == 2
