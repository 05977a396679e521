"""A rehearsal as a diary: what left the house day by day, what came back, what was left to a counselor, the totals.

Nobody is named: an initial and the tail of the number, as in every list that may lie on a desk.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, Row, func, select

from outreach.conversation import Spoken
from outreach.delivery import outbox
from outreach.delivery.outbox import Delivery
from outreach.delivery.policy import LOCAL
from outreach.dialogue.page import Phrase, Words
from outreach.dialogue.turn import MAIN
from outreach.sms import keywords, segments
from outreach.speech.spoken import sentences
from outreach.store.database import Database
from outreach.store.schema import counselors, deliveries, people, tasks
from outreach.wire import CallOut, TextIn

REPLY: Final = "reply:"
NAMED: Final = "call.hello.named"
SENT: Final = frozenset({"sending", "sent", "delivered", "unsure"})
UNREACHED: Final = frozenset({"failed", "skipped"})
WORDS_AT_MOST: Final = 60
LEADS_ON: Final = ("：", ":")
"""A sentence that ends so leads to choices, which are not repeated here."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the diary."""

    at: datetime
    words: str


@dataclass
class Totals:
    """What it came to. ``reminded``, ``answered``, ``out``: numbers of telephones; ``open``: those asked last."""

    texts: int = 0
    parts: int = 0
    replies: int = 0
    calls: int = 0
    tasks: int = 0
    reminded: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    out: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    silent: int = 0
    unreached: Counter[str] = field(default_factory=Counter)


