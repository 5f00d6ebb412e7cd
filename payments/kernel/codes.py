"""
Payment codes: the word in a bank memo by which a transfer finds its invoice.

    VPH 8K3M2Q7X A
     │      │    └ check character over GF(32)
     │      └ 40 random bits in Crockford's base 32 (no I, L, O, U)
     └ prefix, a setting

The nine characters, each times a power of w from w^8 down to w^0, sum to zero; w is a root of the
primitive polynomial x^5 + x^2 + 1. The factors are all different and none is zero, so every single
wrong character and every swap of two characters is found. The prefix is not part of the sum: it is
compared as it stands, and may hold letters that the alphabet does not have.

A code is a claim, not a proof: about one in a hundred memos that begin with the prefix and go on at
random holds an intact code by accident (``python -m tests.faults.memos``). Money is booked only to
a code that is also stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from payments.kernel.text import unmarked

DEFAULT_PREFIX: Final = "VPH"
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_LENGTH: Final = 8
_RANDOM_BYTES: Final = 5
_BODY_LENGTH: Final = _RANDOM_LENGTH + 1
#: A prefix, nine characters and the space behind them must leave room in a note of 25.
_PREFIX: Final = re.compile("[A-Z][A-Z0-9]{1,7}")
#: Banks carry some 200 characters at most; guessing takes time, and may not take much.
_GUESSED_LENGTH: Final = 512
#: What a person types for what the code shows; a bank carries the letters as they are.
_LOOK_ALIKES: Final = str.maketrans("OIL", "011")
_NOT_PLAIN: Final = re.compile("[^A-Z0-9]+")

_FIELD: Final = 32
_POLYNOMIAL: Final = 0b100101


def new_code(random_bytes: Callable[[int], bytes], prefix: str = DEFAULT_PREFIX) -> str:
    """Make a code from 40 bits of *random_bytes* (``secrets.token_bytes``): it tells no order."""
    _check_prefix(prefix)
    number = int.from_bytes(random_bytes(_RANDOM_BYTES))
    drawn = "".join(ALPHABET[number >> 5 * place & 31] for place in range(_RANDOM_LENGTH))
    return prefix + drawn + ALPHABET[_sum(drawn + "0")]


def is_valid(code: str, prefix: str = DEFAULT_PREFIX) -> bool:
    """Say whether *code* is one code exactly as it was given out, and nothing else."""
    _check_prefix(prefix)
    body = code.removeprefix(prefix)
    return code.startswith(prefix) and len(body) == _BODY_LENGTH and _sum(body) == 0


def candidates(memo: str, prefix: str = DEFAULT_PREFIX) -> tuple[str, ...]:
    """
    Find every intact code in a bank memo, in order, each once.

    Banks turn to capitals, drop marks and punctuation, insert spaces and glue words on: the search
    is over the letters and digits alone, and sees codes that overlap.
    """
    _check_prefix(prefix)
    plain = _plain(memo)
    if prefix not in plain:
        return ()
    found = (match[1] for match in _code_pattern(prefix).finditer(plain))
    return tuple(dict.fromkeys(code for code in found if _sum(code[len(prefix) :]) == 0))


def without_prefix(memo: str, prefix: str = DEFAULT_PREFIX) -> tuple[str, ...]:
    """
    Find what may be a code whose prefix a gateway has cut off: some of its memos hold nine letters.

    One in 32 windows is intact by accident, so that only the stored attempts of such gateways may
    be looked up with these.
    """
    _check_prefix(prefix)
    plain = _plain(memo)[:_GUESSED_LENGTH]
    bodies = (plain[at : at + _BODY_LENGTH] for at in range(len(plain) - _BODY_LENGTH + 1))
    return tuple(dict.fromkeys(prefix + body for body in bodies if _sum(body) == 0))


def near_misses(memo: str, prefix: str = DEFAULT_PREFIX) -> tuple[str, ...]:
    """
    Guess codes that a memo may mean, for a person to confirm; never for booking.

    A guess mends one slip: look-alikes (O for 0, I or L for 1), one wrong character, two
    neighbours swapped, or the last character cut off with the end of the memo. Look-alikes are
    mended together with one other slip behind the prefix. Most guesses name no stored code: the
    caller offers only those that do.
    """
    _check_prefix(prefix)
    plain, intact = _plain(memo)[:_GUESSED_LENGTH], set(candidates(memo, prefix))
    length = len(prefix) + _BODY_LENGTH
    guesses: dict[str, None] = {}
    for start in range(len(plain) - length + 2):
        window = plain[start : start + length]
        if window not in intact:
            guesses.update(dict.fromkeys(_mended(window, prefix)))
    return tuple(guess for guess in guesses if guess not in intact)


def _mended(window: str, prefix: str) -> Iterator[str]:
    head, body = window[: len(prefix)], window[len(prefix) :].translate(_LOOK_ALIKES)
    if head == prefix:
        bodies = _corrected(body) if len(body) == _BODY_LENGTH else _completed(body)
        yield from (prefix + mended for mended in bodies)
        return
    if _is_one_slip(head, prefix) and is_valid(prefix + body, prefix):
        yield prefix + body
    # The last of the prefix and the first behind it have changed places.
    if head[:-1] + body[:1] == prefix and is_valid(prefix + head[-1] + body[1:], prefix):
        yield prefix + head[-1] + body[1:]


def _is_one_slip(head: str, prefix: str) -> bool:
    """Say whether *head* is *prefix* with one character wrong or two neighbours swapped."""
    wrong = [place for place, char in enumerate(head) if char != prefix[place]]
    match wrong:
        case [_]:
            return True
        case [first, second]:
            return second == first + 1 and head[first] + head[second] == (
                prefix[second] + prefix[first]
            )
    return False


def _completed(body: str) -> Iterator[str]:
    if all(char in ALPHABET for char in body):
        yield body + ALPHABET[_sum(body + "0")]


def _corrected(body: str) -> Iterator[str]:
    """Change one character, or swap two neighbours, so that the sum comes out."""
    if _sum(body) == 0:
        yield body
        return
    foreign = [place for place, char in enumerate(body) if char not in ALPHABET]
    for place in foreign or range(_BODY_LENGTH):
        for char in ALPHABET if len(foreign) < 2 else "":
            changed = body[:place] + char + body[place + 1 :]
            if _sum(changed) == 0:
                yield changed
    for place in range(_BODY_LENGTH - 1):
        swapped = f"{body[:place]}{body[place + 1]}{body[place]}{body[place + 2 :]}"
        if _sum(swapped) == 0:
            yield swapped


def _plain(memo: str) -> str:
    text = memo if memo.isascii() else unmarked(memo)
    return _NOT_PLAIN.sub("", text.upper())


@lru_cache(maxsize=8)
def _code_pattern(prefix: str) -> re.Pattern[str]:
    # A look-ahead takes no text away, so the next match may begin inside this one.
    return re.compile(f"(?=({prefix}[{ALPHABET}]{{{_BODY_LENGTH}}}))")


def _check_prefix(prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("a prefix is a letter and one to seven letters or digits, in capitals")


def _sum(body: str) -> int:
    """Weigh a body, check character last; 0 is intact, and no weight at all is -1."""
    total = 0
    for products, char in zip(_PRODUCTS, body, strict=True):
        product = products.get(char)
        if product is None:
            return -1
        total ^= product
    return total


def _products() -> tuple[dict[str, int], ...]:
    """For each place, what each character adds to the sum; the check character has factor one."""

    def doubled(value: int) -> int:
        value <<= 1
        return value ^ _POLYNOMIAL if value >= _FIELD else value

    tables = []
    values = list(range(_FIELD))
    for _ in range(_BODY_LENGTH):
        tables.append(dict(zip(ALPHABET, values, strict=True)))
        values = [doubled(value) for value in values]
    return tuple(reversed(tables))


_PRODUCTS: Final = _products()
