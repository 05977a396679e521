"""A screen's phrases to clips of sound: what is one recording, what is cut into sentences, how fast each is. Pure."""

from collections.abc import Iterable, Iterator

from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompts
from outreach.speech.clips import Clip
from outreach.speech.spoken import sentences

SLOWEST = 1


def clips(
    phrases: Iterable[Phrase], prompts: Prompts, speed: int, recorded: frozenset[str]
) -> Iterator[Clip]:
    """The clips of ``phrases`` in order. ``recorded``: keys that have a recording in this language.

    A recording stands for a whole prompt; everything else is cut at sentence ends, so that going on after a pause
    or a cough starts with the sentence that was cut short, and equal sentences are rendered once.
    """
    for phrase in phrases:
        pace = SLOWEST if phrase.slow else speed
        if phrase.key in recorded and is_whole(phrase, prompts):
            yield Clip(phrase.key, phrase.text, prompts.language, pace, recording=True)
            continue
        for sentence in sentences(phrase.text):
            yield Clip(phrase.key, sentence, prompts.language, pace, personal=phrase.personal)


def is_whole(phrase: Phrase, prompts: Prompts) -> bool:
    """Is this the full wording of a prompt without slots? Then a person may have recorded it."""
    prompt = prompts.entries.get(phrase.key)
    return prompt is not None and not prompt.slots() and phrase.text != prompt.brief
