"""Text as written into words to be spoken: the text rules in front of every synthesiser.

No engine knowledge here: how one engine mispronounces a word is its backend's business
(``pronunciation.py``).
"""

from outreach.speech.spoken.english import english
from outreach.speech.spoken.mandarin import mandarin
from outreach.speech.spoken.sentences import sentences

RULES_VERSION = 2
"""Raise it with every change of the rules: it is part of each cached clip's key."""

__all__ = ["RULES_VERSION", "sentences", "spoken"]


def spoken(text: str, language: str) -> str:
    """``text`` in words a synthesiser of ``language`` (BCP 47) can say. Never raises.

    zh-CN: nothing but Chinese characters and 。！？；，、 comes out (so what cannot be said, such as an emoji
    or Tibetan script, is left out); applying it twice changes nothing. en: numbers that would be misread, in
    words. Any other language: the text as it is.
    """
    match language.partition("-")[0].lower():
        case "zh":
            return mandarin(text)
        case "en":
            return english(text)
        case _:
            return text
