"""What no caller can do to a conversation, whatever they press, say or leave unsaid: random walks over the house.

Here too, for the laws of ``test_prompt_laws.py``: ``Walk``, which takes every way there is, and ``Memory``, the
database that makes this possible because it can be put back to where it was.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select, update

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
def house() -> tuple[Memory, bytes]:
    """The one that all walks share, and what it holds while it is empty."""
    memory = Memory()
    return memory, memory.keep()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rings: lines of a scenario's setting, then columns of their row; ``busy``: with applications.

    ``does``: what they do before the walk begins; ``also``: what may come to them then, each a beginning of its own.
    ``beyond`` false: what lies behind the main menu is others' to walk.
    """

    setting: tuple[str, ...]
    does: tuple[str, ...] = ("> 拨打",)
    columns: tuple[tuple[str, Any], ...] = ()
    busy: bool = False
    beyond: bool = True
    also: tuple[str, ...] = ()

    def rings(self) -> Talk:
        """A new conversation in an otherwise empty house."""
        memory, content = house()
        memory.put_back(content)
        talk = Talk(Database(memory), "walk")
        talk.play(iter(self.setting))
        talk.database.write_now(lambda db: self._settle(db, talk.now))
        talk.play(iter(self.does))
        return talk

    def _settle(self, db: Connection, now: datetime) -> None:
        if self.columns:
            db.execute(update(people).values(dict(self.columns)))
        if not self.busy:
            return
        person = db.execute(select(people.c.id).order_by(people.c.id).limit(1)).scalar_one()
        when = {"created_at": now, "updated_at": now}
        for opening, state in enumerate(("received", "interview", "withdrawn"), 1):
            db.execute(insert(applications).values(person_id=person, opening_id=opening, state=state, **when))
        db.execute(insert(saved_openings).values(person_id=person, opening_id=1, saved_at=now))


