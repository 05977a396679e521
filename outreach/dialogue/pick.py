"""A kind of page: one of what there is now, be it services, days or times. Four at a time; key 5 leads to the rest.

What there is, is worked out once, on arrival, and kept: the caller's "2" means what "2" was when it was spoken.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from outreach.dialogue.kinds import Lead, nothing
from outreach.dialogue.matching import near_pairs
from outreach.dialogue.page import Choice, Data, JSONValue, Move, Phrase, Screen, Stay, Turn

EACH = 4
ORDINALS = ("pick.first", "pick.second", "pick.third", "pick.last")
"""What the choices can be called whatever they are; the last is the last of those just heard. 第四个 is not among
them: it sounds like 第一个 and 第三个 to somebody in one of the counties."""

Label = tuple[str, tuple[str, ...]]
"""What a choice is called, and words that may be said for it: those that sound like another's on the same screen
are left out, and its ordinal is still there."""


@dataclass(frozen=True, slots=True)
class Pick:
    """``find`` gives ``{"found": [...]}`` and whatever else is kept, or leads elsewhere when there is nothing."""

    name: str
    find: Callable[[Turn], Data | Move]
    label: Callable[[Turn, JSONValue], Label]
    take: Callable[[Turn, JSONValue], Move]
    lead: Lead = nothing

    def enter(self, turn: Turn) -> Data | Move:
        """From the first, as of now."""
        found = self.find(turn)
        return {**turn.data, "from": 0, **found} if isinstance(found, Mapping) else found

    def show(self, turn: Turn) -> Screen:
        """The question, then up to four of them, each with its key, and the way to the rest."""
        found: Sequence[JSONValue] = turn.data["found"]
        since: int = turn.data["from"]
        labels = [self.label(turn, value) for value in found[since : since + EACH]]
        words = _apart(tuple(said for _, said in labels))
        choices, spoken = [], []
        for at, (label, _) in enumerate(labels):
            last = at + 1 == len(labels) and len(labels) > 1
            ordinal = turn.say.words(ORDINALS[-1] if last else ORDINALS[at])
            choices.append(Choice(str(at + 1), since + at, (*words[at], *ordinal)))
            spoken.append(_spoken(turn, str(at + 1), label))
        if len(found) > EACH:
            more = "pick.more" if since + EACH < len(found) else "pick.again"
            key = str(len(labels) + 1)
            choices.append(Choice(key, "more", turn.say.words(more)))
            spoken.append(_spoken(turn, key, turn.say(more).text))
        phrases = (*self.lead(turn), turn.say(self.name), *spoken)
        return Screen(tuple(phrase for phrase in phrases if phrase.text), choices=tuple(choices))

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """On to the rest (and round to the first again), or take one."""
        found, since = turn.data["found"], turn.data["from"]
        if value == "more":
            return Stay({"from": since + EACH if since + EACH < len(found) else 0})
        return self.take(turn, found[value])

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


def _spoken(turn: Turn, key: str, label: str) -> Phrase:
    return Phrase("menu.choice", turn.say("menu.choice", label=label, key=key).text)


@lru_cache(maxsize=1024)
def _apart(words: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The same words, without those that two of the choices share or that sound alike."""
    owned = {(at, word) for at, own in enumerate(words) for word in own}
    every = sorted({word for _, word in owned})
    near = {frozenset(pair[:2]) for pair in near_pairs(every)}

    def unclear(at: int, word: str) -> bool:
        return any(other != at and (twin == word or frozenset((word, twin)) in near) for other, twin in owned)

    return tuple(tuple(word for word in own if not unclear(at, word)) for at, own in enumerate(words))
