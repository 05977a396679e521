"""Privacy: the notice, withdrawing, and hearing, correcting or erasing what is kept. Two keys from the main menu."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from outreach.dialogue.kinds import Article, Confirm, Menu, Option
from outreach.dialogue.page import (
    Back,
    Data,
    Effect,
    Goto,
    JSONValue,
    Later,
    Move,
    Page,
    Phrase,
    Text,
    Turn,
    Words,
)
from outreach.services.mine import household, settings, store
from outreach.services.places import LOCAL, today
from outreach.store import people
from outreach.store.schema import COUNTIES

Count = Callable[[Turn], int]

GRACE_DAYS = 7
"""Days in which one may think better of being erased: long enough to hear of it from whoever shares the telephone."""
ERASED_AT = time(23, 59)
TOLD_AT = time(10, 0)
"""On the day before, in the hours of texts."""

PRIVACY = Menu(
    "mine.privacy",
    (
        Option("1", "mine.privacy.withdraw", page="mine.withdraw"),
        Option("2", "mine.privacy.notice", page="mine.notice"),
        Option("3", "mine.privacy.kept", page="mine.kept"),
        Option("4", "mine.privacy.correct", page="mine.correct"),
        Option("5", "mine.privacy.erase", page="mine.erase"),
    ),
)


def kept_by_us(turn: Turn) -> Data | Move:
    """Nothing to do where nothing is kept."""
    return turn.data if turn.profile.person_id is not None else Back((turn.say("mine.withdraw.nothing"),))


def _withdraw(turn: Turn) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return Back((turn.say("mine.withdraw.nothing"),))
    for scope in people.consents(turn.db, person_id):
        people.withdraw(turn.db, person_id, scope, turn.now)
    turn.profile = replace(turn.profile, person_id=None)
    return Back((turn.say("mine.withdraw.done"),), steps=2)


WITHDRAW = Confirm(
    "mine.withdraw", ask=lambda turn: (turn.say("mine.withdraw"),), yes=_withdraw, prepare=kept_by_us
)


def _notice(turn: Turn) -> tuple[Phrase, ...]:
    return tuple(turn.say(f"mine.notice.{part}") for part in ("who", "what", "how_long", "rights"))


NOTICE = Article("mine.notice", _notice)

# --- What is kept ---------------------------------------------------------------------------------------------


def _day(turn: Turn, at: datetime) -> str:
    on = at.astimezone(LOCAL)
    return turn.say("mine.day", year=on.year, month=on.month, day=on.day).text


def _kept(turn: Turn, count: Count) -> Iterator[Phrase]:
    """Paragraph by paragraph; a number is never said in full."""
    say, person = turn.say, people.get(turn.db, turn.profile.person_id or 0)
    if person is None:
        yield say("mine.withdraw.nothing")
        return
    number = say("mine.kept.number", tail=person.phone[-4:]) if person.phone else say("mine.kept.no_number")
    yield Phrase(number.key, number.text, personal=True)
    yield from household.called(turn, person)
    yield (
        say("mine.kept.county", county=say(f"county.{person.county}").text)
        if person.county
        else say("mine.kept.no_county")
    )
    language = say("mine.language.english" if person.language == "en" else "mine.language.chinese").text
    yield say("mine.kept.sound", language=language, speed=person.speed)
    reached = settings.contact(turn)
    yield Phrase("mine.contact", "".join(phrase.text for phrase in reached))
    for agreed in store.agreed(turn.db, person.id):
        scope = say(f"mine.scope.{agreed.scope}").text
        yield say("mine.kept.agreed", day=_day(turn, agreed.at), scope=scope)
    yield say("mine.kept.own", n=count(turn))
    for kept in store.kept(turn.db, person.id, turn.now):
        what = say(f"mine.recording.{kept.purpose}").text
        told = "mine.kept.name" if kept.purpose == "name" else "mine.kept.recording"
        yield say(told, day=_day(turn, kept.at), what=what, until=_day(turn, kept.until))
    if person.erase_at:
        yield say("mine.erase.pending", day=_day(turn, person.erase_at))
    yield say("mine.kept.end")


# --- Correcting -----------------------------------------------------------------------------------------------

CORRECT = Menu(
    "mine.correct",
    (
        Option("1", "mine.correct.name", page="mine.name"),
        Option("2", "mine.correct.county", page="mine.county"),
        Option("3", "mine.correct.language", page="mine.language"),
        Option("4", "mine.correct.other", page="person.call"),
    ),
    prepare=kept_by_us,
)


def _county(turn: Turn, county: JSONValue) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return Back((turn.say("mine.withdraw.nothing"),))
    people.change(turn.db, person_id, county=county)
    turn.profile = replace(turn.profile, county=county)
    return Back((turn.say("mine.county.done", county=turn.say(f"county.{county}").text),))


COUNTY = Menu(
    "mine.county",
    tuple(Option(str(key), f"county.{name}", value=name) for key, name in enumerate(COUNTIES, 1)),
    choose=_county,
)

# --- Erasing --------------------------------------------------------------------------------------------------


def erase_at(now: datetime) -> datetime:
    """The end of the last day on which one may think better of it."""
    return datetime.combine(today(now) + timedelta(days=GRACE_DAYS), ERASED_AT, LOCAL)


def _prepare_erase(turn: Turn) -> Data | Move:
    person = people.get(turn.db, turn.profile.person_id or 0)
    if person is not None and person.erase_at is not None:
        return Goto("mine.stay", keep=False)
    return kept_by_us(turn)


def _erase(turn: Turn) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return Back((turn.say("mine.withdraw.nothing"),))
    at = erase_at(turn.now)
    people.erase_later(turn.db, person_id, at)
    turn.effects.extend(erasing(turn, person_id, at))
    return Back((turn.say("mine.erase.done", day=_day(turn, at)),))


def erasing(turn: Turn, person_id: int, at: datetime) -> Iterator[Effect]:
    """What follows the wish. A written answer is kept as it is; who speaks gets a text of it."""
    told = turn.profile.textable and turn.channel == "voice"
    return erasing_of(turn.say, person_id, at, told)


def erasing_of(say: Words, person_id: int, at: datetime, told: bool) -> Iterator[Effect]:
    """A text now, where they are to be ``told`` so, one the day before, the end. The words are in today's language."""
    on = at.astimezone(LOCAL)
    occasion, day = f"erase:{person_id}", say("mine.day", year=on.year, month=on.month, day=on.day).text
    planned = {"person": person_id, "at": at.timestamp()}
    if told:
        yield Text(f"{occasion}:asked:{at:%Y%m%d}", say("mine.erase.asked.text", day=day).text)
    told_at = datetime.combine(today(at) - timedelta(days=1), TOLD_AT, LOCAL)
    soon = {**planned, "words": say("mine.erase.soon.text", day=day).text}
    yield Later(occasion, "mine.erase_soon", soon, told_at)
    yield Later(occasion, "mine.erase", {**planned, "words": say("mine.erased.text").text}, at)


