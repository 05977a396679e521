"""What a training session and a registration are, what state they are in, and how both are worded. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from outreach.delivery import policy
from outreach.dialogue.page import Phrase, Words
from outreach.services.places import LOCAL, today

State = Literal["waiting", "offered", "registered", "cancelled", "lapsed", "attended", "absent"]

ACTIVE: tuple[State, ...] = ("waiting", "offered", "registered")
"""States in which a person still counts on the session, or the session on them."""
ANSWER_WITHIN = timedelta(hours=24)
"""How long an offered seat is held; the next in line waits as long."""
LEAST_TO_ANSWER = timedelta(hours=3)
"""Before a session begins, a seat is offered no later than this: it takes time to answer, and to come."""
REMINDED_DAYS = (7, 1)
REMINDED_AT = time(10)
"""Days before the first one, and the hour in Wuwei, within the hours of calls and texts."""


@dataclass(frozen=True, slots=True)
class Session:
    """One course held once, as it is published. ``begins``: "HH:MM" on the first day, Asia/Shanghai."""

    id: int
    name: str
    content: str
    audience: str
    material: str
    papers: str
    fee: str
    certificate: str
    county: str
    place: str
    transport: str
    board: str
    starts_on: date
    ends_on: date
    begins: str
    hours: str
    seats: int
    waiting_places: int
    deadline_on: date
    contact: str
    phone: str
    certificate_place: str | None
    certificate_until: date | None
    cancelled_at: datetime | None

    @property
    def starts_at(self) -> datetime:
        """When it begins."""
        return datetime.combine(self.starts_on, time.fromisoformat(self.begins), LOCAL)

    def offered(self, now: datetime) -> bool:
        """May people still register?"""
        return self.cancelled_at is None and today(now) <= self.deadline_on and now < self.starts_at

    def to_come(self, now: datetime) -> bool:
        """Will it still begin?"""
        return self.cancelled_at is None and now < self.starts_at


@dataclass(frozen=True, slots=True)
class Registration:
    """One person's place in a session, or in the line for one. ``ahead``: how many wait before them."""

    session_id: int
    person_id: int
    state: State
    offer_until: datetime | None
    confirmed_at: datetime | None
    collected_at: datetime | None
    ahead: int


# --- When something is due ------------------------------------------------------------------------------------


def reminders(session: Session, now: datetime) -> tuple[datetime, ...]:
    """The moments at which somebody who is registered is reminded, those still to come."""
    days = (session.starts_on - timedelta(days=before) for before in REMINDED_DAYS)
    moments = (datetime.combine(day, REMINDED_AT, LOCAL) for day in days)
    return tuple(moment for moment in moments if moment > now)


def offer_until(session: Session, now: datetime) -> datetime | None:
    """Until when a seat that is offered now is held; None when it is too late to offer one.

    The time to answer runs from when they can be told of it: nobody's night is counted, and no festival.
    """
    told_at = policy.opening("sms", policy.REMINDERS, now)
    if told_at is None or not session.to_come(now):
        return None
    until = min(told_at + ANSWER_WITHIN, session.starts_at)
    return until if until - told_at >= LEAST_TO_ANSWER else None


def to_confirm(session: Session, registration: Registration, now: datetime) -> bool:
    """Is there an answer missing: from a week before, and once more from the day before?"""
    days = (session.starts_on - today(now)).days
    if registration.state != "registered" or not session.to_come(now) or days > REMINDED_DAYS[0]:
        return False
    if registration.confirmed_at is None:
        return True
    confirmed = (session.starts_on - today(registration.confirmed_at)).days
    return days <= REMINDED_DAYS[1] < confirmed


def status(session: Session, registration: Registration, now: datetime) -> str:
    """What its owner is told: one of the prompts ``training.mine.state.<status>``."""
    match registration.state:
        case "attended" if registration.collected_at is not None:
            return "collected"
        case "attended":
            return _certificate(session, now)
        case "registered" | "waiting" | "offered" if session.cancelled_at is not None:
            return "called_off"
        case "offered" if registration.offer_until is not None and registration.offer_until <= now:
            return "lapsed"
        case "registered" | "waiting" | "offered" if not session.to_come(now):
            return "begun" if registration.state == "registered" else "missed"
        case "registered" if to_confirm(session, registration, now):
            return "to_confirm"
        case "registered" if registration.confirmed_at is not None:
            return "confirmed"
    return registration.state


def _certificate(session: Session, now: datetime) -> str:
    if session.certificate_until is None:
        return "attended" if session.certificate else "finished"
    return "ready" if today(now) <= session.certificate_until else "late"


