"""Pinyin syllables and the phones a model makes of them. Of files only ``phones.txt``; no words, no graphs.

A phone is a unit at a place in its word: ``zh_B ao1_E``. Units are the initials (y and w count as initials,
so that vowels never touch), the finals with their tone, and SIL.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach.speech.lexicon import ModelError

Reading = tuple[str, ...]
"""One way to say a word, a syllable a character. Tones are digits, 5 is none; v is ü: ``("lv4", "se4")``."""

INITIALS = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c",
    "s", "y", "w",
)  # fmt: skip
UMLAUT_AFTER = frozenset("jqxy")  # ju is written for jü
RETROFLEX, DENTAL = frozenset(("zh", "ch", "sh", "r")), frozenset("zcs")  # their i is a vowel of its own
BOUNDARIES = {"B": "begin", "I": "internal", "E": "end", "S": "singleton"}  # Kaldi's word_boundary.int
SYLLABLE_PATTERN = re.compile("[a-z]+[1-5]")
SILENCE = "SIL"
BARE = (
    "a1", "a2", "a5", "ai1", "ai2", "ai3", "ai4", "an1", "an2", "an3", "an4", "ang1", "ang2", "ang4",
    "ao1", "ao2", "ao3", "ao4", "e1", "e2", "e3", "e4", "ei2", "en1", "en3", "en4", "eng1", "er2", "er3",
    "er4", "n2", "o1", "o2", "ou1", "ou2", "ou3", "ou4",
)  # fmt: skip
"""Finals that are a syllable by themselves; of all syllables of common characters (pypinyin 0.55)."""


class ReadingError(Exception):
    """A word or its pinyin cannot be used. The message says which and what to write instead."""


@dataclass(frozen=True, slots=True)
class Phones:
    """A model's phones: name -> id, as in its ``phones.txt``."""

    ids: Mapping[str, int]

    def spell(self, reading: Reading) -> tuple[int, ...]:
        """The phones of one word. Raises ReadingError for a syllable the model does not have."""
        units = [unit for syllable in reading for unit in split(syllable)]
        places = ["S"] if len(units) == 1 else ["B", *"I" * (len(units) - 2), "E"]
        names = [f"{unit}_{place}" for unit, place in zip(units, places, strict=True)]
        if strange := [name for name in names if name not in self.ids]:
            raise ReadingError(
                f"{' '.join(reading)}: this model has no phone {strange[0]}; is the pinyin right?"
            )
        return tuple(self.ids[name] for name in names)

    def finals(self) -> tuple[str, ...]:
        """Every final with its tone, in the order of the ids."""
        units = (name.rpartition("_")[0] for name in self.ids if name.endswith("_E"))
        return tuple(units)

    def boundaries(self) -> Iterator[tuple[int, str]]:
        """Each phone's id and what it says about words, as Kaldi's ``word_boundary.int`` has it."""
        for name, phone in self.ids.items():
            yield phone, BOUNDARIES.get(name.rpartition("_")[2], "nonword")


def split(syllable: str) -> tuple[str, ...]:
    """``zhao1`` -> ``("zh", "ao1")``, ``er4`` -> ``("er4",)``. Raises ReadingError for what is no pinyin."""
    if not SYLLABLE_PATTERN.fullmatch(syllable):
        raise ReadingError(f"{syllable!r} is no syllable: write letters and a tone digit, as in zhao1 pin4")
    letters, tone = syllable[:-1], syllable[-1]
    initial = next((one for one in INITIALS if letters.startswith(one) and len(letters) > len(one)), "")
    final = letters.removeprefix(initial)
    if initial in UMLAUT_AFTER and final.startswith("u"):
        final = "v" + final[1:]
    if final == "ue":
        final = "ve"
    if final == "i":
        final += "r" if initial in RETROFLEX else "z" if initial in DENTAL else ""
    return (initial, final + tone) if initial else (final + tone,)


def load_phones(model_dir: Path) -> Phones:
    """Read ``phones.txt`` (a name and an id a line). Raises ModelError when the model has none."""
    path = model_dir / "phones.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ModelError(f"{model_dir} has no phones.txt: only a model like demo-zh learns words") from None
    return Phones({name: int(number) for name, number in map(str.split, lines)})
