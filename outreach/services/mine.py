"""Mine 我的: how the line sounds to this caller, their language, consent and privacy. Items 9 and 15 of the plan.

A person's own applications are the jobs line's pages ("jobs.mine"); this line only leads there.
"""

from dataclasses import replace

from outreach.dialogue.kinds import Article, Confirm, Menu, Option
from outreach.dialogue.page import Back, Data, JSONValue, Move, Page, Phrase, Profile, Turn
from outreach.store import people

MENU = Menu(
    "mine.menu",
    (
        Option("1", "mine.menu.applications", page="jobs.mine"),
        Option("2", "mine.menu.saved", page="jobs.saved"),
        Option("3", "mine.menu.sound", page="mine.sound"),
        Option("4", "mine.menu.language", page="mine.language"),
        Option("5", "mine.menu.privacy", page="mine.privacy"),
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

# --- Privacy: two keys from the main menu (star, then 1) ------------------------------------------------------

PRIVACY = Menu(
    "mine.privacy",
    (
        Option("1", "mine.privacy.withdraw", page="mine.withdraw"),
        Option("2", "mine.privacy.notice", page="mine.notice"),
    ),
)


def _prepare_withdraw(turn: Turn) -> Data | Move:
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
    "mine.withdraw", ask=lambda turn: (turn.say("mine.withdraw"),), yes=_withdraw, prepare=_prepare_withdraw
)


def _notice(turn: Turn) -> tuple[Phrase, ...]:
    return tuple(turn.say(f"mine.notice.{part}") for part in ("who", "what", "how_long", "rights"))


NOTICE = Article("mine.notice", _notice)

PAGES: tuple[Page, ...] = (MENU, SOUND, SPEED, WORDINESS, PATIENCE, LANGUAGE, PRIVACY, WITHDRAW, NOTICE)
