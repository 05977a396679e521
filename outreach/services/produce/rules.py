"""An offer and how it is worded; whose telephone is told to whom. Pure."""

from dataclasses import dataclass
from datetime import date

from outreach.dialogue.page import Phrase, Words

KINDS = ("grain", "vegetables", "livestock", "handicraft", "other")
OFFERED_DAYS = 60
"""How long an offer is heard, unless a counselor says otherwise: about a season."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is heard. Empty fields: all."""

    county: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something for sale. ``phone``: the seller's, None unless they agreed that buyers hear it and still do."""

    id: int
    person_id: int
    kind: str
    county: str
    words: str
    state: str
    expires_on: date | None
    phone: str | None

    def offered(self, today: date) -> bool:
        """May buyers still hear of it?"""
        return self.state == "offered" and self.expires_on is not None and self.expires_on >= today


def headline(say: Words, offer: Offer) -> tuple[Phrase, ...]:
    """Where, what sort, and what a counselor wrote of it."""
    county, kind = say(f"county.{offer.county}").text, say(f"produce.kind.{offer.kind}.name").text
    return say("produce.item", county=county, kind=kind), say("produce.words", words=offer.words)


def contact(say: Words, offer: Offer) -> tuple[Phrase, ...]:
    """The seller's number, for whom it may be told; it is theirs, so it is rendered for this caller only."""
    if offer.phone is None:
        return ()
    told = say("produce.phone", phone=local(offer.phone))
    return (Phrase(told.key, told.text, personal=True),)


def slowly(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """The same twice, at the slowest speed."""
    slow = tuple(Phrase(phrase.key, phrase.text, slow=True, personal=True) for phrase in phrases)
    return (*slow, *slow)


def local(number: str) -> str:
    """As it is dialled in China: +8613893500001 is 13893500001, +869352212345 is 09352212345."""
    national = number.removeprefix("+86")
    return national if national.startswith("1") and len(national) == 11 else f"0{national}"


def text(say: Words, offer: Offer) -> str:
    """The offer as a text message, with the number where it may be told."""
    county = say(f"county.{offer.county}").text
    ring = say("produce.phone", phone=local(offer.phone)).text if offer.phone else say("produce.ask").text
    return say("produce.text", county=county, words=offer.words, ring=ring).text
