"""What no caller can do to a conversation, whatever they press, say or leave unsaid: random walks over the house.

Here too: ``Memory``, a database that can be put back to where it was, for walks that try every branch.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from outreach.dialogue.page import (
    Alert,
    Dtmf,
    Heard,
    Hello,
    Mode,
    NoInput,
    Recorded,
    Returned,
    Text,
    Utterance,
)
from outreach.dialogue.session import Session, dump, load
from outreach.dialogue.turn import MAIN, SILENT_PROMPTS, Reply
from outreach.store.database import Database
from outreach.store.schema import (
    applications,
    consents,
    deliveries,
    metadata,
    people,
    saved_openings,
    sessions,
    tasks,
)
from outreach.store.sqlite import over
from tests.scenario import LANGUAGES, Talk

T = TypeVar("T")

# --- The world ----------------------------------------------------------------------------------------------


class Memory:
    """A SQLite database in memory: a ``Store`` whose whole content is a value to be kept and put back."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self._raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._raw.execute("PRAGMA foreign_keys=ON")
        self._connection = over(self._raw).connect()
        metadata.create_all(self._connection)

    def keep(self) -> bytes:
        """All that is in it."""
        return self._raw.serialize()

    def put_back(self, content: bytes) -> None:
        """As it was when ``content`` was kept."""
        self._raw.deserialize(content)

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Done at once."""
        future: Future[T] = Future()
        future.set_result(work(self._connection))
        return future

    read = write

    def close(self) -> None:
        self._raw.close()


@cache
def _empty() -> tuple[Memory, bytes]:
    memory = Memory()
    return memory, memory.keep()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rings, as lines of a scenario's setting."""

    setting: tuple[str, ...]

    def rings(self) -> Talk:
        """A new conversation in an empty house, before its first turn."""
        memory, content = _empty()
        memory.put_back(content)
        talk = Talk(Database(memory), "walk")
        talk.play(iter(self.setting))
        return talk


OPENINGS = (
    "opening massage liangzhou 甲店 按摩师 ago=1",
    "opening hospital minqin 乙院 按摩员 ago=2 phone=13893512345",
    "opening farm tianzhu 丙社 分拣工 ago=40 until=0",
)
NEW = Caller(("caller +8613893500001", "duty +869352212345", *OPENINGS))
KNOWN = Caller(("caller +8613893500001", "knows liangzhou", *OPENINGS))
ANONYMOUS = Caller(("caller anonymous", "at 2026-11-24 21:00", "duty +869352212345", *OPENINGS))
LANDLINE = Caller(("caller +869352299999", "knows tianzhu"))

# --- Anything that can be heard -----------------------------------------------------------------------------

WORDS = sorted(
    {
        word
        for prompts in LANGUAGES.values()
        for p in prompts.entries.values()
        for word in (*p.words, *p.typed)
    }
)
KEYS = st.sampled_from([*"0123456789*#", "**", "12346", "6", "6", "1", "1", "2", "2"])
DIGITS = st.sampled_from(["13893512346", "09352212345", "138", "", "*", "0" * 12])
SPOKEN = st.builds(Utterance, st.sampled_from(WORDS), st.sampled_from([1.0, 0.9, 0.55, 0.2]), st.booleans())
TYPED = st.builds(Utterance, st.text("１2３*#？不要对招聘jobs ", max_size=8))
STARTS = st.builds(Hello, st.booleans(), st.booleans())
ANSWERS = st.one_of(
    KEYS, KEYS, KEYS, SPOKEN, TYPED, DIGITS, STARTS, st.just(NoInput()), st.sampled_from(["answered", "busy"])
)
"""Strings are keys; "answered" and "busy" are what becomes of a message or a transfer, where one is under way."""


def heard(answer: Heard | str, talk: Talk) -> Heard:
    """``answer`` as something that can happen where the caller is."""
    if not isinstance(answer, str):
        return answer
    if answer not in ("answered", "busy"):
        return Dtmf(answer)
    assert talk.spoken is not None
    session = talk.spoken.reply.session
    if session.mode is Mode.RECORD:
        return Recorded(f"walk/{session.turn}.wav" if answer == "answered" else "", 12)
    return Returned(answer) if session.top.page == "person.call" else NoInput()


