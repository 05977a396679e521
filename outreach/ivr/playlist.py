"""A screen's phrases to clips of sound: what is one recording, what is cut into sentences, how fast each is. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompts
from outreach.speech.clips import Clip
from outreach.speech.mulaw import silence
from outreach.speech.spoken import sentences

SLOWEST = 1
MANDARIN: Final = "zh-CN"
HANZI: Final = re.compile("([\u3400-\u4dbf\u4e00-\u9fff]+[^\\w#*]*)")
SAYABLE: Final = re.compile(r"[\w#*]")
SENTENCE_PAUSE_SECONDS, COMMA_PAUSE_SECONDS = 0.35, 0.15
"""Silence after a clip at normal speed, as people read aloud; clips themselves come without any."""
PACE: Mapping[int, float] = {1: 1.4, 2: 1.2, 3: 1.0, 4: 0.8, 5: 0.6, 6: 0.5}
"""Pauses shrink less than speech does: at high speed they are what is left to find one's place by."""


def clips(
    phrases: Iterable[Phrase], prompts: Prompts, speed: int, recorded: frozenset[str]
) -> Iterator[Clip]:
    """The clips of ``phrases`` in order. ``recorded``: keys that have a recording in this language.

    A recording stands for a whole prompt; everything else is cut at sentence ends, so that going on after a pause
    or a cough starts with the sentence that was cut short, and equal sentences are rendered once.
    """
    for phrase in phrases:
        pace = SLOWEST if phrase.slow else speed
        if phrase.sound:
            yield Clip(phrase.key, phrase.text, prompts.language, pace, personal=True, sound=phrase.sound)
            continue
        if phrase.key in recorded and is_whole(phrase, prompts):
            yield Clip(phrase.key, phrase.text, prompts.language, pace, recording=True)
            continue
        for sentence in sentences(phrase.text):
            for piece, language in voices(sentence, prompts.language):
                yield Clip(phrase.key, piece, language, pace, personal=phrase.personal)


def voices(sentence: str, language: str) -> Iterator[tuple[str, str]]:
    """``sentence`` for the voices it needs: Chinese names in another language are read by the Mandarin voice.

    A piece that others follow ends with a blank; the punctuation behind a name goes with it.
    """
    if language == MANDARIN or not HANZI.search(sentence):
        yield sentence, language
        return
    pieces = [piece for piece in HANZI.split(sentence) if SAYABLE.search(piece)]
    for at, piece in enumerate(pieces, 1):
        written = piece.strip() + (" " if at < len(pieces) else "")
        yield written, MANDARIN if HANZI.match(piece) else language


def pause_after(clip: Clip) -> bytes:
    """The silence that belongs behind a clip, as mu-law."""
    seconds = (
        COMMA_PAUSE_SECONDS
        if clip.text.endswith(
            ("，", "、", "：", ",", ":", " ")
        )  # a blank: in mid-sentence another voice follows
        else SENTENCE_PAUSE_SECONDS
    )
    return silence(seconds * PACE[clip.speed])


def is_whole(phrase: Phrase, prompts: Prompts) -> bool:
    """Is this the full wording of a prompt without slots? Then a person may have recorded it."""
    prompt = prompts.entries.get(phrase.key)
    return prompt is not None and not prompt.slots() and phrase.text != prompt.brief
