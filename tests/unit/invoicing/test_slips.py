"""The code on a slip: eight characters that only this hospital's keys make."""

from __future__ import annotations

from pathlib import Path

from payments.invoicing import slips
from payments.kernel.codes import ALPHABET
from payments.kernel.scope import FacilityId
from payments.keys import Keys, rotate, write_new

OURS = FacilityId(99001)
TOKEN = "a" * 22


def test_code_has_eight_characters_that_nobody_confuses(keys: Keys) -> None:
    code = slips.slip_code(keys, OURS, TOKEN)

    assert len(code) == slips.LENGTH
    assert set(code) <= set(ALPHABET)
    assert slips.fits(keys, OURS, TOKEN, code)


def test_code_fits_its_own_invoice_and_facility_only(keys: Keys) -> None:
    code = slips.slip_code(keys, OURS, TOKEN)

    assert not slips.fits(keys, OURS, "b" * 22, code)
    assert not slips.fits(keys, FacilityId(99002), TOKEN, code)
    assert not slips.fits(keys, OURS, TOKEN, "")
    assert not slips.fits(keys, OURS, TOKEN, "ĐĐĐĐĐĐĐĐ")


def test_printed_code_outlives_the_change_of_the_key(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_new(file)
    code = slips.slip_code(Keys.read(file), OURS, TOKEN)

    rotate(file, "lookup")

    keys = Keys.read(file)
    assert slips.slip_code(keys, OURS, TOKEN) != code
    assert slips.fits(keys, OURS, TOKEN, code)


def test_typed_code_is_read_as_it_was_meant() -> None:
    assert slips.read(" 8k3m-2q7x ") == "8K3M2Q7X"
    assert slips.read("oil0 oil0") == "01100110"
    assert [slips.read(text) for text in ("", "8K3M2Q7", "8K3M2Q7XA", "8K3M2Q7U", "ĐĐĐĐĐĐĐĐ")] == [
        ""
    ] * 5