class Diary:
    """Writes down what it sees in the ledger after each step, in the words of ``say``."""

    def __init__(self, database: Database, say: Words, signature: str) -> None:
        self._database, self._say, self._head = database, say, f"【{signature}】"
        self._states: dict[int, str] = {}
        self._told: set[int] = set()
        self._last_task = 0
        self._began = False
        self.lines: list[Line] = []
        self.totals = Totals()

    def answered(self, at: datetime, text: TextIn, letters: Sequence[str]) -> None:
        """Somebody wrote, and this is what they are told."""
        assert text.sender is not None
        told = self._gist(letters[0]) if letters else self._say("rehearsal.unsaid").text
        whom = self._database.read_now(lambda db: self._whom(db, None, text.sender))
        self._write(at, "rehearsal.answered", whom=whom, body=text.body, words=told)
        self.totals.replies += 1
        self.totals.answered.add(text.sender)
        self.totals.open.discard(text.sender)
        if keywords.subscription(keywords.tidy(text.body)) == "out":
            self.totals.out.add(text.sender)

    def talked(self, at: datetime, call: CallOut, said: Sequence[tuple[str, Spoken]]) -> None:
        """A call was answered: what it was about, and what came of each key."""
        whom = self._database.read_now(lambda db: self._whom(db, None, call.to))
        for key, spoken in said:
            words = self._gist("".join(phrase.text for phrase in _told(spoken)))
            self._write(
                at, "rehearsal.pressed" if key else "rehearsal.rang", whom=whom, pressed=key, words=words
            )
        self.totals.calls += 1
        self.totals.reminded.add(call.to)

    async def look(self, now: datetime) -> None:
        """See what has changed in the ledger since last time. What was there at first is not news."""
        await self._database.read(lambda db: self._read(db, now))
        self._began = True

    def _read(self, db: Connection, now: datetime) -> None:
        fresh = select(*outbox.SHOWN).order_by(deliveries.c.id)
        for delivery in (Delivery(*row) for row in db.execute(fresh).all()):
            if self._states.get(delivery.id) != delivery.state:
                self._states[delivery.id] = delivery.state
                self._delivery(db, delivery, now)
        newer = select(tasks, counselors.c.name.label("counselor")).outerjoin(
            counselors, counselors.c.id == tasks.c.counselor_id
        )
        for task in db.execute(newer.where(tasks.c.id > self._last_task).order_by(tasks.c.id)).all():
            self._last_task = task.id
            self._task(db, task, now)

    def _delivery(self, db: Connection, delivery: Delivery, now: datetime) -> None:
        if not self._began:
            return
        written = delivery.channel == "sms"  # what becomes of a call is told by whoever answers it
        if written and delivery.state in SENT and not delivery.purpose.startswith(REPLY):
            self._sent(db, delivery, now)
        if written and delivery.state == "sent":
            self.totals.texts += 1
            self.totals.parts += segments.size(delivery.body).parts
        if delivery.state in UNREACHED and delivery.reason != "superseded":
            why = self._say(f"reason.{delivery.reason}").text
            whom = self._whom(db, delivery.person_id, delivery.address)
            self._write(now, "rehearsal.unreached", whom=whom, why=why)
            self.totals.unreached[why] += 1

    def _sent(self, db: Connection, delivery: Delivery, now: datetime) -> None:
        if delivery.id in self._told:
            return
        self._told.add(delivery.id)
        whom = self._whom(db, delivery.person_id, delivery.address)
        self._write(now, "rehearsal.sent", whom=whom, words=self._gist(delivery.body))
        self.totals.reminded.add(delivery.address)
        self.totals.silent += delivery.address in self.totals.open
        self.totals.open.add(delivery.address)

    def _task(self, db: Connection, task: Row[*tuple[object, ...]], now: datetime) -> None:
        if not self._began:
            return
        self.totals.tasks += 1
        self._write(
            now,
            "rehearsal.task",
            counselor=task.counselor or self._say("rehearsal.counselors").text,
            what=self._say(f"rehearsal.task.{task.kind}").text,
            whom=self._whom(db, task.person_id, task.phone),
        )

    def _whom(self, db: Connection, person_id: int | None, number: str | None) -> str:
        mine = people.c.id == person_id if person_id is not None else people.c.phone == number
        row = db.execute(
            select(people.c.name, people.c.phone, func.count().over().label("many")).where(mine).limit(1)
        ).first()
        tail = ((row.phone if row else None) or number or "")[-4:]
        if row is None and not tail:
            return self._say("rehearsal.nobody").text
        initial = row.name[0] if row and row.name and row.many == 1 else "＊"
        return self._say("rehearsal.whom", initial=initial, tail=tail).text

    def _gist(self, letter: str) -> str:
        """The first sentences of a letter, without its choices."""
        body = letter.removeprefix(self._head).split("\n")[0]
        gist = ""
        for sentence in sentences(body):
            if gist and (len(gist) + len(sentence) > WORDS_AT_MOST or sentence.endswith(LEADS_ON)):
                break
            gist += sentence
        return gist

    def _write(self, at: datetime, key: str, **values: object) -> None:
        self.lines.append(Line(at, self._say(key, **values).text))

    # --- To be read ---

    def told(self, begins: datetime, ends: datetime, seed: int) -> Iterator[str]:
        """The whole diary, line by line."""
        first, days = begins.astimezone(LOCAL).date(), (ends - begins).days
        yield self._say("rehearsal.title", begins=first.isoformat(), days=days, seed=seed).text
        lines = sorted(self.lines, key=lambda line: line.at)
        by_day = {day: list(those) for day, those in groupby(lines, key=lambda line: _day(line.at))}
        for offset in range((_day(ends) - first).days + 1):
            day = first + timedelta(days=offset)
            if day == _day(ends) and day not in by_day:
                break
            yield ""
            weekday = self._say(f"rehearsal.weekday.{day.isoweekday()}").text
            yield self._say("rehearsal.day", month=day.month, day=day.day, weekday=weekday).text
            yield from (f"  {line.at.astimezone(LOCAL):%H:%M}  {line.words}" for line in by_day.get(day, ()))
            if day not in by_day:
                yield f"  {self._say('rehearsal.quiet').text}"
        yield ""
        yield from self._total()

    def _total(self) -> Iterator[str]:
        total, say = self.totals, self._say
        yield say("rehearsal.total").text
        counted = {"texts": total.texts, "parts": total.parts, "people": len(total.reminded)}
        yield f"  {say('rehearsal.total.sent', **counted).text}"
        if total.calls:
            yield f"  {say('rehearsal.total.calls', count=total.calls).text}"
        answered = {"texts": total.replies, "people": len(total.answered), "out": len(total.out)}
        yield f"  {say('rehearsal.total.answered', **answered).text}"
        yield f"  {say('rehearsal.total.silent', count=total.silent + len(total.open)).text}"
        yield f"  {say('rehearsal.total.tasks', count=total.tasks).text}"
        if not total.unreached:
            yield f"  {say('rehearsal.total.reached').text}"
            return
        yield f"  {say('rehearsal.total.unreached', count=total.unreached.total()).text}"
        for why, count in total.unreached.most_common():
            yield f"    {say('rehearsal.total.reason', count=count, why=why).text}"


def _told(spoken: Spoken) -> Sequence[Phrase]:
    """What was said, without names, and without the main menu that comes after the last thing."""
    reply = spoken.reply
    rest = len(reply.screen.phrases) if reply.session.top.page == MAIN else 0
    said = reply.phrases[: len(reply.phrases) - rest]
    return [phrase for phrase in said if phrase.key != NAMED]


def _day(at: datetime) -> date:
    return at.astimezone(LOCAL).date()
