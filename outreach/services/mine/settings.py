"""How the line sounds to its caller, in which language, and how and when they want to be reached."""

from dataclasses import replace

from outreach.dialogue.kinds import Article, Menu, Option
from outreach.dialogue.page import Back, Goto, JSONValue, Move, Page, Phrase, Profile, Turn
from outreach.store import people

SETTINGS = Menu(
    "mine.settings",
    (
        Option("1", "mine.settings.sound", page="mine.sound"),
        Option("2", "mine.settings.language", page="mine.language"),
        Option("3", "mine.settings.contact", page="mine.contact"),
        Option("4", "mine.settings.household", page="mine.household"),
        Option("5", "mine.settings.tour", page="tour.menu"),
    ),
)

# --- How the line sounds ------------------------------------------------------------------------------------


def _changed(turn: Turn, profile: Profile) -> Move:
    turn.profile = profile
    return Back((turn.say("mine.sound.done"),))


def _normal(turn: Turn, _value: JSONValue) -> Move:
    return _changed(turn, replace(turn.profile, speed=3, wordiness=2, patience=2))


def _wordiness(turn: Turn, value: JSONValue) -> Move:
    return _changed(turn, replace(turn.profile, wordiness=value))


def _patience(turn: Turn, value: JSONValue) -> Move:
    return _changed(turn, replace(turn.profile, patience=value))


SOUND = Menu(
    "mine.sound",
    (
        Option("1", "mine.sound.speed", page="mine.speed"),
        Option("2", "mine.sound.wordiness", page="mine.wordiness"),
        Option("3", "mine.sound.patience", page="mine.patience"),
        Option("4", "mine.sound.normal", value="normal"),
    ),
    choose=_normal,
)

SPEED = Article("mine.speed", lambda turn: (turn.say("mine.speed"),))
"""A text to try the speed keys on: 1 slower, 3 faster, as while listening to anything."""

WORDINESS = Menu(
    "mine.wordiness",
    (Option("1", "mine.wordiness.full", value=2), Option("2", "mine.wordiness.brief", value=1)),
    choose=_wordiness,
)

PATIENCE = Menu(
    "mine.patience",
    (
        Option("1", "mine.patience.brisk", value=1),
        Option("2", "mine.patience.normal", value=2),
        Option("3", "mine.patience.unhurried", value=3),
    ),
    choose=_patience,
)


def _language(turn: Turn, language: JSONValue) -> Move:
    turn.profile = replace(turn.profile, language=language)
    return Back()


LANGUAGE = Menu(
    "mine.language",
    (Option("1", "mine.language.chinese", value="zh-CN"), Option("2", "mine.language.english", value="en")),
    choose=_language,
)


# --- How and when they are reached ----------------------------------------------------------------------------

HOURS: tuple[tuple[str, str, str], ...] = (
    ("morning", "09:00", "12:00"),
    ("afternoon", "14:30", "18:00"),
    ("evening", "18:00", "20:00"),
)
"""Windows to choose from, each inside the hours of calls and texts (delivery/policy.py)."""


def known(turn: Turn, then: str) -> Move | None:
    """What is to be kept needs somebody we may keep."""
    if turn.profile.person_id is not None:
        return None
    if turn.profile.number is None:
        return Back((turn.say("mine.anonymous"),))
    return Goto("home.consent", {"then": then, "data": dict(turn.data)}, keep=False)


def contact(turn: Turn) -> tuple[Phrase, ...]:
    """How and when it is now."""
    person = people.get(turn.db, turn.profile.person_id or 0)
    if person is None:
        return (turn.say("mine.contact.by.none"),)
    named = {(begins, ends): name for name, begins, ends in HOURS}
    when = (person.contact_from or "", person.contact_until or "")
    hours = (
        turn.say("mine.contact.between", begins=when[0], ends=when[1])
        if when[0] and when not in named
        else turn.say(f"mine.contact.in.{named.get(when, 'any')}")
    )
    return turn.say(f"mine.contact.by.{person.contact_by or 'none'}"), hours


def _reach(turn: Turn, value: JSONValue) -> Move:
    assert turn.profile.person_id is not None
    if value == "voice" and turn.profile.number is None:
        return Back((turn.say("mine.anonymous"),))
    if value == "sms" and not turn.profile.textable:
        return Back((turn.say("mine.contact.landline"),))
    people.reach(turn.db, turn.profile.person_id, by=value)
    return Back((turn.say("mine.contact.done"), *contact(turn)))


CONTACT = Menu(
    "mine.contact",
    (
        Option("1", "mine.contact.sms", value="sms"),
        Option("2", "mine.contact.voice", value="voice"),
        Option("3", "mine.contact.hours", page="mine.hours"),
    ),
    lead=contact,
    choose=_reach,
    prepare=lambda turn: known(turn, "mine.contact") or turn.data,
)


def _hours(turn: Turn, value: JSONValue) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return Back((turn.say("mine.anonymous"),))
    people.reach_between(turn.db, person_id, *value)
    return Back((turn.say("mine.contact.done"),))


CONTACT_HOURS = Menu(
    "mine.hours",
    (
        *(
            Option(str(key), f"mine.hours.{name}", value=(begins, ends))
            for key, (name, begins, ends) in enumerate(HOURS, 1)
        ),
        Option("4", "mine.hours.any", value=(None, None)),
    ),
    choose=_hours,
)

PAGES: tuple[Page, ...] = (
    SETTINGS, SOUND, SPEED, WORDINESS, PATIENCE, LANGUAGE, CONTACT, CONTACT_HOURS
)  # fmt: skip
