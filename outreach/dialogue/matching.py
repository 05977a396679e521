"""What was heard (or written), against what was offered: which one was meant? Tolerant of accents; pure.

Three steps, surest first: the words themselves; one of them inside more words ("我想听招聘"), unless turned
round by a negator ("不要报名"); the one that sounds nearest, tone ignored, by the accent of the caller's
county. ACCEPTED and MARGIN are judgement, not measured on callers; tests/dialogue/test_matching.py holds
cases.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from outreach.dialogue.accent import FILLERS, NEGATORS, NEUTRAL
from outreach.dialogue.sound import Tokens, distance, syllables, tokens

ACCEPTED = 0.34
"""Nearest phrase at most this far: of three syllables one may be wrong."""
MARGIN = 0.25
"""And the next value's phrases at least this much farther."""
PLAUSIBLE = 0.45
"""Farther than this, asking "was it …?" would be guessing."""
REACH = 4
"""Tokens over which a negator reaches: 不想要听招聘."""


@dataclass(frozen=True, slots=True)
class Accept:
    """This value was meant."""

    value: Any


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Probably this value; ``phrase`` is the offered one that came nearest."""

    value: Any
    phrase: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """None of what was offered."""


Match = Accept | ReadBack | Nothing


@dataclass(frozen=True, slots=True)
class _Offer:
    value: Any
    phrase: str
    tokens: Tokens


def match(text: str, offered: Sequence[tuple[object, Sequence[str]]], county: str | None) -> Match:
    """Which of ``offered`` (value, its phrases) ``text`` means. ``county`` None: any accent of the four."""
    offers = [_Offer(value, phrase, tokens(phrase)) for value, phrases in offered for phrase in phrases]
    heard = tokens(text)
    for offer in offers:
        if heard and offer.tokens == heard:
            return Accept(offer.value)
    for idiom in NEUTRAL:
        if all(idiom not in offer.phrase for offer in offers):
            text = text.replace(idiom, " ")
    heard = tokens(text)
    if not heard:
        return Nothing()
    found = [place for offer in offers for place in _places(offer, heard)]
    return _inside(found, heard) or _nearest(heard, offers, county)


def near_pairs(phrases: Sequence[str], county: str | None = None) -> list[tuple[str, str, float]]:
    """Every two of ``phrases`` that sound too much alike to be told apart, with their distance (0: the same).

    ``county`` None: to a speaker of any of the four counties. For the lint over menus.
    """
    measured = ((a, b, distance(tokens(a), tokens(b), county)) for a, b in combinations(phrases, 2))
    return [(a, b, round(apart, 3)) for a, b, apart in measured if apart < MARGIN]


# --- Words inside words -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the heard tokens an offer stands."""

    offer: _Offer
    start: int
    end: int


def _places(offer: _Offer, heard: Tokens) -> Iterator[_Place]:
    size = len(offer.tokens)
    if size == 0:
        return
    for start in range(len(heard) - size + 1):
        if heard[start : start + size] == offer.tokens:
            yield _Place(offer, start, start + size)


def _inside(found: Sequence[_Place], heard: Tokens) -> Match | None:
    """The longest of ``found`` that is not turned round; read back when there is any reason for doubt.

    None: nothing to go by, so its sound may still tell.
    """
    free = [place for place in found if not _covered(place, found) and not _by_chance(place, found, heard)]
    if not free:
        return None
    meant = [place for place in free if not _negated(place, heard)]
    if not meant:
        return Nothing()
    best = max(meant, key=lambda place: (place.end - place.start, place.start))
    taken = {index for place in meant for index in range(place.start, place.end)}
    doubtful = any(token in NEGATORS for index, token in enumerate(heard) if index not in taken)
    if doubtful or any(place.offer.value != best.offer.value for place in meant):
        return ReadBack(best.offer.value, best.offer.phrase)
    return Accept(best.offer.value)


def _covered(place: _Place, found: Sequence[_Place]) -> bool:
    """By a longer one: 对 in 不对."""
    size = place.end - place.start
    return any(o.start <= place.start and o.end >= place.end and o.end - o.start > size for o in found)


def _negated(place: _Place, heard: Tokens) -> bool:
    return any(token in NEGATORS for token in heard[max(0, place.start - REACH) : place.start])


def _by_chance(place: _Place, found: Sequence[_Place], heard: Tokens) -> bool:
    """One syllable proves nothing amid other words (停 in 停车场); with fillers, or repeated, it does."""
    if place.end - place.start > 1:
        return False
    same = {other.start for other in found if other.offer.value == place.offer.value}
    rest = [token for index, token in enumerate(heard) if index not in same]
    return not all(token in FILLERS for token in rest)


# --- Sound --------------------------------------------------------------------------------------------------


def _nearest(heard: Tokens, offers: Sequence[_Offer], county: str | None) -> Match:
    variants = _without_fillers(heard)
    measured = [
        (min(distance(variant, offer.tokens, county) for variant in variants), offer)
        for offer in offers
        if offer.tokens and not _turned(heard, offer.tokens)
    ]
    measured.sort(key=lambda entry: entry[0])
    if not measured or measured[0][0] > PLAUSIBLE:
        return Nothing()
    nearest, best = measured[0]
    rival = next((apart for apart, offer in measured if offer.value != best.value), 1.0)
    if nearest <= ACCEPTED and rival - nearest >= MARGIN:
        return Accept(best.value)
    return ReadBack(best.value, best.phrase)


def _without_fillers(heard: Tokens) -> set[Tokens]:
    """``heard`` less none, some, all of the fillers at its ends: 找 may belong to the word after it."""
    inner = [index for index, token in enumerate(heard) if token not in FILLERS]
    if not inner:
        return {heard}
    return {heard[a:b] for a in range(inner[0] + 1) for b in range(inner[-1] + 1, len(heard) + 1)}


def _turned(heard: Tokens, offered: Tokens) -> bool:
    """Whether one says no where the other does not: 不报名 sounds like 报名 and means the opposite."""
    asked = {NEGATORS[token] for token in offered if token in NEGATORS}
    if not asked:
        return any(token in NEGATORS for token in heard)
    return not asked <= {syllable for token in heard for syllable in syllables((token,))}
