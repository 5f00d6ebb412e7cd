"""A receipt can be proven without us and without any database; what was altered is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from payments import cli
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.ledger.anchoring import make_anchor
from payments.ledger.proofs import NotProvenYet, WrongProof
from payments.receipts import proving
from payments.receipts.printing import NoReceipt
from payments.receipts.proving import ReceiptProof
from tests.support.hospital import Hospital

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
_KEPT: list[str] = []


def pay(hospital: Hospital, amount: int) -> UUID:
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(amount)))
    hospital.work()
    [payment] = hospital.payments(invoice)
    return payment.id


def anchor(hospital: Hospital) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        make_anchor(tx, HospitalDay.of(tx.now()), KEY)


def proof_of(hospital: Hospital, payment: UUID) -> ReceiptProof:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return proving.prove(tx, payment)


def test_every_receipt_is_proven_after_the_night_that_signs(hospital: Hospital) -> None:
    amounts = (150_000, 100_000, 400_000, 150_000)
    payments = [pay(hospital, amount) for amount in amounts]
    anchor(hospital)
    payments.append(pay(hospital, 150_000))
    anchor(hospital)

    proofs = [proof_of(hospital, one) for one in payments]

    assert [one.amount.dong for one in proofs] == [150_000, 100_000, 150_000, 150_000, 150_000]
    assert [one.number for one in proofs] == [f"BL2600000{n}" for n in range(1, 6)]
    for one in proofs:
        again = proving.read(one.text())
        assert again == one
        assert list(proving.faults(again, KEY.public_key())) == []
        assert list(proving.faults(again, None)) == []


def test_nothing_is_proven_before_the_night_or_without_a_receipt(hospital: Hospital) -> None:
    payment = pay(hospital, 150_000)
    unknown = UUID(int=7)

    with pytest.raises(NotProvenYet):
        proof_of(hospital, payment)
    with pytest.raises(NoReceipt):
        proof_of(hospital, unknown)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert not proving.is_provable(tx, payment)
    anchor(hospital)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert proving.is_provable(tx, payment)
        assert not proving.is_provable(tx, unknown)


def test_the_seal_on_the_receipt_is_the_one_in_the_proof(hospital: Hospital) -> None:
    payment = pay(hospital, 150_000)
    anchor(hospital)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        seal = proving.seal_of(tx, payment)
    made = proof_of(hospital, payment)

    assert seal == made.proof.seal
    assert seal is not None
    assert made.proof.seal.hash.hex().startswith(seal.short)
    assert len(seal.short) == 16


def test_a_proof_signed_by_somebody_else_is_no_proof(hospital: Hospital) -> None:
    payment = pay(hospital, 150_000)
    anchor(hospital)

    found = list(proving.faults(proof_of(hospital, payment), OTHER.public_key()))

    assert [one.partition(":")[0] for one in found] == ["anchor.public_key", "anchor.signature"]


@pytest.fixture
def kept(hospital: Hospital) -> str:
    """One proof for all examples of a property."""
    if not _KEPT:
        payments = [pay(hospital, 150_000) for _ in range(5)]
        anchor(hospital)
        _KEPT.append(proof_of(hospital, payments[2]).text())
    return _KEPT[0]


def leaves(told: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the way to each value of a document."""
    if isinstance(told, dict | list):
        for at, below in told.items() if isinstance(told, dict) else enumerate(told):
            yield from leaves(below, (*way, at))
    else:
        yield way


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_altered_value_is_found(kept: str) -> None:
    ways = list(leaves(json.loads(kept)))

    @settings(max_examples=400, deadline=None)
    @given(st.data())
    def each(data: st.DataObject) -> None:
        told = json.loads(kept)
        way = data.draw(st.sampled_from(ways))
        place = told
        for step in way[:-1]:
            place = place[step]
        place[way[-1]] = altered = data.draw(other_than(place[way[-1]]))
        # What the file says of the paper alone is compared with the paper; old anchors name no key.
        is_free = way in (("receipt", "number"), ("receipt", "issued_at")) or (
            way == ("anchor", "public_key") and not altered
        )
        try:
            found = list(proving.faults(proving.read(json.dumps(told)), KEY.public_key()))
        except WrongProof:
            return
        assert found or is_free, f"{way} became {altered!r}"

    assert len(ways) > 15
    each()


def other_than(value: Any) -> st.SearchStrategy[Any]:
    """Draw another value: of another kind, or of the same with one letter changed."""
    others: st.SearchStrategy[Any] = st.one_of(
        st.none(), st.integers(-5, 10**6), st.text(max_size=5), st.lists(st.integers(), max_size=2)
    )
    if isinstance(value, str) and value:
        others |= st.integers(0, len(value) - 1).flatmap(
            lambda at: st.sampled_from("0f9Z{").map(lambda new: value[:at] + new + value[at + 1 :])
        )
    return others.filter(lambda new: new != value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", "[" * 100_000, '{"format": "vienphi-receipt-proof-1"}', "\ud83d"],
)
def test_what_is_no_proof_is_refused_by_name(text: str) -> None:
    with pytest.raises(WrongProof):
        proving.read(text)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_checks_a_file_alone(
    kept: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_runtime", lambda: pytest.fail("it asked for the database"))
    file, key = tmp_path / "BL.proof.json", tmp_path / "anchor.pub"
    file.write_text(kept)
    key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    assert cli.main(["verify-receipt", str(file), "--key", str(key)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "sound"

    file.write_text(kept.replace('"amount": 150000', '"amount": 15000'))
    assert cli.main(["verify-receipt", str(file), "--key", str(key)]) == 1
    said = capsys.readouterr().out
    assert "wrong: receipt.amount" in said
    assert said.endswith("NOT sound\n")

    file.write_text(kept.replace('\\"amount\\":150000', '\\"amount\\":15000'))
    assert cli.main(["verify-receipt", str(file)]) == 1
    assert "wrong: seal.body" in capsys.readouterr().out

    file.write_bytes(b" " * (proving.FILE_BYTES_MAX + 1))
    assert cli.main(["verify-receipt", str(file)]) == 2
    assert cli.main(["verify-receipt", str(tmp_path / "missing")]) == 2