NUMBER = "13893500001"
DUTY = "duty +869352212345"
OPENINGS = (
    "opening massage liangzhou 甲店 按摩师 ago=1",
    "opening hospital minqin 乙院 按摩员 ago=2 phone=13893512345",
    "opening farm tianzhu 丙社 分拣工 ago=40 until=0",
)
ROUND = "round initial notice=-10 unit=20 county=30 review=60 papers=2"
POLICY = "policy employers 企业要安排多少残疾人 按总数的1.5%安排。 没有达到的，要缴纳保障金。"
MARKET = (
    "offer grain minqin 小麦面粉五百斤",
    "offer vegetables gulang 土豆两千斤 share=no",
    "offer handicraft liangzhou 绣花鞋垫 mine share=no",
)
COURSES = (
    "course 盲人按摩基础班 liangzhou seats=2 in=20 papers=身份证",
    "course 中式面点班 minqin seats=1 in=20",
    "others 2 1",
)
SEATS = (
    "course 盲人按摩基础班 liangzhou seats=1 in=20",
    "course 中式面点班 minqin in=6 until=3",
    "others 1 1",
    "seat 1 waiting",
    "seat 2 registered",
)
SHOPS = (
    "provider massage liangzhou 甲按摩店 hours=09:00-11:30,15:00-15:30 services=足疗:30,推拿:30:三十元 horizon=2",
    "provider loan minqin 乙银行 hours=09:00-09:45 services=贷款:45 visits=yes horizon=3",
    "provider legal liangzhou 丙律师 hours=08:00-08:30 services=咨询:30 horizon=1",
)
BOOKED = ("booked 1 2026-11-25T09:00", "booked 3 2026-11-26T09:00")
HOUSEHOLD = tuple(f"another {name} pin=2468 +86{NUMBER}" for name in ("小红", "大明", "老马"))
EVENTS = (
    "event job_fair 国企助残就业专场 liangzhou in=9",
    "event contest 残疾人职业技能竞赛 minqin in=30 for=2 places=1",
)
HELD = (
    COURSES[0],
    COURSES[0],
    "seat 1 registered",
    "seat 2 registered",
    *EVENTS,
    "comes 1 mine",
    "comes 2 mine",
)
ROOM = (DUTY, *OPENINGS, ROUND, POLICY, *COURSES, *SHOPS, *EVENTS)
DROPPED = ("> 拨打", "> 1", "> 6", "> 挂断", "> 重拨")
PIN = "482915"
CALLERS = {
    "new": Caller((f"caller +86{NUMBER}", *ROOM)),
    "anonymous": Caller(("caller anonymous", "at 2026-11-24 21:00", *ROOM)),
    "regular": Caller(
        (f"caller +86{NUMBER}", "knows liangzhou", *ROOM, *MARKET, *BOOKED, "sent 明天九点培训。退订回T"),
        busy=True,
    ),
    "household": Caller(
        (f"caller +86{NUMBER}", *HOUSEHOLD, "knows liangzhou"),
        ("> 拨打", "> 5", "> 5", "> 1", "> 1", "> 2468"),
    ),
    "leaving": Caller(
        (f"caller +86{NUMBER}", "knows minqin", "counselor 马老师", "alerts"), ("> 拨打", "> *", "> 5", "> 1")
    ),
    "reminded": Caller(
        (f"caller +86{NUMBER}", "knows gulang", ROUND, "entry", *SEATS),
        ("> 拨打", "@ gives_up 1", '@ remind titles.remind {"entry": 1}'),
    ),
    "rung": Caller(
        (f"caller +86{NUMBER}", "knows liangzhou"),
        ("> 拨打", '@ remind call.open {"page": "home.more", "data": {}, "scope": "campaigns"}'),
        beyond=False,
    ),
    "coming": Caller(
        (f"caller +86{NUMBER}", "knows liangzhou", *SHOPS, *BOOKED),
        ("> 拨打", '@ remind bookings.remind {"booking": 1}'),
        beyond=False,
    ),
    "called off": Caller(
        (f"caller +86{NUMBER}", "knows liangzhou", *SHOPS, *BOOKED),
        ("> 拨打", "@ away 1 1", '@ remind bookings.called_off {"booking": 1}'),
        beyond=False,
    ),
    "practitioner": Caller(
        (
            f"caller +86{NUMBER}",
            "knows liangzhou",
            f"provider massage liangzhou 甲按摩店 hours=11:00-12:00 services=足疗:30 phones=+86{NUMBER}",
            "@ taken 1 2026-11-24T11:00",
            "@ close 1 2026-11-25T11:00",
        ),
        ("> 拨打", "> 3"),
        beyond=False,
    ),
    "counselor": Caller(
        (
            f"caller +86{NUMBER}",
            "knows liangzhou",
            f"staff 马老师 +86{NUMBER} pin={PIN}",
            "todo message +8613893501234 said",
            "todo call_back -",
            "campaign questions",
            "bridge 1",
        ),
        beyond=False,
        also=('@ remind staff.bridge {"bridge": 1}',),
    ),
    "invited": Caller(
        (f"caller +86{NUMBER}", "knows gulang", "campaign questions"),
        ("> 拨打", '@ remind campaigns.item {"item": 1}'),
        beyond=False,
    ),
    "brief": Caller((f"caller +86{NUMBER}", "knows gulang", *OPENINGS), columns=(("wordiness", 1),)),
    "dropped": Caller((f"caller +86{NUMBER}", "knows liangzhou", *OPENINGS), DROPPED),
    "landline": Caller(
        ("caller +869352299999", "knows tianzhu", *HELD),
        ("> 拨打", "@ call_off 2", "@ event_off 2"),
        also=(
            '@ remind training.changed {"session": 1}',
            '@ remind training.notice {"session": 2}',
            '@ remind events.remind {"event": 1}',
            '@ remind events.changed {"event": 1}',
            '@ remind events.notice {"event": 2}',
        ),
    ),
    "English": Caller(
        (f"caller +86{NUMBER}", "knows minqin", *ROOM, *MARKET), columns=(("language", "en"),), busy=True
    ),
    "English, dropped": Caller(
        (f"caller +86{NUMBER}", "knows minqin", *OPENINGS), DROPPED, (("language", "en"), ("wordiness", 1))
    ),
}

