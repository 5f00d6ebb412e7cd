"""Payment codes: made, checked, and found again in what banks make of a note."""

from __future__ import annotations

import random
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.codes import (
    ALPHABET,
    candidates,
    is_valid,
    near_misses,
    new_code,
    without_prefix,
)
from tests.faults import memos

BODIES = st.binary(min_size=5, max_size=5)


def a_code(drawn: bytes = b"\x12\x34\x56\x78\x9a", prefix: str = "VPH") -> str:
    return new_code(lambda size: drawn[:size], prefix)


def seeded_codes(count: int) -> list[str]:
    chance = random.Random(20)
    return [new_code(chance.randbytes) for _ in range(count)]


def test_code_is_prefix_eight_characters_and_a_check_character() -> None:
    code = new_code(secrets.token_bytes)

    assert len(code) == 12
    assert code.startswith("VPH")
    assert set(code[3:]) <= set(ALPHABET)
    assert is_valid(code)


def test_code_whose_prefix_was_cut_off_is_found_by_its_sum_alone() -> None:
    code = a_code()
    wrong = ALPHABET[ALPHABET.index(code[-1]) - 1]

    assert code in without_prefix(f"CT DEN {code[3:]} 6328")
    assert code[:-1] + wrong not in without_prefix(f"CT DEN {code[3:-1]}{wrong} 6328")
    assert without_prefix("NGAN") == ()


def test_alphabet_has_no_look_alikes() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("ILOU")


def test_check_character_stays_what_was_printed_before() -> None:
    assert new_code(lambda size: bytes(size)) == "VPH000000000"
    assert a_code() == "VPHT4YC5T82Q"


@given(BODIES)
def test_every_code_is_found_in_itself(drawn: bytes) -> None:
    code = a_code(drawn)

    assert is_valid(code)
    assert candidates(code) == (code,)
    assert near_misses(code) == ()


@given(BODIES)
def test_every_single_wrong_character_is_detected(drawn: bytes) -> None:
    code = a_code(drawn)

    for place in range(3, 12):
        for char in set(ALPHABET) - {code[place]}:
            assert not is_valid(code[:place] + char + code[place + 1 :])


@given(BODIES)
def test_every_swap_of_two_characters_is_detected(drawn: bytes) -> None:
    code = a_code(drawn)

    for first in range(3, 12):
        for second in range(first + 1, 12):
            if code[first] != code[second]:
                assert not is_valid(swapped(code, first, second))


def swapped(code: str, first: int, second: int) -> str:
    chars = list(code)
    chars[first], chars[second] = chars[second], chars[first]
    return "".join(chars)


@pytest.mark.parametrize(
    "text", ["", "VPH", "vph000000000", "VPH0000000000", "VPH00000000", "VPH00000000\udcff", " "]
)
def test_what_is_not_exactly_a_code_is_not_valid(text: str) -> None:
    assert not is_valid(text)


@pytest.mark.parametrize("prefix", ["", "V", "vph", "1VPH", "V.H", "VPHVPHVPH", "VPĐ"])
def test_prefix_that_no_bank_carries_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        candidates("", prefix)


def test_code_of_another_prefix_is_not_ours() -> None:
    code = a_code(prefix="BVIL")

    assert candidates(code, "BVIL") == (code,)
    assert candidates(code, "VPH") == ()
    assert not is_valid(code, "VPH")


@pytest.mark.parametrize("shape", memos.BANK_SHAPES)
def test_intact_code_is_found_in_every_shape_of_memo(shape: str) -> None:
    for code in seeded_codes(20):
        memo = shape.format(code=code, number=123456)

        for mangled in (
            memo,
            memo.lower(),
            memo.replace(" ", ""),
            shape.format(code=" ".join(code), number=7),
            shape.format(code=f"{code[:3]}-{code[3:7]}.{code[7:]}", number=7),
            memo[: memo.index(code) + len(code)],
        ):
            assert code in candidates(mangled)


def test_code_cut_short_is_never_found_whole() -> None:
    for code in seeded_codes(50):
        for length in range(12):
            assert candidates(f"CT DEN:123 {code[:length]}") == ()


