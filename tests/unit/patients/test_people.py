"""Patients in the minimal form, on both databases: found without marks, never picked by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from payments import keys as key_files
from payments.kernel.scope import FacilityId, Scope
from payments.keys import Keys
from payments.patients import queries, reindexing
from payments.patients.merging import Reason, merge
from payments.patients.model import (
    CannotMerge,
    Difference,
    Facts,
    FileNumberTaken,
    IdentityTaken,
    Match,
    NoPatient,
)
from payments.patients.rows import PATIENT, PATIENT_INDEX
from payments.patients.scanning import Birth, recognise
from payments.patients.service import admit, identify, register
from payments.runtime import Runtime

NUMBER = "001099000001"
CARD = "DN4799912345678"
CHIP = f"{NUMBER}||NGUYỄN VĂN THỬ|01011999|Nam|Xã Thử, Tỉnh Thử|15082021"
BORN = Birth(1999, 1, 1)


class Desk:
    """What a cashier does with patients, through the services."""

    def __init__(self, runtime: Runtime, scope: Scope) -> None:
        self.runtime = runtime
        self.scope = scope
        self.count = 0

    def register(self, name: str, year: int = 1999) -> UUID:
        self.count += 1
        number = f"99-{self.count:04d}"
        with self.runtime.database.transaction(self.scope) as tx:
            return register(tx, self.runtime.keys, file_number=number, name=name, birth_year=year)

    def admit(self, name: str = "NGUYỄN VĂN THỬ", **facts: object) -> UUID:
        self.count += 1
        told = replace(Facts(name=name, birth=BORN), **facts)  # type: ignore[arg-type]
        return admit(self.runtime, self.scope, f"99-{self.count:04d}", told)

    def find(self, text: str) -> Match:
        scan = recognise(text)
        with self.runtime.database.reading(self.scope) as tx:
            return queries.find(tx, self.runtime.keys, scan)  # type: ignore[arg-type]

    def search(self, text: str) -> list[str]:
        with self.runtime.database.reading(self.scope) as tx:
            found = queries.search(tx, self.runtime.keys, text)
            return [one.person.name for one in found]


@pytest.fixture
def desk(runtime: Runtime, scope: Scope) -> Desk:
    return Desk(runtime, scope)


def test_a_card_seen_before_leads_to_its_patient(desk: Desk) -> None:
    known = desk.admit(identity=NUMBER)

    match = desk.find(CHIP)

    assert match.is_sure
    assert [one.person.id for one in match.candidates] == [known]
    assert match.candidates[0].person.identity_last4 == "0001"
    assert str(match.candidates[0].person.birth) == "01/01/1999"


def test_one_name_alone_is_never_sure(desk: Desk) -> None:
    desk.register("Nguyễn Văn Thử")

    match = desk.find(CHIP)

    assert not match.is_sure
    assert len(match.candidates) == 1


def test_a_card_whose_name_differs_from_the_file_is_shown_with_the_difference(desk: Desk) -> None:
    desk.admit("NGUYỄN VĂN THỦ", identity=NUMBER)

    match = desk.find(CHIP)

    assert not match.is_sure
    assert match.candidates[0].differences == {Difference.NAME}


def test_between_two_nobody_is_picked(desk: Desk) -> None:
    desk.admit(identity=NUMBER)
    desk.register("NGUYỄN VĂN THỬ")

    match = desk.find(CHIP)

    assert not match.is_sure
    assert len(match.candidates) == 2


def test_a_namesake_with_another_number_is_no_candidate(desk: Desk) -> None:
    mine = desk.admit(identity=NUMBER)
    desk.admit(identity="001099000002")

    match = desk.find(CHIP)

    assert match.is_sure
    assert [one.person.id for one in match.candidates] == [mine]


def test_twins_differ_in_what_is_marked(desk: Desk) -> None:
    desk.admit("NGUYỄN VĂN MẪU", identity="001099000003")
    desk.admit("NGUYỄN VĂN MẬU", identity="001099000004")

    with desk.runtime.database.reading(desk.scope) as tx:
        found = queries.search(tx, desk.runtime.keys, "nguyen van mau")

    assert len(found) == 2
    assert found[0].differences == {Difference.NAME, Difference.IDENTITY}


def test_a_health_card_is_found_by_its_number_whatever_the_letters(desk: Desk) -> None:
    known = desk.admit(card=CARD)

    for text in (CARD, "HC2" + CARD[3:], CARD[5:]):
        match = desk.find(text)
        assert [one.person.id for one in match.candidates] == [known], text


def test_a_telephone_number_finds_candidates_and_picks_none(desk: Desk) -> None:
    desk.admit(phone="0912345678")

    match = desk.find("0912345678")

    assert len(match.candidates) == 1
    assert not match.is_sure


def test_a_known_patient_gets_the_numbers_of_a_card(desk: Desk) -> None:
    known = desk.register("NGUYỄN VĂN THỬ")
    identify(desk.runtime, desk.scope, known, Facts(birth=BORN, identity=NUMBER))

    assert desk.find(CHIP).is_sure


def test_one_number_belongs_to_one_patient(desk: Desk) -> None:
    desk.admit(identity=NUMBER)
    other = desk.register("TRẦN THỊ MẪU")

    with pytest.raises(IdentityTaken):
        identify(desk.runtime, desk.scope, other, Facts(identity=NUMBER))
    with pytest.raises(IdentityTaken):
        desk.admit("TRẦN THỊ MẪU", identity=NUMBER)

    assert len(desk.search("tran thi mau")) == 1


def test_a_file_number_is_given_once(desk: Desk) -> None:
    desk.register("TRẦN THỊ MẪU")

    with pytest.raises(FileNumberTaken):
        admit(desk.runtime, desk.scope, "99-0001", Facts(name="LÊ THỬ", birth=BORN))

    assert desk.search("tran mau 1999") == ["TRẦN THỊ MẪU"]
    assert desk.search("le thu") == []


def test_a_merged_record_leads_to_the_one_that_counts(desk: Desk) -> None:
    first, second = desk.register("NGUYỄN VĂN THỬ"), desk.admit(identity=NUMBER)
    merge(desk.runtime, desk.scope, first, second, Reason.TYPED_TWICE)

    assert desk.find(CHIP).is_sure
    assert desk.find("99-0001").candidates[0].person.id == second
    with desk.runtime.database.reading(desk.scope) as tx:
        assert queries.records_of(tx, second) == (second, first)
    with pytest.raises(CannotMerge):
        merge(desk.runtime, desk.scope, second, first, Reason.TYPED_TWICE)
    with pytest.raises(NoPatient):
        merge(desk.runtime, desk.scope, second, uuid4(), Reason.TYPED_TWICE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nguyen van a", ["Nguyễn Văn A"]),
        ("NGUYEN VAN A", ["Nguyễn Văn A"]),
        ("Nguyễn Văn A", ["Nguyễn Văn A"]),
        ("van a", ["Nguyễn Văn A", "Trần Văn Ả"]),
        ("a 1958", ["Nguyễn Văn A"]),
        ("van a 1999", ["Trần Văn Ả"]),
        ("dang thi duong", ["Đặng Thị Dương", "Đặng Thị Đường"]),
        ("đặng thị đường", ["Đặng Thị Đường", "Đặng Thị Dương"]),
        ("99-0003", ["Đặng Thị Đường"]),
        ("nguyen", []),
        ("a", []),
        ("1958", []),
        ("khong co", []),
        ("", []),
        ("%", []),
    ],
)
def test_search_needs_no_marks(desk: Desk, text: str, found: list[str]) -> None:
    desk.register("Nguyễn Văn A", 1958)
    desk.register("Trần Văn Ả", 1999)
    desk.register("Đặng Thị Đường", 1980)
    desk.register("Đặng Thị Dương", 1981)

    assert desk.search(text) == found


def test_search_by_last_four_digits_and_year(desk: Desk) -> None:
    desk.admit(identity=NUMBER, phone="0912345678")

    assert desk.search("0001 1999") == ["NGUYỄN VĂN THỬ"]
    assert desk.search("1999 5678") == ["NGUYỄN VĂN THỬ"]
    assert desk.search("0001 1998") == []


def test_at_most_fifty_are_shown(desk: Desk) -> None:
    for _ in range(55):
        desk.register("NGUYỄN VĂN THỬ")

    assert len(desk.search("van thu")) == 50


def test_a_corrected_name_is_found_and_the_old_one_is_not(desk: Desk) -> None:
    with desk.runtime.database.transaction(desk.scope) as tx:
        for name in ("LÊ THỊ SAI", "LÊ THỊ ĐÚNG", "LÊ THỊ ĐÚNG"):
            register(tx, desk.runtime.keys, file_number="99-7", name=name, birth_year=1999)

    assert desk.search("thi dung") == ["LÊ THỊ ĐÚNG"]
    assert desk.search("thi sai") == []


def test_another_facility_finds_nobody(desk: Desk) -> None:
    if not desk.runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    desk.admit(identity=NUMBER)
    theirs = Desk(desk.runtime, Scope(FacilityId(99002), "user:them", "r"))

    assert theirs.search("nguyen van thu") == []
    assert theirs.find(CHIP).candidates == ()


def test_equal_people_of_two_facilities_have_no_equal_hash(desk: Desk) -> None:
    if not desk.runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    desk.admit(identity=NUMBER)
    theirs = Desk(desk.runtime, Scope(FacilityId(99002), "user:them", "r"))
    theirs.admit(identity=NUMBER)
    hashes = []
    for one in (desk, theirs):
        with one.runtime.database.reading(one.scope) as tx:
            hashes.append(set(tx.execute(select(PATIENT_INDEX.c.hash)).scalars()))

    assert len(hashes[0]) == 4
    assert not hashes[0] & hashes[1]


@pytest.fixture
def rotated(tmp_path: Path, runtime: Runtime) -> tuple[Runtime, Runtime]:
    """The runtime before and after ``vienphi keys rotate --purpose lookup``."""
    file = tmp_path / "keys.json"
    key_files.write_new(file)
    before = replace(runtime, keys=Keys.read(file))
    key_files.rotate(file, "lookup")
    return before, replace(runtime, keys=Keys.read(file))


def test_patients_are_found_before_and_after_the_index_follows_a_new_key(
    rotated: tuple[Runtime, Runtime], scope: Scope
) -> None:
    before, after = rotated
    Desk(before, scope).admit(identity=NUMBER, card=CARD)
    desk = Desk(after, scope)

    for _ in range(2):
        assert desk.search("nguyen van thu") == ["NGUYỄN VĂN THỬ"]
        assert desk.find(CHIP).is_sure
        assert desk.find(CARD).is_sure
        reindexing.resume(after, scope)

    assert reindexing.resume(after, scope) == 0
    with after.database.reading(scope) as tx:
        rows = tx.execute(select(PATIENT_INDEX.c.kind, PATIENT_INDEX.c.key_id))
        under = {row.kind: row.key_id for row in rows}
    assert under == {"name": 2, "tail": 2, "given": 2, "card": 2, "identity": 1}


def test_a_number_moves_to_the_new_key_when_its_person_comes_again(
    rotated: tuple[Runtime, Runtime], scope: Scope
) -> None:
    before, after = rotated
    known = Desk(before, scope).admit(identity=NUMBER)

    identify(after, scope, known, Facts(identity=NUMBER))

    with after.database.reading(scope) as tx:
        kind = PATIENT_INDEX.c.kind == "identity"
        assert tx.execute(select(PATIENT_INDEX.c.key_id).where(kind)).scalars().all() == [2]


def test_patients_of_the_former_release_are_indexed_by_the_worker(desk: Desk) -> None:
    desk.register("NGUYỄN VĂN THỬ")
    with desk.runtime.database.transaction(desk.scope) as tx:
        tx.execute(delete(PATIENT_INDEX))
        tx.execute(update(PATIENT).values(index_key=None))
    assert desk.search("van thu") == []

    assert reindexing.resume(desk.runtime, desk.scope) == 1

    assert desk.search("van thu") == ["NGUYỄN VĂN THỬ"]
