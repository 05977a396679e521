"""How days, times, providers and bookings are said. Pure, but for the rows it is given."""

from datetime import date, datetime

from outreach.dialogue.page import Phrase, Words
from outreach.services.bookings import rules
from outreach.services.bookings.store import Booking, Provider, Service
from outreach.services.places import LOCAL, today

NEAR_DAYS = 3
"""今天, 明天, 后天; other days by their date."""
SPOKEN_HOURS = range(7, 21)
"""Of starts that may be said: "九点", "九点半". There is a prompt for each."""


def day(say: Words, wanted: date, now: datetime) -> str:
    """ "明天", or "11月30日星期一"."""
    ahead = (wanted - today(now)).days
    if 0 <= ahead < NEAR_DAYS:
        return say(f"bookings.day.{ahead}").text
    weekday = say(f"bookings.weekday.{wanted.isoweekday()}").text
    return say("bookings.day", month=wanted.month, day=wanted.day, weekday=weekday).text


def day_words(say: Words, wanted: date, now: datetime) -> tuple[str, ...]:
    """What may be said for a day."""
    ahead = (wanted - today(now)).days
    weekday = say.words(f"bookings.weekday.{wanted.isoweekday()}")
    return (*say.words(f"bookings.day.{ahead}"), *weekday) if 0 <= ahead < NEAR_DAYS else weekday


def clock(say: Words, at: datetime) -> str:
    """ "上午9:00", "下午2:30": as people say the time, in twelve hours."""
    local = at.astimezone(LOCAL)
    part = "noon" if local.hour == 12 else rules.half(at).part
    return say(f"bookings.clock.{part}", time=f"{(local.hour - 1) % 12 + 1}:{local:%M}").text


def clock_words(say: Words, at: datetime) -> tuple[str, ...]:
    """What may be said for a start on the full or half hour of the day."""
    local = at.astimezone(LOCAL)
    if local.hour not in SPOKEN_HOURS or local.minute not in (0, 30):
        return ()
    return say.words(f"bookings.at.{local.hour}" if not local.minute else f"bookings.at.{local.hour}_half")


def moment(say: Words, at: datetime, now: datetime) -> str:
    """Day and time."""
    local = at.astimezone(LOCAL)
    return say("bookings.moment", day=day(say, local.date(), now), clock=clock(say, at)).text


def date_and_time(say: Words, at: datetime) -> str:
    """The same by its date, for a message that is read on another day."""
    local = at.astimezone(LOCAL)
    weekday = say(f"bookings.weekday.{local.isoweekday()}").text
    dated = say("bookings.day", month=local.month, day=local.day, weekday=weekday).text
    return say("bookings.moment", day=dated, clock=clock(say, at)).text


def stretch(say: Words, starts_at: datetime, minutes: int, now: datetime) -> str:
    """From when to when."""
    until = rules.cells(starts_at, minutes + rules.CELL_MINUTES)[-1]
    return say("bookings.stretch", start=moment(say, starts_at, now), end=clock(say, until)).text


def service(say: Words, what: Service) -> str:
    """Name, how long, what it costs."""
    if what.price:
        return say("bookings.service.priced", name=what.name, n=what.minutes, price=what.price).text
    return say("bookings.service.plain", name=what.name, n=what.minutes).text


def place(say: Words, provider: Provider) -> str:
    """Where one goes, or that they come."""
    if provider.visits:
        return say("bookings.at_home").text
    county = say(f"county.{provider.county}").text
    return say("bookings.place_in", county=county, place=provider.place).text


def where(say: Words, booking: Booking) -> Phrase:
    """Where it takes place: theirs, or the person's, where that is known."""
    if booking.provider.visits and booking.place:
        return say("bookings.visit_to", place=booking.place)
    return say("bookings.item.place", place=place(say, booking.provider))


def phone(say: Words, provider: Provider) -> Phrase:
    """Whom to ring."""
    return say("bookings.item.phone", name=provider.name, phone=provider.phone)


def headline(say: Words, booking: Booking, now: datetime) -> tuple[Phrase, ...]:
    """When, what, with whom."""
    return (
        say("bookings.item.moment", moment=moment(say, booking.starts_at, now)),
        say("bookings.item.service", provider=booking.provider.name, service=booking.service.name),
        say("bookings.item.worker", name=booking.worker.name),
    )


def details(say: Words, booking: Booking, now: datetime) -> tuple[Phrase, ...]:
    """All there is to say of a booking."""
    place_missing = booking.provider.visits and not booking.place
    missing = (say("bookings.item.no_place"),) if place_missing else ()
    told = say("bookings.item.details", service=service(say, booking.service))
    return (*headline(say, booking, now), told, where(say, booking), *missing, phone(say, booking.provider))


def summary(say: Words, booking: Booking) -> str:
    """As one text message: by its date, for it may be read on another day."""
    return say(
        "bookings.text",
        moment=date_and_time(say, booking.starts_at),
        provider=booking.provider.name,
        service=booking.service.name,
        worker=booking.worker.name,
        place=booking.place or place(say, booking.provider),
        phone=booking.provider.phone,
    ).text


def slowly(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """The same twice, at the slowest speed (key 7)."""
    slow = tuple(Phrase(phrase.key, phrase.text, slow=True) for phrase in phrases)
    return (*slow, *slow)
