"""How far apart two wordings sound to people of a county. Pure; the data are ``accent.py``'s.

A weighted edit distance over syllables without tone. The weights are judgement, not measured.
"""

import importlib.util
import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from outreach.dialogue.accent import ACCENTS, STANDARD, Accent

MERGED, CLOSE, HALF = 0.1, 0.2, 0.5
"""Costs of a syllable: merged in this accent; nearly so; either its initial or its final is another."""
LONGER = 0.45
"""Wordings whose lengths differ by more than this share are not compared: nothing would come of it."""

TOKEN = re.compile(r"[a-z0-9']+|[^\W_]")
INITIALS = re.compile(r"zh|ch|sh|[bpmfdtnlgkhjqxrzcs]")
GLIDES = {
    "yi": "i", "ya": "ia", "yo": "io", "ye": "ie", "yao": "iao", "you": "iou", "yan": "ian", "yin": "in",
    "yang": "iang", "ying": "ing", "yong": "iong", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn",
    "wu": "u", "wa": "ua", "wo": "uo", "wai": "uai", "wei": "uei", "wan": "uan", "wen": "uen", "wang": "uang",
    "weng": "ueng",
}  # fmt: skip
"""y and w are spelling: the syllables that begin with them -> their finals."""
FULL = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "ve"}

Tokens = tuple[str, ...]


def tokens(text: str) -> Tokens:
    """Single Chinese characters, and words of other scripts; case, width and punctuation fall away."""
    return tuple(TOKEN.findall(unicodedata.normalize("NFKC", text).lower()))


def distance(heard: Tokens, offered: Tokens, county: str | None) -> float:
    """Syllables wrong, over the longer one's length: 0 is the same, 1 nothing in common.

    ``county`` None (or unknown): in whichever of the four accents they are nearest.
    """
    longer = max(len(heard), len(offered))
    if abs(len(heard) - len(offered)) > LONGER * longer:
        return 1.0
    known = ACCENTS.get(county or "")
    accents = [known] if known else list(ACCENTS.values())
    return min(_edits(_sounds(heard, a), _sounds(offered, a), a) for a in accents) / longer


@dataclass(frozen=True, slots=True)
class _Sound:
    """One syllable: as spelt in pinyin, and what an accent makes of it."""

    spelt: str
    initial: str
    final: str


Sounds = tuple[tuple[_Sound, ...], ...]


def _edits(heard: Sounds, offered: Sounds, accent: Accent) -> float:
    row = [float(column) for column in range(len(offered) + 1)]
    for line, a in enumerate(heard, 1):
        above, row = row, [float(line)]
        for column, b in enumerate(offered, 1):
            swap = above[column - 1] + min(_cost(x, y, accent) for x in a for y in b)
            row.append(min(swap, above[column] + 1, row[column - 1] + 1))
    return row[-1]


@lru_cache(8192)
def _cost(a: _Sound, b: _Sound, accent: Accent) -> float:
    if a.spelt == b.spelt:
        return 0.0
    if frozenset((a.spelt, b.spelt)) in accent.close_syllables:
        return CLOSE
    initial = _part(a.initial, b.initial, accent.close_initials)
    final = _part(a.final, b.final, accent.close_finals)
    if not initial and not a.initial and final == HALF:
        return 1.0  # having no initial is nothing in common
    return max(initial + final, MERGED)


def _part(a: str, b: str, close: frozenset[frozenset[str]]) -> float:
    if a == b:
        return 0.0
    return CLOSE if frozenset((a, b)) in close else HALF


def _sounds(said: Tokens, accent: Accent) -> Sounds:
    """For each token all the ways it may be said."""
    return tuple(
        tuple(
            _said(syllable, accent)
            for syllable in dict.fromkeys((standard, accent.readings.get(token, standard)))
        )
        for token, standard in zip(said, syllables(said), strict=True)
    )


@lru_cache(2048)
def _said(syllable: str, accent: Accent) -> _Sound:
    initial, final = split(accent.merged_syllables.get(syllable, syllable))
    return _Sound(
        syllable, accent.merged_initials.get(initial, initial), accent.merged_finals.get(final, final)
    )


def split(syllable: str) -> tuple[str, str]:
    """Toneless pinyin as initial ("" for none) and full final: yan -> ("", "ian"), jun -> ("j", "vn")."""
    if syllable in GLIDES:
        return "", GLIDES[syllable]
    found = INITIALS.match(syllable)
    initial = found[0] if found else ""
    final = syllable[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    return initial, FULL.get(final, final)


def syllables(heard: Tokens) -> tuple[str, ...]:
    """Each token's pinyin without tone; what is no Chinese character stays as it is."""
    readings = _readings()
    sounds = [readings.get(token, token) for token in heard]
    text = "".join(token if len(token) == 1 else " " for token in heard)
    for word, pinyin in STANDARD.items():
        start = text.find(word)
        if start >= 0:
            sounds[start : start + len(word)] = pinyin.split()
    return tuple(sounds)


@cache
def _readings() -> Mapping[str, str]:
    """Character -> its usual reading, from pypinyin's own table of characters.

    Only that one module is executed (40 ms, 9 MB, at first use): importing pypinyin loads its phrases (45
    MB), and its switch against that, an environment variable, would silently take the phrases from everybody
    else in the process.
    """
    package = importlib.util.find_spec("pypinyin")
    if package is None or package.origin is None:
        raise ImportError("pypinyin is not installed")
    table = importlib.util.spec_from_file_location(
        "_characters", Path(package.origin).with_name("pinyin_dict.py")
    )
    if table is None or table.loader is None:
        raise ImportError("this pypinyin has no pinyin_dict.py; outreach needs 0.53 or later")
    module = importlib.util.module_from_spec(table)
    table.loader.exec_module(module)
    common = ((code, reading) for code, reading in module.pinyin_dict.items() if 0x4E00 <= code <= 0x9FFF)
    return {chr(code): sys.intern(_toneless(reading.split(",")[0])) for code, reading in common}


def _toneless(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if "a" <= letter <= "z")
