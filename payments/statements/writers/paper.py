"""PDF/A on A4 across: title, rows, totals, three signatures, page x/y and the hash of the rows."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.money import Money
from payments.statements.model import LANGUAGE, Column, Kind, Row, Sums, Value
from payments.statements.writers.glyphs import Face, face
from payments.statements.writers.heading import Digest, Heading, Sink, total_title
from payments.statements.writers.objects import FACES, HEIGHT, WIDTH, Objects
from payments.words import catalogue
from payments.words.formats import digits

_MARGIN: Final = 28
_SIZE: Final = 6.5
_LEADING: Final = 8.0
_GAP: Final = 2.0
#: A longer text is cut, with a sign: one row must not fill a page.
_LINES_MAX: Final = 4
_BOTTOM: Final = 44
_SIGNED_HEIGHT: Final = 110
_WEIGHTS: Final = {
    Kind.DAY: 5, Kind.TIME: 8, Kind.AMOUNT: 7, Kind.COUNT: 4, Kind.CODE: 7, Kind.IDENTIFIER: 8,
    Kind.TEXT: 9,
}  # fmt: skip
_TO_THE_RIGHT: Final = (Kind.AMOUNT, Kind.COUNT)
_SIGNATURES: Final = ("maker", "chief_accountant", "director")
#: Of one column: an hour of numbers that never come again costs a megabyte.
_KNOWN_MAX: Final = 2_000
#: The lines of one text in its column: where each begins, as PDF writes it, and its glyphs.
Lines = list[tuple[str, str]]


class PdfFile:
    def __init__(self, heading: Heading, sink: Sink) -> None:
        self._heading = heading
        self._objects = Objects(sink, f"{heading.title} · {heading.period}")
        self._digest = Digest()
        self._plain, self._bold = face(FACES["F1"]), face(FACES["F2"])
        self._lefts, self._widths = _places(heading.columns)
        # Of each face and column: a text of it is broken once.
        self._known: dict[str, list[dict[str, Lines]]] = {
            font: [{"": []} for _ in heading.columns] for font in FACES
        }
        self._drawn: list[str] = []
        self._y = 0.0
        self._begin()

    def row(self, cells: Row) -> None:
        self._digest.add(cells)
        self._row([_shown(value) for value in cells], "F1", self._plain)

    def close(self, sums: Sums) -> None:
        columns = self._heading.columns
        totals = [_shown(sums.at(place)) for place in range(len(columns))]
        if self._y < _BOTTOM + _SIGNED_HEIGHT:
            self._end()
            self._begin()
        self._rule(self._y + 2)
        self._words(_MARGIN, self._y - _LEADING, total_title(sums.rows), "F2", _SIZE)
        self._row(["", *totals[1:]], "F2", self._bold)
        self._sign()
        self._end()
        self._objects.close(self._text("F1", 7, 0, 0, str(self._objects.pages)))

    def drop(self) -> None:
        """Nothing is held."""

    def _begin(self) -> None:
        heading, top = self._heading, HEIGHT - _MARGIN
        self._drawn = ["0 g 0 G 0.4 w"]
        self._words(_MARGIN, top - 8, f"{heading.hospital} · {heading.facility}", "F1", 8)
        if heading.is_trial:
            self._words(WIDTH / 2, top - 8, _said("banner.sandbox"), "F2", 8)
        if not self._objects.pages:
            self._words(_MARGIN, top - 28, heading.title, "F2", 14)
            self._words(
                _MARGIN, top - 42, f"{_said('statement.period')}: {heading.period}", "F1", 9
            )
            top -= 40
        self._y = top - 14
        self._rule(self._y)
        self._row([one.title for one in heading.columns], "F2", self._bold)
        self._rule(self._y)

    def _end(self) -> None:
        heading = self._heading
        at = f"{heading.made_at.astimezone(HOSPITAL_ZONE):%H:%M %d/%m/%Y}"
        made = f"{_said('statement.made_by')}: {heading.made_by} · {at}"
        self._words(_MARGIN, 24, made, "F1", 7)
        page = f"{_said('statement.page')} {self._objects.pages + 1}/"
        left = WIDTH - _MARGIN - 60
        self._words(left, 24, page, "F1", 7)
        width = self._plain.width(self._plain.shown(page)) * 7 / 1000
        self._drawn.append(f"q 1 0 0 1 {left + width:.2f} 24 cm /N Do Q")
        self._objects.page("\n".join(self._drawn))

    def _sign(self) -> None:
        """Place the hash and the three blocks that are signed by hand."""
        self._words(
            _MARGIN, self._y - 14, f"{_said('statement.hash')}: {self._digest.hex()}", "F1", 7
        )
        third = (WIDTH - 2 * _MARGIN) / len(_SIGNATURES)
        for at, who in enumerate(_SIGNATURES):
            left = _MARGIN + at * third + third / 4
            self._words(left, self._y - 36, _said(f"statement.sign.{who}"), "F2", 9)
            self._words(left, self._y - 48, _said("statement.sign.how"), "F1", 7)

    def _row(self, texts: list[str], font: str, of: Face) -> None:
        cells = [
            known[text] if text in known else self._lines(text, place, font, of)
            for place, (text, known) in enumerate(zip(texts, self._known[font], strict=True))
        ]
        most = max(1, *map(len, cells))
        height = _LEADING * most + _GAP
        if self._y - height < _BOTTOM:
            self._end()
            self._begin()
        base = self._y - _LEADING + 1.5
        heights = [f"{base - at * _LEADING:.2f}" for at in range(most)]
        drawn = [f"BT /{font} {_SIZE} Tf"]
        drawn += [
            # Each text has its own place: the same text of a column begins alike on every page.
            f"1 0 0 1 {left} {up} Tm <{glyphs}> Tj"
            for lines in cells
            for (left, glyphs), up in zip(lines, heights, strict=False)
        ]
        drawn.append("ET")
        self._drawn.append("\n".join(drawn))
        self._y -= height

    def _lines(self, text: str, place: int, font: str, of: Face) -> Lines:
        """Break a new *text* to the width of its column, and keep it for the next rows."""
        known = self._known[font][place]
        if len(known) > _KNOWN_MAX:
            known.clear()
            known[""] = []
        known[text] = self._placed(text, place, of)
        return known[text]

    def _placed(self, text: str, place: int, of: Face) -> Lines:
        left, width = self._lefts[place], self._widths[place]
        is_right = self._heading.columns[place].kind in _TO_THE_RIGHT
        return [
            (
                f"{left + (width - of.width(line) * _SIZE / 1000 if is_right else 0):.2f}",
                line.translate(of.digits),
            )
            for line in _broken(of, of.shown(text), width)
        ]

    def _words(self, x: float, y: float, words: str, font: str, size: float) -> None:
        self._drawn.append(self._text(font, size, x, y, words))

    def _text(self, font: str, size: float, x: float, y: float, words: str) -> str:
        of = self._plain if font == "F1" else self._bold
        drawn = of.shown(words).translate(of.digits)
        return f"BT /{font} {size} Tf {x:.2f} {y:.2f} Td <{drawn}> Tj ET"

    def _rule(self, y: float) -> None:
        self._drawn.append(f"{_MARGIN} {y:.2f} m {WIDTH - _MARGIN} {y:.2f} l S")


def _places(columns: tuple[Column, ...]) -> tuple[list[float], list[float]]:
    weights = [_WEIGHTS[one.kind] for one in columns]
    unit = (WIDTH - 2 * _MARGIN) / sum(weights)
    lefts, left = [], float(_MARGIN)
    for weight in weights:
        lefts.append(left)
        left += weight * unit
    return lefts, [weight * unit - 3 for weight in weights]


def _broken(of: Face, text: str, width: float) -> list[str]:
    most = width * 1000 / _SIZE
    if of.width(text) <= most:
        return [text]
    lines: list[str] = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if of.width(longer) <= most:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and of.width(lines[-1] + letter) > most:
                lines.append("")
            lines[-1] += letter
    if len(lines) > _LINES_MAX:
        lines = [*lines[: _LINES_MAX - 1], f"{lines[_LINES_MAX - 1][:-1]}…"]
    return [of.shown(line) for line in lines]


def _shown(value: Value) -> str:
    """Write a value as a person in Vietnam reads it."""
    # Most cells are texts; the match asks class after class.
    if value.__class__ is str:
        return str(value)
    match value:
        case None:
            return ""
        case str():
            return value
        case Money():
            return digits(value)
        case int():
            return str(value)
        case datetime():
            return f"{value.astimezone(HOSPITAL_ZONE):%d/%m/%Y %H:%M:%S}"
        case _:
            return f"{value:%d/%m/%Y}"


def _said(key: str) -> str:
    return catalogue.say(key, LANGUAGE)
