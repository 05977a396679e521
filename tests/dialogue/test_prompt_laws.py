"""The laws of voice-interface.md, held against every prompt as written and every screen that can be reached.

The screens come from a walk over keys, breadth first, from the greeting: several callers, both languages, every
branch tried from the same state of the database. A law that fails names the keys that lead to the breach.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, update

from outreach.config import PROJECT
from outreach.dialogue.kinds import Act, Browse
from outreach.dialogue.matching import near_pairs
from outreach.dialogue.page import Choice, Dtmf, Heard, Mode, NoInput, Phrase, Recorded, Returned, Utterance
from outreach.dialogue.sound import tokens
from outreach.dialogue.turn import MAIN, Reply
from outreach.dialogue.understand import CHOICE_KEYS, KEYS, SPOKEN, Command
from outreach.services.registry import all_pages
from outreach.speech.lexicon import read_lexicon
from outreach.speech.spoken import sentences
from outreach.store.schema import applications, people, saved_openings
from tests.dialogue.test_turn import OPENINGS, Caller
from tests.scenario import LANGUAGES, Talk

ZH, EN = LANGUAGES["zh-CN"], LANGUAGES["en"]
PAGES = all_pages()
NUMBER = "13893500001"

# --- The walk -----------------------------------------------------------------------------------------------

CALLERS = {
    "new": Caller((f"caller +86{NUMBER}", "duty +869352212345", *OPENINGS)),
    "anonymous": Caller(("caller anonymous", "at 2026-11-24 21:00", *OPENINGS)),
    "regular": Caller((f"caller +86{NUMBER}", "knows liangzhou", "duty +869352212345", *OPENINGS)),
    "brief": Caller((f"caller +86{NUMBER}", "knows liangzhou", *OPENINGS)),
    "landline": Caller(("caller +869352299999", "knows tianzhu")),
    "english": Caller((f"caller +86{NUMBER}", "knows minqin", "duty +869352212345", *OPENINGS)),
    "english, empty": Caller((f"caller +86{NUMBER}", "knows minqin")),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "brief": {"wordiness": 1},
    "english": {"language": "en"},
    "english, empty": {"language": "en", "wordiness": 1},
}
STATES = ("received", "passed_on", "interview", "hired", "refused", "withdrawn")
TYPED = ("123", "13893512346", "09352212346")


@dataclass(frozen=True, slots=True)
class Seen:
    """One turn of the walk: how it was reached, and what was said and shown."""

    caller: str
    keys: tuple[str, ...]
    reply: Reply

    @property
    def page(self) -> str:
        return self.reply.session.top.page

    @property
    def text(self) -> str:
        return "".join(phrase.text for phrase in self.reply.phrases)

    def __str__(self) -> str:
        return f"{self.caller}: {' '.join(self.keys) or '-'} ({self.page}) {self.text}"


@dataclass(frozen=True, slots=True)
class Walk:
    """Every turn taken, and the first of each state reached (whose branches were all tried)."""

    turns: tuple[Seen, ...]
    states: tuple[Seen, ...]
    stuck: tuple[Seen, ...]  # from where stars do not lead to the main menu


def _rings(caller: str) -> Talk:
    talk = CALLERS[caller].rings()

    def settle(db: Any) -> None:
        if caller in SETTINGS:
            db.execute(update(people).values(SETTINGS[caller]))
        if caller in ("regular", "english"):
            person = db.execute(people.select()).one().id
            for opening, state in enumerate(STATES[: len(OPENINGS)], 1):
                row = {"person_id": person, "opening_id": opening, "state": state}
                db.execute(insert(applications).values(**row, created_at=talk.now, updated_at=talk.now))
            db.execute(insert(saved_openings).values(person_id=person, opening_id=1, saved_at=talk.now))

    talk.database.write_now(settle)
    return talk


def _state(reply: Reply) -> str:
    """Where the walk need not go twice: the page and its data, whoever was asked what before."""
    session = reply.session
    data = {name: value for name, value in session.top.data.items() if name != "counselor"}
    return orjson.dumps(
        [session.top.page, data, session.person_id is None], option=orjson.OPT_SORT_KEYS
    ).decode()


def _answers(reply: Reply) -> Iterator[tuple[str, Heard]]:
    """What leads on from here."""
    session = reply.session
    for choice in session.offered:
        yield (choice.key, Dtmf(choice.key)) if choice.key else (choice.words[0], Utterance(choice.words[0]))
    if session.mode is Mode.DIGITS:
        yield from ((digits, Dtmf(digits)) for digits in TYPED)
    if session.mode is Mode.RECORD:
        yield "(message)", Recorded(f"walk/{session.turn}.wav", 9)
        yield "(silence)", Recorded("", 0)
    if session.top.page == "person.call":
        yield from ((f"({outcome})", Returned(outcome)) for outcome in ("answered", "no_answer"))
    yield "*", Dtmf("*")
    if session.mode is not Mode.DIGITS:
        yield "0", Dtmf("0")


def _asides(reply: Reply) -> Iterator[tuple[str, Heard]]:
    """What is said and leads nowhere."""
    yield from ((key, Dtmf(key)) for key in ("#", "9") if reply.session.mode is not Mode.DIGITS)
    yield "(nothing)", NoInput()
    yield from ((word, Utterance(word)) for word in ("帮助", "我在哪里", "help"))
    if reply.session.offered:
        yield "(doubt)", Utterance(reply.session.offered[0].words[0], 0.5)


@cache
def walk(caller: str) -> Walk:
    talk = _rings(caller)
    memory = talk.database._store
    turns: list[Seen] = []
    states: list[Seen] = []
    stuck: list[Seen] = []

    def go(kept: tuple[bytes, Any], keys: tuple[str, ...], heard: Heard) -> Seen:
        memory.put_back(kept[0])  # type: ignore[attr-defined]
        talk.now = kept[1]
        talk._turn(heard)
        assert talk.spoken is not None
        turns.append(Seen(caller, keys, talk.spoken.reply))
        return turns[-1]

    def keep() -> tuple[bytes, Any]:
        return memory.keep(), talk.now  # type: ignore[attr-defined]

    talk.play(iter(["> 拨打"]))
    assert talk.spoken is not None
    first = Seen(caller, (), talk.spoken.reply)
    turns.append(first)
    known = {_state(first.reply)}
    waiting = deque([(first, keep())])
    while waiting:
        here, kept = waiting.popleft()
        states.append(here)
        for name, heard in _asides(here.reply):
            go(kept, (*here.keys, name), heard)
        for name, heard in _answers(here.reply):
            there = go(kept, (*here.keys, name), heard)
            if (
                there.reply.session.language == first.reply.session.language
                and (state := _state(there.reply)) not in known
            ):
                known.add(state)
                waiting.append((there, keep()))
        back, at = here, kept
        for _ in here.reply.session.frames:
            back = go(at, (*back.keys, "*"), Dtmf("*")) if back.page != MAIN else back
            at = keep() if back.page != MAIN else at
        if back.page != MAIN:
            stuck.append(here)
    return Walk(tuple(turns), tuple(states), tuple(stuck))


def turns() -> Iterator[Seen]:
    for caller in CALLERS:
        yield from walk(caller).turns


def states() -> Iterator[Seen]:
    for caller in CALLERS:
        yield from walk(caller).states


def test_measure() -> None:
    import time

    for c in CALLERS:
        t = time.perf_counter()
        w = walk(c)
        print(c, len(w.turns), len(w.states), len(w.stuck), round(time.perf_counter() - t, 2))
        for s in w.stuck[:5]:
            print("  stuck", s)
    print(PAGES.keys() - {s.page for s in states()})
    assert 0