# --- Every way there is -------------------------------------------------------------------------------------

DIGITS_KEYED = ("123", "13893512346", "09352212346", "2468")


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
    def language(self) -> str:
        return self.reply.session.language

    def __str__(self) -> str:
        said = "".join(phrase.text for phrase in self.reply.phrases)
        return f"{self.caller}: {' '.join(self.keys) or '-'} ({self.page}) {said}"


@dataclass(slots=True)
class Walk:
    """Everything one of CALLERS can reach, breadth first. ``states``: where every branch was tried."""

    caller: str
    turns: list[Seen] = field(default_factory=list)
    states: list[Seen] = field(default_factory=list)
    lost: list[Seen] = field(default_factory=list)  # stars do not lead to the main menu from here

    def take(self) -> "Walk":
        talk = CALLERS[self.caller].rings()
        first = self._seen(talk, ())
        known = {_state(first)}
        kept = _keep(talk)
        waiting = deque([(first, kept)])
        for line in CALLERS[self.caller].also:
            house()[0].put_back(kept[0])
            talk.now = kept[1]
            talk.play(iter([line]))
            waiting.append((self._seen(talk, (line,)), _keep(talk)))
        while waiting:
            here, kept = waiting.popleft()
            self.states.append(here)
            if here.page == MAIN and not CALLERS[self.caller].beyond:
                continue
            for name, heard in _asides(here):
                self._go(talk, kept, here, name, heard)
            for name, heard in _answers(here):
                there = self._go(talk, kept, here, name, heard)
                state = _state(there)
                if there.language == first.language and state not in known:
                    known.add(state)
                    waiting.append((there, _keep(talk)))
            self._back(talk, kept, here)
        return self

    def _seen(self, talk: Talk, keys: tuple[str, ...]) -> Seen:
        assert talk.spoken is not None
        self.turns.append(Seen(self.caller, keys, talk.spoken.reply))
        return self.turns[-1]

    def _go(self, talk: Talk, kept: tuple[bytes, datetime], here: Seen, name: str, heard: Heard) -> Seen:
        memory, _ = house()
        memory.put_back(kept[0])
        talk.now = kept[1]
        talk._turn(heard)
        return self._seen(talk, (*here.keys, name))

    def _back(self, talk: Talk, kept: tuple[bytes, datetime], here: Seen) -> None:
        there = here
        for _ in here.reply.session.frames:
            if there.page == MAIN:
                return
            there = self._go(talk, kept, there, "*", Dtmf("*"))
            kept = _keep(talk)
        if there.page != MAIN:
            self.lost.append(here)


def _keep(talk: Talk) -> tuple[bytes, datetime]:
    return house()[0].keep(), talk.now


NOT_ELSEWHERE = (
    *("counselor", "place", "items", "found", "slot", "wanted", "day", "part"),
    *("page", "people", "file", "then", "data", "person"),
    *("bridge", "call", "campaign", "task", "user", "who"),
)
"""What a page's data may hold without its being another place to be: which one of several, and whose."""


def _state(seen: Seen) -> str:
    """Where the walk need not go twice: the page and what its data come to, whatever lies underneath."""
    data = dict(seen.reply.session.top.data)
    shown = {name: value for name, value in data.items() if name not in NOT_ELSEWHERE}
    shown |= {name: bool(data[name]) for name in ("county", "group", "kind") if name in data}
    if (
        "answers" in data
    ):  # which questions are open, not what was answered: every kind in every county is too much
        shown["answers"] = sorted(name for name in data["answers"] if name not in ("kind", "county"))
        shown["asked"] = len(data["answers"])
    count = len(data["items"]) if "items" in data else len(data["found"]) if "found" in data else None
    plain = [seen.page, shown, count, seen.reply.session.person_id is None]
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()