URGENCY = ("offered", "ready", "to_confirm")
"""Statuses heard first among one's own: those with something to answer or to fetch, and a last day for it."""


def urgency(session: Session, registration: Registration, now: datetime) -> tuple[int, int]:
    """The order in which one's own are heard: the urgent, then what comes soonest, then the past, latest first."""
    told, days = status(session, registration, now), (session.starts_on - today(now)).days
    if told in URGENCY:
        return URGENCY.index(told), days
    return (len(URGENCY), days) if days >= 0 else (len(URGENCY) + 1, -days)


# --- Wording --------------------------------------------------------------------------------------------------

DETAILS = ("hours", "content", "audience", "material", "papers", "fee", "board", "transport", "certificate")
"""Fields said after the headline, in this order, each by its own prompt ``training.item.<field>``, where not empty."""


def day(say: Words, wanted: date) -> str:
    """ "11月30日星期一"."""
    weekday = say(f"training.weekday.{wanted.isoweekday()}").text
    return say("training.day", month=wanted.month, day=wanted.day, weekday=weekday).text


def when(say: Words, session: Session) -> str:
    """Its day, or its first and last."""
    first = day(say, session.starts_on)
    if session.ends_on == session.starts_on:
        return first
    return say("training.days", first=first, last=day(say, session.ends_on)).text


def moment(say: Words, at: datetime) -> str:
    """Day and time of day: "11月30日星期一8:30"."""
    local = at.astimezone(LOCAL)
    clock = f"{local.hour}:{local.minute:02}"
    return say("training.moment", day=day(say, local.date()), clock=clock).text


def deadline(say: Words, at: datetime) -> str:
    """The same, rounded down to the hour: nobody is promised more time than they have."""
    return moment(say, at.astimezone(LOCAL).replace(minute=0))


def place(say: Words, session: Session) -> str:
    """County and place."""
    return say("training.place", county=say(f"county.{session.county}").text, place=session.place).text


def headline(say: Words, session: Session) -> tuple[Phrase, ...]:
    """What, when, where: decides whether the caller listens on."""
    return (
        say("training.item.name", name=session.name),
        say("training.item.when", when=when(say, session)),
        say("training.item.place", place=place(say, session)),
    )


def room(say: Words, session: Session, free: int, waiting: int) -> Phrase:
    """Are there seats, or how many wait for one?"""
    if free:
        return say("training.item.free", n=free)
    if waiting:
        return say("training.item.waiting", n=waiting)
    return say("training.item.full" if session.waiting_places else "training.item.no_room")


def details(say: Words, session: Session) -> tuple[Phrase, ...]:
    """All the rest, the deadline and the telephone number last."""
    told = [
        say(f"training.item.{name}", value=value) for name in DETAILS if (value := getattr(session, name))
    ]
    until = say("training.item.until", day=day(say, session.deadline_on))
    return (*told, until, *numbers(say, session))


def numbers(say: Words, session: Session) -> tuple[Phrase, ...]:
    """Whom to ring."""
    contact = session.contact or say("training.item.office").text
    return (say("training.item.phone", contact=contact, phone=session.phone),)


def slowly(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """The same twice, at the slowest speed (key 7)."""
    slow = tuple(Phrase(phrase.key, phrase.text, slow=True) for phrase in phrases)
    return (*slow, *slow)


def summary(say: Words, session: Session) -> str:
    """A text message with all one needs to get there."""
    return say(
        "training.text",
        name=session.name,
        when=when(say, session),
        hours=session.hours or session.begins,
        place=place(say, session),
        papers=session.papers or say("training.text.no_papers").text,
        contact=session.contact or say("training.item.office").text,
        phone=session.phone,
    ).text


KEYED = ("registered", "to_confirm", "confirmed", "waiting", "offered")
"""Statuses that a key of the person's own list changes."""


def told(
    say: Words, session: Session, registration: Registration, now: datetime, *, keys: bool = True
) -> Phrase:
    """How it stands with one's own registration, and (``keys``) that key 2 changes it."""
    found = status(session, registration, now)
    group = "stands" if found in KEYED and not keys else "state"
    key = f"training.mine.{group}.{found}"
    match key.rpartition(".")[2]:
        case "waiting":
            return say(key, n=registration.ahead + 1)
        case "offered" if registration.offer_until is not None:
            return say(key, until=deadline(say, registration.offer_until))
        case "ready" if session.certificate_place and session.certificate_until:
            return say(key, place=session.certificate_place, until=day(say, session.certificate_until))
    return say(key)
