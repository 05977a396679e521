"""The words of a model as data: text, readings, weight; and the files they are kept in. No phones, no graph.

A lexicon file has a line a reading: word, weight in free speech, pinyin as it is *said* (sandhi done)::

    不对 1 bu4 dui4
    不对 1 bu2 dui4
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from outreach.speech.graph.phones import Reading, ReadingError
from outreach.speech.lexicon import ModelError

BASE, ADDED = "lexicon.txt", "lexicon-added.txt"
CHARACTER_WEIGHT = 0.1
"""Single characters let any phrase be heard, but must not crowd out words in free speech."""
CHINESE = re.compile("[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word. ``readings``: as said, the first as cited; empty: from pypinyin. ``weight``: in free speech."""

    text: str
    readings: tuple[Reading, ...] = ()
    weight: float = 1.0


def merge(words: Iterable[Word]) -> tuple[Word, ...]:
    """Each word once, at its first place, with all readings it was given and its greatest weight."""
    merged: dict[str, Word] = {}
    for word in words:
        known = merged.get(word.text, replace(word, readings=()))
        readings = tuple(dict.fromkeys((*known.readings, *word.readings)))
        merged[word.text] = Word(word.text, readings, max(known.weight, word.weight))
    return tuple(merged.values())


def characters(words: Sequence[Word], known: frozenset[str]) -> tuple[Word, ...]:
    """The single characters of ``words`` that are not ``known``, read as in each word's first reading."""
    return merge(
        Word(character, ((syllable,),), CHARACTER_WEIGHT)
        for word in words
        for character, syllable in zip(word.text, word.readings[0], strict=True)
        if character not in known
    )


def check(word: Word) -> Word:
    """``word``, if it is Chinese and read with a syllable a character. Raises ReadingError otherwise."""
    if not CHINESE.fullmatch(word.text):
        raise ReadingError(
            f"{word.text!r} is not all Chinese characters: write letters and digits as they are said"
        )
    for reading in word.readings:
        if len(reading) != len(word.text):
            raise ReadingError(f"{word.text} needs {len(word.text)} syllables, not {' '.join(reading)!r}")
    return word


def load_words(model_dir: Path) -> tuple[Word, ...]:
    """All words of a model: those it was made with, then those added. Raises ModelError."""
    return merge((*read_words(model_dir / BASE), *load_added(model_dir)))


def load_added(model_dir: Path) -> tuple[Word, ...]:
    """The words that were added; none when there is no such file. Raises ModelError."""
    path = model_dir / ADDED
    return read_words(path) if path.exists() else ()


def read_words(path: Path) -> tuple[Word, ...]:
    """Read a lexicon file. Raises ModelError, which names the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ModelError(f"there is no {path}: only a model like demo-zh learns words") from None
    return merge(
        _word(path, number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")
    )


def write_words(path: Path, title: str, words: Sequence[Word]) -> None:
    """Write a lexicon file, whole or not at all."""
    lines = [f"# {title}"]
    lines += [
        f"{word.text} {word.weight:g} {' '.join(reading)}" for word in words for reading in word.readings
    ]
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.replace(fresh, path)


def _word(path: Path, number: int, line: str) -> Word:
    match line.split():
        case [text, weight, *syllables] if syllables:
            try:
                return check(Word(text, (tuple(syllables),), float(weight)))
            except (ReadingError, ValueError) as error:
                raise ModelError(f"{path}, line {number}: {error}") from error
    raise ModelError(f"{path}, line {number}: a word, its weight and its pinyin belong here")
