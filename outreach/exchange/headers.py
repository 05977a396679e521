"""Which rows are headers, and which column is which field: guesses, and how sure each is, for a person to correct."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from outreach.exchange.choices import sound
from outreach.exchange.fields import Field, Target
from outreach.exchange.lines import FileRefused, Line, Source
from outreach.exchange.reading import Cell, folded, prose, text_of
from outreach.exchange.words import Word

LOOKED_AT: Final = 20
"""So many first rows may hold the headers."""
SURE, SOUNDS, WITHIN, NEAR = 100, 90, 80, 75
"""The same word; said the same; one within the other; spelt nearly so (times their likeness). Percent."""
LEAST: Final = 60
"""Below it nothing is guessed."""
LONGEST_HEADER: Final = 40
_DECORATION = re.compile(r"[*＊:：()（）\[\]【】<>《》_.\-/\\、,，\s]+|必填|选填|可选")


@dataclass(frozen=True, slots=True)
class Guess:
    """A column taken for a field. ``sure``: percent."""

    column: int
    field: str
    sure: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read. ``first``: the first line with data. ``names``: the columns' headers as written."""

    first: int
    names: tuple[str, ...]
    guesses: tuple[Guess, ...]
    remarks: tuple[Word, ...]


def find(source: Source, target: Target) -> Layout:
    """Look for the headers in the first rows. Raises FileRefused: there are none."""
    lines = list(islice(source.rows(), LOOKED_AT))
    best, best_score = Layout(0, (), (), ()), 0
    for index, line in enumerate(lines):
        for height in (1, 2) if index + 1 < len(lines) and not source.headed else (1,):
            names = _names(lines[index : index + height])
            guesses = match(names, target, _names(lines[index + 1 : index + 2]) if height == 2 else ())
            # two rows must be worth more than one: a row of data below the headers adds nothing
            score = sum(guess.sure for guess in guesses) - 5 * (height - 1) - index
            if len(guesses) >= 2 and score > best_score:
                said = _said(index, line.number, height)
                last = lines[index + height - 1].number
                best, best_score = Layout(last + 1, names, guesses, said), score
    if not best.first:
        known = "、".join(field.zh for field in target.fields)
        raise FileRefused(Word("no_headers", {"count": LOOKED_AT, "target": target.zh, "names": known}))
    return best


def match(names: Sequence[str], target: Target, lower: Sequence[str] = ()) -> tuple[Guess, ...]:
    """Each column for at most one field, each field from at most one column; the surest first.

    ``lower``: of two header rows the second by itself, a little less sure than both together.
    """
    likely = [
        Guess(column, field.name, sure)
        for column, name in enumerate(names)
        for field in target.fields
        if (
            sure := max(
                likeness(name, field), likeness(lower[column], field) - 1 if column < len(lower) else 0
            )
        )
        >= LEAST
    ]
    likely.sort(key=lambda guess: (-guess.sure, guess.column))
    taken: dict[str, Guess] = {}
    columns: set[int] = set()
    for guess in likely:
        if guess.field not in taken and guess.column not in columns:
            taken[guess.field] = guess
            columns.add(guess.column)
    return tuple(sorted(taken.values(), key=lambda guess: guess.column))


def chosen(layout: Layout, columns: Mapping[str, str], target: Target) -> tuple[Guess, ...]:
    """The guesses, with a person's own choices: field -> a column's header or its number from 1; "" is none of them.

    Raises FileRefused: no such field or column.
    """
    corrected = {guess.field: guess.column for guess in layout.guesses}
    sure = {guess.field: guess.sure for guess in layout.guesses}
    known = {name for field in target.fields for name in (field.name,)}
    for name, wanted in columns.items():
        if name not in known:
            raise FileRefused(Word("field_unknown", {"target": target.zh, "name": name}))
        corrected.pop(name, None)
        if wanted:
            column = _column(layout.names, wanted)
            corrected = {field: at for field, at in corrected.items() if at != column}
            corrected[name], sure[name] = column, SURE
    guesses = (Guess(column, name, sure[name]) for name, column in corrected.items())
    return tuple(sorted(guesses, key=lambda guess: guess.column))


def likeness(name: str, field: Field) -> int:
    """How sure it is, in percent, that a column of this name holds this field."""
    plain = _plain(name)
    if not plain or len(plain) > LONGEST_HEADER:
        return 0
    words = _words(field)
    if plain in words:
        return SURE
    chinese = not plain.isascii()
    if chinese and sound(plain) in _sounds(field):
        return SOUNDS
    within = max(
        (
            min(len(word), len(plain)) / max(len(word), len(plain))
            for word in words
            if word in plain or plain in word
        ),
        default=0.0,
    )
    near = max(difflib.SequenceMatcher(None, plain, word).ratio() for word in words)
    return max(
        round(WITHIN * (0.75 + within / 4)) if within > 0.3 else 0, round(NEAR * near) if near >= 0.8 else 0
    )


def _column(names: Sequence[str], wanted: str) -> int:
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise FileRefused(Word("column_unknown", {"name": wanted}))


def _names(lines: Sequence[Line]) -> tuple[str, ...]:
    width = max(len(line.cells) for line in lines)
    return tuple(_name(lines, column) for column in range(width))


def _name(lines: Sequence[Line], column: int) -> str:
    """One header, of two rows the upper before the lower, each word once."""
    parts: list[str] = []
    for line in lines:
        # only the upper row of two is a group's name over several columns
        at = line.wide.get(column, column) if line is lines[0] else column
        text = prose(_text(line.cells, at))
        if text and text not in parts:
            parts.append(text)
    return " ".join(parts)


def _text(cells: Sequence[Cell], column: int) -> str:
    return text_of(cells[column]) if column < len(cells) else ""


def _said(index: int, number: int, height: int) -> tuple[Word, ...]:
    said = [Word("title_rows", {"line": number, "count": index})] if index else []
    if height == 2:
        said.append(Word("two_headers", {"line": number, "next": number + 1}))
    return tuple(said)


@cache
def _plain(name: str) -> str:
    return _DECORATION.sub("", folded(name)).lower()


@cache
def _words(field: Field) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_plain, (field.zh, field.en, field.name, *field.also))))


@cache
def _sounds(field: Field) -> frozenset[str]:
    return frozenset(sound(word) for word in _words(field) if not word.isascii())