ERASE = Confirm(
    "mine.erase",
    ask=lambda turn: (turn.say("mine.erase", day=_day(turn, erase_at(turn.now))),),
    yes=_erase,
    no=lambda turn: Back((turn.say("mine.erase.not"),)),
    prepare=_prepare_erase,
)


def _pending(turn: Turn) -> tuple[Phrase, ...]:
    person = people.get(turn.db, turn.profile.person_id or 0)
    if person is None or person.erase_at is None:
        return (turn.say("mine.stay.done"),)
    return (turn.say("mine.erase.pending", day=_day(turn, person.erase_at)), turn.say("mine.stay"))


def _stay(turn: Turn) -> Move:
    if turn.profile.person_id is not None:
        people.stay(turn.db, turn.profile.person_id)
    return Back((turn.say("mine.stay.done"),))


STAY = Confirm(
    "mine.stay",
    ask=_pending,
    yes=_stay,
    no=lambda turn: Back((turn.say("mine.stay.not"),)),
    prepare=kept_by_us,
)


def pages(count: Count) -> tuple[Page, ...]:
    """All pages about privacy. ``count``: how many things are the caller's on all lines."""
    kept = Article("mine.kept", lambda turn: tuple(_kept(turn, count)))
    return (PRIVACY, WITHDRAW, NOTICE, kept, CORRECT, COUNTY, ERASE, STAY)
