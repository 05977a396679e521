"""What an event is, when something about it is due, and how it is worded. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outreach.dialogue.page import Phrase, Words
from outreach.services.places import LOCAL, today

REMINDED_DAYS = (3, 1)
REMINDED_AT = time(10)
"""Days before the first one, and the hour in Wuwei, within the hours of calls and texts."""
DETAILS = ("hours", "content", "transport", "bring")
"""Fields said after the headline, in this order, each by its own prompt ``events.item.<field>``, where not empty."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that takes place. ``begins``: "HH:MM", Asia/Shanghai. ``places`` None: everybody may come."""

    id: int
    kind: str
    name: str
    county: str
    place: str
    transport: str
    starts_on: date
    ends_on: date
    begins: str
    hours: str
    content: str
    bring: str
    places: int | None
    contact: str
    phone: str
    cancelled_at: datetime | None

    @property
    def starts_at(self) -> datetime:
        """When it begins."""
        return datetime.combine(self.starts_on, time.fromisoformat(self.begins), LOCAL)

    def to_come(self, now: datetime) -> bool:
        """Will it still begin? Until then people may sign up."""
        return self.cancelled_at is None and now < self.starts_at


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody comes, or came forward and withdrew."""

    event_id: int
    person_id: int
    coming: bool
    confirmed_at: datetime | None


def reminders(event: Event, now: datetime) -> tuple[datetime, ...]:
    """The moments at which somebody who comes is reminded, those still to come."""
    days = (event.starts_on - timedelta(days=before) for before in REMINDED_DAYS)
    moments = (datetime.combine(day, REMINDED_AT, LOCAL) for day in days)
    return tuple(moment for moment in moments if moment > now)


def status(event: Event, sign_up: SignUp, now: datetime) -> str:
    """What its owner is told: one of the prompts ``events.mine.state.<status>``."""
    if not sign_up.coming:
        return "withdrawn"
    if event.cancelled_at is not None:
        return "called_off"
    if not event.to_come(now):
        return "begun" if today(now) <= event.ends_on else "over"
    return "confirmed" if sign_up.confirmed_at is not None else "coming"


# --- Wording --------------------------------------------------------------------------------------------------


def day(say: Words, wanted: date) -> str:
    """ "11月30日星期一"."""
    weekday = say(f"events.weekday.{wanted.isoweekday()}").text
    return say("events.day", month=wanted.month, day=wanted.day, weekday=weekday).text


def when(say: Words, event: Event) -> str:
    """Its day and hour, or its first and last day."""
    first = day(say, event.starts_on)
    if event.ends_on != event.starts_on:
        return say("events.days", first=first, last=day(say, event.ends_on)).text
    return say("events.moment", day=first, clock=event.begins.removeprefix("0")).text


def headline(say: Words, event: Event) -> tuple[Phrase, ...]:
    """What, when, where: decides whether the caller listens on."""
    return (
        say("events.item.name", kind=say(f"events.kind.{event.kind}").text, name=event.name),
        say("events.item.when", when=when(say, event)),
        where(say, event),
    )


def where(say: Words, event: Event) -> Phrase:
    """County and place."""
    return say("events.item.place", county=say(f"county.{event.county}").text, place=event.place)


def details(say: Words, event: Event) -> tuple[Phrase, ...]:
    """All the rest, the telephone number last."""
    found = (say(f"events.item.{name}", value=value) for name in DETAILS if (value := getattr(event, name)))
    return (*found, *numbers(say, event))


def numbers(say: Words, event: Event) -> tuple[Phrase, ...]:
    """Whom to ring."""
    contact = event.contact or say("events.item.office").text
    return (say("events.item.phone", contact=contact, phone=event.phone),)


def slowly(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """The same twice, at the slowest speed (key 7)."""
    slow = tuple(Phrase(phrase.key, phrase.text, slow=True) for phrase in phrases)
    return (*slow, *slow)


def summary(say: Words, event: Event) -> str:
    """A text message with all one needs to get there."""
    contact = event.contact or say("events.item.office").text
    place = where(say, event).text
    return say(
        "events.text", name=event.name, when=when(say, event), place=place, contact=contact, phone=event.phone
    ).text
