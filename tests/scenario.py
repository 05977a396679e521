"""Conversations as text files: parses them, and has them with a real database; nothing of the house survives a turn.

A file is lines; blank lines and ``# …`` are passed over. First the setting, then the conversation:

    caller +8613893500001          who rings; ``caller anonymous``; without the line: a number we do not know
    knows liangzhou                the caller is somebody we keep, of that county
    opening massage liangzhou 凉州区康复按摩店 按摩师 [field=value …]
    at 2026-11-24 09:00            the time (Asia/Shanghai)
    duty +8609352212345            a counselor is on duty
    > 1        keys, words (``> 说 招聘``), ``> 不出声``, ``> 挂断``, ``> 重拨``, ``> 断线``,
               ``> 留言 12``, ``> 无人接听``, ``> 通话结束``
    < text     is said in this turn, in this order       <! text   is not said in this turn
    ? where 招聘    ? texts 1    ? text 0935    ? task application    ? dial +86…    ? ended
    ? speed 4   ? consent service
    @ fill 1   a counselor fills opening 1               @ later 2 days
    @ remind titles.remind {"entry": 1}      a reminder that is due leads there
    @ tick     timers that are due fire; what the caller is sent is what is said then

Single lines have more of each: ``tests/scenes.py``. Most are also had by text message (``tests/texting.py``): keys
and words are written then. ``<v text`` and ``<s text`` are for voice and text alone, ``only voice`` and ``only sms``
for whole files; ``> 写 text`` is a text message even in the middle of a call.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, func, insert, select, update

from outreach.campaigns import by_telephone
from outreach.conversation import Conversation, Leaving, Spoken, _load, _profile
from outreach.delivery import timers
from outreach.dialogue.page import Channel, Dtmf, Heard, Hello, NoInput, Recorded, Returned, Turn, Utterance
from outreach.dialogue.prompts import load_all
from outreach.dialogue.session import Frame, dump, load
from outreach.dialogue.turn import MAIN, Reply
from outreach.services.registry import DOOR, GATE, HANDLERS, all_pages
from outreach.sms.inbound import Inbox
from outreach.store import calls, people
from outreach.store.database import Database
from outreach.store.schema import consents, counselors, deliveries, duty_hours, openings, sessions, tasks
from outreach.store.schema import people as people_table
from outreach.timekeeper import Timekeeper
from outreach.wire import CallIn, TextIn
from tests import texting
from tests.scenes import CHECKS, EVENTS, SETTINGS, case_number

PROMPTS = Path(__file__).resolve().parent.parent / "prompts"
LOCAL = ZoneInfo("Asia/Shanghai")
SCENARIOS = Path(__file__).parent / "scenarios"
_FOUND = load_all(PROMPTS)
LANGUAGES = {"zh-CN": _FOUND["zh-CN"], **_FOUND}


UNASKED = select(deliveries.c.body).where(deliveries.c.purpose.not_like("reply:%"))
"""Texts that are no answers to texts."""


@dataclass(slots=True)
class Talk:
    """One scenario being played."""

    database: Database
    path: str
    now: datetime = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    caller: str | None = "+8613993500999"
    call_id: str = ""
    calls: int = 0
    spoken: Spoken | None = None
    heard_until: int = 0
    said: list[str] = field(default_factory=list)
    channel: Channel = "voice"
    written: int = 0

    def play(self, lines: Iterator[str]) -> None:
        """All lines; an AssertionError names the line and what was said instead."""
        for number, raw in enumerate(lines, 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            try:
                self._line(line)
            except Exception as error:
                told = "\n    ".join(self.said)
                raise AssertionError(
                    f"{self.path}:{number}: {line}\n  {error}\n  said:\n    {told}"
                ) from error

    def _line(self, line: str) -> None:
        if "{case}" in line:
            line = line.replace("{case}", self.database.read_now(case_number))
        sign, _, rest = line.partition(" ")
        match sign:
            case ">":
                self._caller(rest.strip())
            case "<":
                found, until = self._find(rest.strip(), self.heard_until)
                assert found >= 0, f"not said (after what was asked for before): {rest}"
                self.heard_until = until
            case "<!":
                assert self._find(rest.strip(), 0)[0] < 0, f"was said: {rest}"
            case "<v" | "<s":
                if sign == ("<v" if self.channel == "voice" else "<s"):
                    self._line(f"< {rest}")
            case "only":
                assert rest == self.channel, "played by the wrong channel"
            case "?":
                self._check(*rest.split(maxsplit=1))
            case "@":
                self._meanwhile(*rest.split(maxsplit=2))
            case _:
                self._setting(sign, rest)

    def _find(self, wanted: str, start: int) -> tuple[int, int]:
        text = "".join(self.said)
        if self.channel == "sms":
            return texting.find(text, wanted, start, LANGUAGES)
        at = text.find(wanted, start)
        return at, at + len(wanted)

    # --- The setting ---

    def _setting(self, what: str, rest: str) -> None:
        match what:
            case "caller":
                self.caller = None if rest == "anonymous" else rest
            case "at":
                self.now = datetime.fromisoformat(rest).replace(tzinfo=LOCAL).astimezone(UTC)
            case "knows":
                self.database.write_now(lambda db: self._know(db, rest))
            case "opening":
                self.database.write_now(lambda db: self._opening(db, rest))
            case "duty":
                self.database.write_now(lambda db: _duty(db, rest))
            case _:
                self.database.write_now(lambda db: SETTINGS[what](db, rest, self.now))

    def _know(self, db: Connection, county: str) -> None:
        person = people.create(db, self.caller, self.now - timedelta(days=30), "zh-CN")
        people.give_consent(db, person.id, "service", "test/1", "console", None, self.now)
        last = self.now - timedelta(days=3)
        db.execute(
            update(people_table)
            .values(county=county, last_call_at=last)
            .where(people_table.c.id == person.id)
        )

    def _opening(self, db: Connection, rest: str) -> None:
        words = rest.split()
        kind, county, employer, title = words[:4]
        given: dict[str, Any] = dict(word.split("=", 1) for word in words[4:])
        days_ago = int(given.pop("ago", 1))
        until = int(given.pop("until", 30))
        db.execute(
            insert(openings).values(
                **{
                    "kind": kind,
                    "county": county,
                    "employer": employer,
                    "title": title,
                    "pay": "月薪3000元",
                    "place": "东大街",
                    "phone": "0935-2212345",
                    "contact": "王经理",
                    "published_at": self.now - timedelta(days=days_ago),
                    "expires_on": self.now.astimezone(LOCAL).date() + timedelta(days=until),
                    **given,
                }
            )
        )

    # --- The caller ---

    def _caller(self, does: str) -> None:
        if does.startswith("写"):
            self.write(does[1:].strip())
        elif self.channel == "sms":
            self.write("你好" if does == "拨打" else does.removeprefix("说 "))
        elif does in ("拨打", "重拨"):
            self._ring()
        elif does == "挂断":
            self._end()
        elif does == "断线":
            self._turn(Hello(again=True, broken=True))
        elif does == "不出声":
            self._turn(NoInput())
        elif does.startswith("留言"):
            turn = self.spoken.reply.session.turn if self.spoken else 0
            self._turn(Recorded(f"test/{self.calls}.{turn}.wav", int(does.split()[1])))
        elif does in ("无人接听", "通话结束"):
            self._turn(Returned("answered" if does == "通话结束" else "no_answer"))
        elif does.startswith("说"):
            text, _, sure = does[1:].strip().partition(" ")
            self._turn(Utterance(text.replace("？", ""), float(sure or 1), unknown=text.startswith("？")))
        else:
            assert re.fullmatch(r"[0-9*#]+", does), f"no such thing to do: {does}"
            self._turn(Dtmf(does))

    def _ring(self) -> None:
        self.calls += 1
        call_in = CallIn("test", f"CA{self.calls}", self.caller, None)
        call = self.database.write_now(lambda db: calls.open_call(db, call_in, f"call{self.calls}", self.now))
        self.call_id = call.id
        self._turn(Hello())

    def write(self, body: str, message: str = "", media: int = 0) -> tuple[str, ...]:
        """A text message from the caller, ``message`` its id; the messages that answer it."""
        self.now += timedelta(seconds=10)
        self.written += 1
        conversation = Conversation(
            self.database, all_pages(), LANGUAGES, lambda: self.now, texting.SIGNATURE, GATE, DOOR
        )
        take = conversation.text_turn
        replies: list[Reply] = []

        def text_turn(*args: Any) -> Reply:
            replies.append(take(*args))
            return replies[-1]

        conversation.text_turn = text_turn  # type: ignore[assignment, method-assign]
        inbox = Inbox(conversation, all_pages(), LANGUAGES, lambda: self.now, texting.SIGNATURE, texting.KEY)
        text = TextIn("test", message or f"SM{self.written}", self.caller, body, media)
        letters = self.database.write_now(lambda db: inbox.take(db, text))
        if replies:
            self.spoken = Spoken(replies[-1], Leaving() if replies[-1].exit else None)
        self.said, self.heard_until = texting.read(letters), 0
        return letters

    def _end(self) -> None:
        self.database.write_now(lambda db: calls.end(db, self.call_id, "completed", self.now))

    def _turn(self, heard: Heard) -> None:
        self.now += timedelta(seconds=10)
        # made anew for each turn: whatever a turn needs of the one before it is in the database
        conversation = Conversation(
            self.database, all_pages(), LANGUAGES, lambda: self.now, "武威市残联", GATE, DOOR
        )
        spoken = self.database.write_now(
            lambda db: conversation._turn(db, self.call_id, heard, None, self.now)
        )
        assert spoken is not None
        self.spoken = spoken
        self.said = [phrase.text for phrase in spoken.reply.phrases]
        self.heard_until = 0

    # --- What must be so ---

    def _check(self, what: str, wanted: str = "") -> None:
        assert self.spoken is not None
        reply = self.spoken.reply
        match what:
            case "where":
                assert reply.where == wanted, reply.where
            case "ended":
                assert self.spoken.leaving is not None
                assert self.spoken.leaving.dial is None
            case "dial":
                assert self.spoken.leaving is not None
                assert self.spoken.leaving.dial == wanted, self.spoken.leaving
            case "mode" | "playback":
                found = reply.screen.mode if what == "mode" else reply.playback
                assert found == wanted, found
            case "speed" | "wordiness" | "patience":
                assert str(getattr(reply.profile, what)) == wanted, reply.profile
            case _:
                self.database.read_now(lambda db: self._stored(db, what, wanted))

    def _stored(self, db: Connection, what: str, wanted: str) -> None:
        match what:
            case "texts":
                found = db.execute(UNASKED).scalars().all()
                assert len(found) == int(wanted), found
            case "text":
                bodies = db.execute(UNASKED).scalars().all()
                assert any(wanted in body for body in bodies), bodies
            case "task":
                rows = db.execute(select(tasks.c.kind, tasks.c.phone)).all()
                assert any(row.kind == wanted.split()[0] for row in rows), rows
                if " " in wanted:
                    assert any(row.phone == wanted.split()[1] for row in rows), rows
            case "tasks":
                kinds = db.execute(select(tasks.c.kind)).scalars().all()
                assert len(kinds) == int(wanted), kinds
            case "consent":
                query = select(consents.c.scope).where(consents.c.withdrawn_at.is_(None))
                assert set(db.execute(query).scalars()) == set(wanted.split())
            case "people":
                assert len(db.execute(select(people_table.c.id)).all()) == int(wanted)
            case "number":
                number = calls.get(db, self.call_id)
                assert number is not None
                assert str(number.number) == wanted, number.number
            case _:
                CHECKS[what](db, wanted)

    # --- Meanwhile ---

    def _meanwhile(self, what: str, *args: str) -> None:
        match what:
            case "fill":
                change = update(openings).where(openings.c.id == int(args[0])).values(filled_at=self.now)
                self.database.write_now(lambda db: db.execute(change).rowcount)
            case "later":
                self.now += timedelta(**{args[1]: int(args[0])})
            case "erase":
                self.database.write_now(
                    lambda db: db.execute(update(people_table).values(name=None)).rowcount
                )
            case "remind":
                self._remind(args[0], orjson.loads(args[1]))
            case "tick":
                self._tick()
            case _:
                self.database.write_now(lambda db: EVENTS[what](db, list(args), self.now))

    def _tick(self) -> None:
        """The scheduler's tick, but for sending: the letters stay in the outbox, where the caller's are read."""
        conversation = Conversation(
            self.database, all_pages(), LANGUAGES, lambda: self.now, texting.SIGNATURE
        )
        keeper = Timekeeper(
            self.database,
            conversation,
            LANGUAGES,
            {**HANDLERS, **by_telephone.HANDLERS},
            texting.SIGNATURE,
            lambda: self.now,
        )

        def fire(db: Connection) -> list[str]:
            before = select(func.coalesce(func.max(deliveries.c.id), 0))
            last = db.execute(before).scalar_one()
            # an offer that ran out sets the next at once: until nothing is due, or only put off
            while any(keeper.fire(db, due, self.now) for due in timers.due(db, self.now, 50)):
                pass
            mine = select(deliveries.c.body).where(
                deliveries.c.id > last, deliveries.c.address == self.caller, deliveries.c.body != ""
            )
            return list(db.scalars(mine.order_by(deliveries.c.id)))

        self.said, self.heard_until = texting.read(self.database.write_now(fire)), 0

    def _remind(self, page: str, data: dict[str, Any]) -> None:
        """As the timers do: the page is entered anew; what it says instead, if anything, is all there is."""

        def enter(db: Connection) -> None:
            row = _load(db, self.call_id)
            session = load(row.state)
            profile = _profile(row, session)
            say = LANGUAGES[profile.language].bound[profile.wordiness, "voice"]
            entered = all_pages()[page].enter(Turn(db, self.now, say, profile, data, "voice", self.call_id))
            if not isinstance(entered, Mapping):
                self.said = [phrase.text for phrase in entered.say]
                return
            moved = replace(session, frames=(Frame(MAIN), Frame(page, entered)))
            db.execute(update(sessions).values(state=dump(moved)).where(sessions.c.id == session.id))

        self.said, self.heard_until = [], 0
        self.database.write_now(enter)
        if not self.said:
            self._turn(Hello(again=True))


def _duty(db: Connection, phone: str) -> None:
    counselor = db.execute(
        insert(counselors).values(name="李老师", phone=phone).returning(counselors.c.id)
    ).scalar_one()
    for weekday in range(1, 8):
        db.execute(
            insert(duty_hours).values(counselor_id=counselor, weekday=weekday, starts="08:30", ends="18:00")
        )


def today(now: datetime) -> date:
    return now.astimezone(LOCAL).date()