def _answers(seen: Seen) -> Iterator[tuple[str, Heard]]:
    """What leads on from here."""
    session = seen.reply.session
    for choice in session.offered:
        yield (choice.key, Dtmf(choice.key)) if choice.key else (choice.words[0], Utterance(choice.words[0]))
    match session.mode:
        case Mode.DIGITS:
            keyed = (*DIGITS_KEYED, PIN) if seen.page == "staff.pin" else DIGITS_KEYED
            yield from ((digits, Dtmf(digits)) for digits in keyed)
        case Mode.RECORD:
            yield "(message)", Recorded(f"walk/{session.turn}.wav", 9)
            yield "(nothing said)", Recorded("", 0)
    if session.mode is Mode.AWAY:
        yield from ((f"({outcome})", Returned(outcome)) for outcome in ("answered", "no_answer"))
    yield from ((key, Dtmf(key)) for key in ("*", "0") if session.mode is not Mode.DIGITS or key == "*")


def _asides(seen: Seen) -> Iterator[tuple[str, Heard]]:
    """What is said without leading anywhere."""
    say = LANGUAGES[seen.language].bound[2, "voice"]
    yield from ((key, Dtmf(key)) for key in ("#", "9", "**") if seen.reply.session.mode is not Mode.DIGITS)
    yield "(silence)", NoInput()
    yield from ((f"({name})", Utterance(say.words(f"command.{name}")[0])) for name in ("help", "where"))
    if offered := seen.reply.session.offered:
        yield "(mumbled)", Utterance(offered[0].words[0], 0.5)


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
    occasions: set[str] = field(default_factory=set)
    applied: list[int] = field(default_factory=list)  # openings, in the order of application
    withdrawn: int = 0

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
        nothing = isinstance(what, NoInput) or what == Utterance("")
        silent = nothing and reply.session.misses >= SILENT_PROMPTS
        assert silent or reply.session.ended
        goodbyes = [p for p in reply.phrases if p.key in ("leave.goodbye", "leave.silent")]
        assert len(goodbyes) == 1

    def _effects(self, reply: Reply) -> None:
        for effect in reply.effects:
            if isinstance(effect, Text | Alert):
                self.occasions.add(f"{type(effect).__name__}:{effect.purpose}")
            if isinstance(effect, Alert) and effect.opening_id is not None:
                self.applied.append(effect.opening_id)
        self.withdrawn += sum(phrase.key == "jobs.withdraw.done" for phrase in reply.phrases)
        again = len(self.applied) - len(set(self.applied))
        assert again <= self.withdrawn, "applied twice for one opening without withdrawing in between"

    def _stored(self, db: Connection) -> None:
        owned = {row.id for row in db.execute(select(people.c.id))}
        agreed = {row.person_id for row in db.execute(select(consents.c.person_id))}
        assert owned == agreed, "somebody is kept who never agreed"
        if not owned:
            for table in (applications, saved_openings):
                assert not db.execute(select(table)).all(), f"{table.name} of nobody"
        by_us = deliveries.c.purpose.not_like("test:%")  # and not what was sent before the walk began
        queued = set(db.execute(select(deliveries.c.purpose).where(by_us)).scalars())
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


@pytest.mark.parametrize("caller", ["new", "regular", "anonymous", "landline"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers=st.lists(ANSWERS, max_size=30))
@example(answers=["1", "1", "2", "1", "2", "1", "*", "5", "1", "1"])
@example(answers=[Utterance("招聘", 0.5), "2", Utterance("招聘", 0.5), NoInput(), "1", "2", "2"])
@example(answers=["9", "1", "9", "9"])
@example(answers=["5", "5", "4", "2", "9", "9"])
@example(answers=["5", "5", "1", "2", "1", "**", "1", "2", "1"])
def test_no_walk_breaks_the_house(caller: str, answers: list[Heard | str]) -> None:
    talk = CALLERS[caller].rings()
    assert talk.spoken is not None
    witness = Witness(talk, turn=talk.spoken.reply.session.turn - 1)
    witness.turn_taken(Hello())
    for answer in answers:
        what = heard(answer, talk)
        talk._turn(what)
        witness.turn_taken(what)
        assert talk.spoken is not None
        if talk.spoken.leaving is not None and talk.spoken.leaving.dial is None:
            return  # the call is over
