"""What a listing is made of and how it is worded; who is told of a new one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from outreach.dialogue.page import Phrase, Words
from outreach.services.places import LOCAL

KIND_GROUPS: Mapping[str, tuple[str, ...]] = {
    "massage": ("massage",),
    "hospital": ("hospital",),
    "public": ("public",),
    "other": ("factory", "farm", "service", "online", "supported"),
    "": (),
}
"""Kinds as callers choose them, four and "all": five keys. Empty: every kind."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which openings are heard. Empty fields: all."""

    county: str = ""
    group: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The schema's kinds that the group stands for."""
        return KIND_GROUPS[self.group]


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening as it is published."""

    id: int
    title: str
    employer: str
    kind: str
    county: str
    place: str
    places: int
    pay: str
    shifts: str
    lodging: str
    requirements: str
    access: str
    exam: str
    contact: str
    phone: str
    published_at: datetime
    expires_on: date
    filled_at: datetime | None

    def offered(self, today: date) -> bool:
        """May it still be offered?"""
        return self.filled_at is None and self.expires_on >= today


@dataclass(frozen=True, slots=True)
class Application:
    """One application, as its owner hears of it."""

    opening_id: int
    title: str
    employer: str
    state: str
    created_at: datetime


DETAILS = ("shifts", "lodging", "requirements", "access", "exam")
"""Fields said after the headline, in this order, each by its own prompt ``jobs.item.<field>``, where not empty."""


def headline(say: Words, opening: Opening) -> tuple[Phrase, ...]:
    """Who wants whom, where, and for how much: what decides whether the caller listens on."""
    county = say(f"county.{opening.county}").text
    return (
        say("jobs.item.headline", employer=opening.employer, title=opening.title, n=opening.places),
        say("jobs.item.place", county=county, place=opening.place),
        say("jobs.item.pay", pay=opening.pay),
    )


def details(say: Words, opening: Opening) -> tuple[Phrase, ...]:
    """All the rest, the deadline and the telephone number last."""
    told = [say(f"jobs.item.{name}", value=value) for name in DETAILS if (value := getattr(opening, name))]
    until = say("jobs.item.until", month=opening.expires_on.month, day=opening.expires_on.day)
    return (*told, until, *numbers(say, opening))


def numbers(say: Words, opening: Opening) -> tuple[Phrase, ...]:
    """Whom to ring, at the caller's own speed."""
    contact = opening.contact or say("jobs.item.office").text
    return (say("jobs.item.phone", contact=contact, phone=opening.phone),)


def slowly(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """The same twice, at the slowest speed (key 7)."""
    slow = tuple(Phrase(phrase.key, phrase.text, slow=True) for phrase in phrases)
    return (*slow, *slow)


def application(say: Words, found: Application, opening: Opening) -> tuple[Phrase, ...]:
    """What was applied for, when, and how it stands."""
    on = found.created_at.astimezone(LOCAL)
    what = {"employer": opening.employer, "title": opening.title, "month": on.month, "day": on.day}
    return say("jobs.application.what", **what), say(f"jobs.application.state.{found.state}")


def summary(say: Words, opening: Opening) -> str:
    """A text message with all one needs to ring: employer, work, pay, number."""
    county = say(f"county.{opening.county}").text
    return say(
        "jobs.text",
        employer=opening.employer,
        title=opening.title,
        county=county,
        place=opening.place,
        pay=opening.pay,
        contact=opening.contact or say("jobs.item.office").text,
        phone=opening.phone,
    ).text


def fits(wanted: Filter, opening: Opening) -> bool:
    """Is a new opening of the sort that somebody asked to be told of?"""
    return wanted.county in ("", opening.county) and (not wanted.kinds or opening.kind in wanted.kinds)
