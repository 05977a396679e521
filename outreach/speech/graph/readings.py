"""How Chinese words are said: pinyin from pypinyin, and what neighbouring tones do to each other.

The only importer of pypinyin, inside the function that needs it: the server must start without it.
"""

from collections.abc import Iterator

from outreach.speech.graph.phones import SYLLABLE_PATTERN, Reading
from outreach.speech.pronunciation import WORDS

CITATION = {"一": "yi1", "不": "bu4"}
"""Dictionaries spell out their sandhi for some words only: take the citation tone and do all of it here."""


def readings(text: str) -> tuple[Reading, ...]:
    """The ways to say ``text``, the citation tones first.

    Between readings of a character the list decides that speech is made with; then pypinyin.
    """
    from pypinyin import Style, lazy_pinyin

    found = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False)
    found = [CITATION.get(character, syllable) for character, syllable in zip(text, found, strict=True)]
    for word, pinyin in WORDS.items():
        if (at := text.find(word)) >= 0:
            found[at : at + len(word)] = SYLLABLE_PATTERN.findall(pinyin)
    return spoken(text, tuple(found))


def spoken(text: str, reading: Reading) -> tuple[Reading, ...]:
    """``reading`` and what sandhi makes of it; both, since careful speakers do without."""
    changed = tuple(_one_and_not(text, reading))
    return tuple(dict.fromkeys((reading, changed, tuple(_third(reading)), tuple(_third(changed)))))


def _one_and_not(text: str, reading: Reading) -> Iterator[str]:
    """一 is yi2 before a fourth tone and yi4 before the others, 不 is bu2 before a fourth."""
    for character, syllable, after in zip(text, reading, (*reading[1:], ""), strict=True):
        match character, syllable, after[-1:]:
            case "一", "yi1", "4" | "5":
                yield "yi2"
            case "一", "yi1", "1" | "2" | "3":
                yield "yi4"
            case "不", "bu4", "4":
                yield "bu2"
            case _:
                yield syllable


def _third(reading: Reading) -> Iterator[str]:
    """A third tone before another becomes a second, pairwise from the left."""
    for syllable, after in zip(reading, (*reading[1:], ""), strict=True):
        yield f"{syllable[:-1]}2" if syllable.endswith("3") and after.endswith("3") else syllable