# --- What must stay true ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Witness:
    """Looks on at a walk, and objects."""

    talk: Talk
    turn: int = 0
    occasions: dict[str, int] = field(default_factory=dict)
    withdrawn: bool = False

    def turn_taken(self, what: Heard) -> None:
        spoken = self.talk.spoken
        assert spoken is not None
        reply = spoken.reply
        session = reply.session
        assert session.turn == self.turn + 1
        self.turn = session.turn
        self._position(session)
        self._goodbye(reply, what)
        assert reply.phrases or reply.playback != "start", "silence after an answer"
        self._effects(reply)
        self.talk.database.read_now(self._stored)

    def _position(self, session: Session) -> None:
        assert load(dump(session)) == session
        assert session.frames[0].page == MAIN
        assert MAIN not in [frame.page for frame in session.frames[1:]]
        assert len(session.frames) < 40

    def _goodbye(self, reply: Reply, what: Heard) -> None:
        if not reply.exit:
            return
        silent = isinstance(what, NoInput) and reply.session.misses >= SILENT_PROMPTS
        assert silent or reply.session.ended
        goodbyes = [p for p in reply.phrases if p.key in ("leave.goodbye", "leave.silent")]
        assert len(goodbyes) == 1

    def _effects(self, reply: Reply) -> None:
        for effect in reply.effects:
            if isinstance(effect, Text | Alert):
                occasion = f"{type(effect).__name__}:{effect.purpose}"
                self.occasions[occasion] = self.occasions.get(occasion, 0) + 1
            if isinstance(effect, Alert) and effect.kind == "application":
                assert self.occasions[f"Alert:{effect.purpose}"] == 1, (
                    "a counselor told twice of one application"
                )

    def _stored(self, db: Connection) -> None:
        owned = {row.id for row in db.execute(select(people.c.id))}
        agreed = {row.person_id for row in db.execute(select(consents.c.person_id))}
        assert owned == agreed, "somebody is kept who never agreed"
        if not owned:
            for table in (applications, saved_openings):
                assert not db.execute(select(table)).all(), f"{table.name} of nobody"
        queued = set(db.execute(select(deliveries.c.purpose)).scalars())
        listed = set(db.execute(select(tasks.c.purpose)).scalars())
        texts = {key.partition(":")[2] for key in self.occasions if key.startswith("Text:")}
        alerts = {key.partition(":")[2] for key in self.occasions if key.startswith("Alert:")}
        assert (queued, listed) == (texts, alerts), "what was promised is not what was queued, each once"
        doubled = select(applications.c.person_id).group_by(
            applications.c.person_id, applications.c.opening_id
        )
        assert not db.execute(doubled.having(func.count() > 1)).all()
        spoken = self.talk.spoken
        assert spoken is not None
        stored = db.execute(
            select(sessions.c.state, sessions.c.turn).where(sessions.c.id == spoken.reply.session.id)
        ).one()
        assert (load(stored.state), stored.turn) == (spoken.reply.session, self.turn)


def walk(caller: Caller, answers: list[Heard | str]) -> None:
    talk = caller.rings()
    witness = Witness(talk)
    talk.play(iter(["> 拨打"]))
    witness.turn_taken(Hello())
    for answer in answers:
        what = heard(answer, talk)
        talk._turn(what)
        witness.turn_taken(what)
        assert talk.spoken is not None
        if talk.spoken.leaving is not None and talk.spoken.leaving.dial is None:
            return  # the call is over


@pytest.mark.parametrize(
    "caller", [NEW, KNOWN, ANONYMOUS, LANDLINE], ids=["new", "known", "anonymous", "landline"]
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers=st.lists(ANSWERS, max_size=30))
@example(answers=["1", "1", "2", "1", "2", "1", "*", "5", "1", "1"])
@example(answers=[Utterance("招聘", 0.5), "2", Utterance("招聘", 0.5), NoInput(), "1", "2", "2"])
@example(answers=["9", "1", "9", "9"])
@example(answers=["5", "5", "4", "2", "9", "9"])
def test_no_walk_breaks_the_house(caller: Caller, answers: list[Heard | str]) -> None:
    walk(caller, answers)


# --- What comes back when nobody waits for it any more ------------------------------------------------------

STRAYS = (Recorded("late.wav", 3), Recorded("", 0), Returned("answered"), Returned("no_answer"))
PLACES = ("", "1", "1 2", "1 5", "*", "* 1", "* 2", "2", "2 2", "5 5 3", "5 5 1", "9")


@pytest.mark.parametrize("stray", STRAYS, ids=["message", "silence", "talked", "unanswered"])
@pytest.mark.parametrize("keys", PLACES)
def test_a_message_or_a_transfer_that_comes_back_late_moves_nobody(keys: str, stray: Heard) -> None:
    """A webhook was slow, or the same person is on two telephones: it answers none of this page's questions."""
    talk = KNOWN.rings()
    talk.play(iter(["> 拨打", *(f"> {key}" for key in keys.split())]))
    assert talk.spoken is not None
    place = talk.spoken.reply.session.frames
    talk._turn(stray)
    assert talk.spoken.reply.session.frames == place
    assert not talk.spoken.reply.effects