def test_two_codes_in_one_memo_are_both_found_in_order() -> None:
    first, second = seeded_codes(2)

    assert candidates(f"{second} va {first}{second}") == (second, first)


def test_code_that_begins_inside_another_is_found() -> None:
    # The letters of one code may hold the prefix and the beginning of the next.
    inner = a_code(b"\x01\x02\x03\x04\x05")
    outer = next(
        code for place in ALPHABET for code in [f"VPH{place}{inner[:8]}"] if is_valid(code)
    )

    assert set(candidates(outer[:4] + inner)) >= {outer, inner}


def test_memo_without_prefix_or_with_a_bank_name_holds_no_code() -> None:
    assert candidates("VPBANK NHAN TIEN TU NGUYEN VAN THU") == ()
    assert candidates("") == ()


@pytest.mark.parametrize("shape", memos.BANK_SHAPES)
def test_one_wrong_character_is_suggested_and_never_accepted(shape: str) -> None:
    chance = random.Random(3)
    for code in seeded_codes(5):
        memo = shape.format(code=memos.with_wrong_character(code, chance), number=123456)

        assert code not in candidates(memo)
        assert code in near_misses(memo)


@pytest.mark.parametrize("shape", memos.BANK_SHAPES)
def test_two_swapped_characters_are_suggested_and_never_accepted(shape: str) -> None:
    chance = random.Random(4)
    for code in seeded_codes(5):
        memo = shape.format(code=memos.with_swap(code, chance), number=123456)

        assert code not in candidates(memo)
        assert code in near_misses(memo)


@pytest.mark.parametrize("written", ["VPN", "VHP", "PVH", "8PH", "VBH"])
def test_slip_in_the_prefix_is_suggested(written: str) -> None:
    code = a_code()
    memo = f"CT DEN:123 {written}{code[3:]} VIEN PHI"

    assert candidates(memo) == ()
    assert code in near_misses(memo)


def test_prefix_and_code_swapped_at_their_border_are_suggested() -> None:
    code = a_code()

    assert code in near_misses(f"MBVCB.1.{swapped(code, 2, 3)}.CT tu")


def test_typed_look_alikes_are_suggested_and_never_accepted() -> None:
    code = next(code for code in seeded_codes(2000) if {"0", "1"} <= set(code))
    typed = code.replace("0", "O").replace("1", "l")

    assert candidates(typed) == ()
    assert near_misses(f"NGUYEN VAN THU {typed}")[0] == code


def test_last_character_cut_off_with_the_memo_is_suggested() -> None:
    code = a_code()

    assert near_misses(f"IBFT {code[:-1]}") == (code,)


def test_suggestions_are_codes_and_do_not_repeat_what_was_found() -> None:
    right, wrong = a_code(), memos.with_wrong_character(a_code(b"other"), random.Random(1))
    guesses = near_misses(f"{right} {wrong}")

    assert guesses
    assert right not in guesses
    assert all(is_valid(guess) for guess in guesses)


def test_guessing_ends_where_no_bank_writes_and_finding_does_not() -> None:
    code = a_code()
    wrong = memos.with_wrong_character(code, random.Random(1))

    assert candidates("X" * 100_000 + code) == (code,)
    assert near_misses("X" * 100_000 + wrong) == ()


@given(st.text(max_size=80))
def test_any_text_may_be_a_memo(memo: str) -> None:
    assert all(is_valid(code) for code in (*candidates(memo), *near_misses(memo)))


@given(st.text(alphabet="VPH0123456789 .ABOIL", max_size=60))
def test_text_made_of_prefixes_gives_codes_only(memo: str) -> None:
    assert all(is_valid(code) for code in (*candidates(memo), *near_misses(memo)))


def test_no_random_memo_finds_a_stored_code() -> None:
    tallies, lost = memos.run(memos=20_000, codes=10_000, seed=1)

    assert lost == 0
    assert {name: tally.accepted for name, tally in tallies.items() if tally.accepted} == {}
