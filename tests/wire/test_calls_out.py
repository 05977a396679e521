"""Calls that the line makes, over the wire: placed at the fake carrier, answered, not answered, rung back."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Connection, select, update
from websockets.asyncio.client import connect
from websockets.typing import Origin

from outreach.delivery import outbox, policy
from outreach.services.titles import store as titles
from outreach.simulator.outgoing import Folk, Placed
from outreach.store import people
from outreach.store.people import Scope
from outreach.store.schema import deliveries, tasks
from outreach.store.schema import people as people_rows
from outreach.store.tables.call_items import call_items
from outreach.store.tables.titles import title_entries, title_rounds
from tests.scene_words import day
from tests.wire.serving import SPEED, Served, in_process

WITHIN_SECONDS = 60.0


@dataclass
class Shifted:
    """Ten in the morning, and then as late as a test wants it."""

    began: float = field(default_factory=time.monotonic)
    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        passed = timedelta(seconds=time.monotonic() - self.began)
        return datetime(2026, 11, 24, 2, 0, tzinfo=UTC) + passed + self.ahead


@dataclass
class Office:
    """A line, its clock, and the people it rings."""

    served: Served
    clock: Shifted
    numbers: int = 0

    def folk(self, *whoever: Folk) -> None:
        """How the next calls are taken, one after the other; the last for ever."""
        self.served.carrier.speed = SPEED
        left = list(whoever)
        self.served.carrier.folk = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def person(self, *scopes: Scope, name: str | None = None) -> tuple[int, str]:
        self.numbers += 1
        number = f"+86138000777{self.numbers:02d}"

        def work(db: Connection) -> int:
            person = people.create(db, number, self.clock(), "zh-CN")
            db.execute(update(people_rows).where(people_rows.c.id == person.id).values(name=name))
            for scope in ("service", *scopes):
                people.give_consent(db, person.id, scope, "test/1", "console", None, self.clock())
            return person.id

        return self.served.store.write_now(work), number

    def enters_round(self, person_id: int) -> int:
        """A title round to be reminded of: the id of the entry."""

        def work(db: Connection) -> int:
            round_id = db.execute(select(title_rounds.c.id).order_by(title_rounds.c.id)).scalars().first()
            if round_id is None:
                titles.add_round(
                    db,
                    {
                        "level": "initial",
                        "body": "省盲人按摩中心",
                        "year": 2026,
                        "phone": "0931-8800000",
                        "contact": "省盲人按摩中心",
                        "source": "省残联通知",
                        "notice_on": day(self.clock(), -10),
                        "unit_by": day(self.clock(), 9),
                    },
                    (),
                    (("身份证", ""),),
                )
                round_id = db.execute(select(title_rounds.c.id)).scalars().first()
            assert round_id is not None
            entry = titles.enter(db, person_id, round_id, self.clock())
            assert entry is not None
            return int(entry)

        return self.served.store.write_now(work)

    def queue(self, person_id: int, number: str, purpose: str, **values: Any) -> None:
        given: dict[str, Any] = {
            "purpose": purpose,
            "person_id": person_id,
            "address": number,
            "scope": "reminders",
            "now": self.clock(),
            "expires_at": self.clock() + timedelta(days=5),
            "same_day": policy.day_of(self.clock()),
        }
        assert self.served.store.write_now(lambda db: outbox.queue_call(db, **(given | values)))

    def until(self, true: Callable[[], object], what: str) -> None:
        """The line works by itself; nothing here waits for a fixed time."""
        limit = time.monotonic() + WITHIN_SECONDS
        while not true():
            assert time.monotonic() < limit, f"{what}: {self.states()}"
            threading.Event().wait(0.05)

    def states(self) -> list[tuple[str, str, str | None, int]]:
        columns = (deliveries.c.purpose, deliveries.c.state, deliveries.c.reason, deliveries.c.attempts)
        return self.served.stored(lambda db: [tuple(row) for row in db.execute(select(*columns))])

    def state(self, purpose: str) -> tuple[str, str | None]:
        return next((state, reason) for what, state, reason, _ in self.states() if what == purpose)

    def calls(self, number: str) -> list[Placed]:
        return self.served.carrier.made_to(number)

    def heard(self, entry: int) -> bool:
        query = select(title_entries.c.heard_at).where(title_entries.c.id == entry)
        return self.served.stored(lambda db: db.scalar(query)) is not None


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("office")
    clock = Shifted()
    with in_process(data, f"sqlite:///{data / 'outreach.db'}", clock) as served:
        yield Office(served, clock)


def test_a_person_is_rung_and_confirms_by_key(office: Office) -> None:
    office.folk(Folk("answers", ("until:评审", "key:1", "until:记下您听到了", "quiet", "hangup")))
    person, number = office.person("reminders", name="马师傅")
    entry = office.enters_round(person)
    office.queue(person, number, "p1", page="titles.remind", data={"entry": entry})
    office.until(lambda: office.state("p1")[0] == "delivered", "told")
    (call,) = office.calls(number)
    assert call.failure is None, call.failure
    assert call.live is not None
    assert not call.live.errors
    assert "找马师傅" in call.said
    assert "没有别的事了" in call.said
    assert office.heard(entry)


def test_the_first_key_counts_during_the_greeting(office: Office) -> None:
    office.folk(Folk("answers", ("until:您好", "key:1", "until:记下您听到了", "hangup")))
    person, number = office.person("reminders")
    entry = office.enters_round(person)
    office.queue(person, number, "p2", page="titles.remind", data={"entry": entry})
    office.until(lambda: office.heard(entry), "confirmed")
    assert office.calls(number)[0].failure is None


def test_one_call_carries_two_things(office: Office) -> None:
    office.folk(
        Folk("answers", ("until:一共2件事", "key:1", "until:下一件", "key:1", "until:没有别的事", "hangup"))
    )
    person, number = office.person("reminders")
    entry = office.enters_round(person)
    now = office.clock()
    for what in ("p3a", "p3b"):
        office.queue(
            person,
            number,
            what,
            page="titles.remind",
            data={"entry": entry},
            due_at=now + timedelta(seconds=1.5),
        )
    office.until(lambda: office.state("p3a")[0] == "delivered", "told")
    (call,) = office.calls(number)
    assert call.failure is None, call.failure


def test_a_machine_is_told_only_to_ring_back(office: Office) -> None:
    office.folk(Folk("machine"))
    person, number = office.person("reminders", name="王师傅")
    entry = office.enters_round(person)
    office.queue(person, number, "p4", page="titles.remind", data={"entry": entry})
    office.until(lambda: office.state("p4") == ("failed", "voicemail"), "voicemail")
    office.until(lambda: office.calls(number)[0].status == "completed", "over")
    (call,) = office.calls(number)
    after_the_tone = call.said.removeprefix(call.told_before_the_tone)
    assert "请打这个电话来听" in after_the_tone
    assert "材料" not in after_the_tone, "what had begun when the tone came is a title at most"
    assert "王师傅" not in after_the_tone
    # the same as a text, when they have had time to ring back
    office.clock.ahead += timedelta(minutes=11)
    texts = office.served.app.state.fake_texts
    office.until(lambda: texts.sent_to(number), "as a text")
    rung = office.served.ring(number, "until:我们给您打过电话", "key:1", "until:记下您听到了", "hangup")
    assert not rung.call.errors
    assert office.state("p4") == ("delivered", "rang_back")
    assert office.heard(entry)


def test_busy_three_times_then_a_text_then_a_task(office: Office) -> None:
    office.folk(Folk("busy"))
    person, number = office.person("reminders")
    entry = office.enters_round(person)
    office.queue(person, number, "p5", page="titles.remind", data={"entry": entry})
    for attempt, later in ((1, 11), (2, 31), (3, 0)):
        office.until(lambda attempt=attempt: len(office.calls(number)) == attempt, f"call {attempt}")  # type: ignore[misc]
        office.until(lambda: office.state("p5") in (("queued", "busy"), ("failed", "busy")), "busy")
        office.clock.ahead += timedelta(minutes=later)
    office.until(lambda: office.state("p5") == ("failed", "busy"), "given up")
    texts = office.served.app.state.fake_texts
    texts.fates[number] = 30005
    office.until(lambda: texts.sent_to(number), "the text")
    assert "评审" in texts.sent_to(number)[0].body
    query = select(tasks.c.kind).where(tasks.c.person_id == person)
    office.until(lambda: office.served.stored(lambda db: db.scalar(query)), "the task")


@pytest.mark.parametrize(
    ("does", "reason"), [("nobody", "invalid_number"), ("off", "switched_off"), ("no-answer", "no_answer")]
)
def test_why_nobody_was_reached(office: Office, does: Any, reason: str) -> None:
    office.folk(Folk(does))
    person, number = office.person("reminders")
    entry = office.enters_round(person)
    office.queue(person, number, f"why:{does}", page="titles.remind", data={"entry": entry}, fallback=False)
    office.until(lambda: office.state(f"why:{does}")[1] == reason, reason)
    assert office.state(f"why:{does}")[0] == ("failed" if does == "nobody" else "queued")


def test_what_is_not_a_reminder_can_be_declined_for_good(office: Office) -> None:
    office.folk(
        Folk(
            "answers",
            (
                "until:以后不接这样的电话，请按2",
                "key:2",
                "until:以后不再",
                "quiet",
                "key:1",
                "until:记下了",
                "hangup",
            ),
        )
    )
    person, number = office.person("campaigns")
    office.queue(person, number, "p7", page="home.more", data={}, scope="campaigns", priority=1)
    office.until(lambda: office.state("p7")[0] == "delivered", "declined")
    assert office.calls(number)[0].failure is None, office.calls(number)[0].failure
    assert "campaigns" not in office.served.stored(lambda db: people.consents(db, person))


def test_reports_may_come_in_any_order_twice_and_forged(office: Office) -> None:
    office.folk(Folk("answers", ("until:评审", "key:1", "until:记下您听到了", "hangup")))
    office.served.carrier.in_order = lambda happened: [*reversed(happened), *happened]
    try:
        person, number = office.person("reminders")
        entry = office.enters_round(person)
        office.queue(person, number, "p8", page="titles.remind", data={"entry": entry})
        office.until(lambda: office.state("p8")[0] == "delivered", "told")
        assert office.served.carrier.callbacks_lost == 0
    finally:
        office.served.carrier.in_order = None
    url = f"{office.served.url}/twilio/voice/out/status?delivery=1&attempt=1"
    assert httpx.post(url, data={"CallSid": "CA1", "CallStatus": "busy"}).status_code == 403
    assert office.state("p8") == ("delivered", None)


def test_a_call_whose_end_nobody_reported_is_asked_after(office: Office) -> None:
    office.folk(Folk("answers", ("until:评审", "key:1", "until:记下您听到了", "hangup")))
    office.served.carrier.in_order = lambda _: []
    try:
        person, number = office.person("reminders")
        entry = office.enters_round(person)
        office.queue(person, number, "p9", page="titles.remind", data={"entry": entry})
        office.until(lambda: [call.status for call in office.calls(number)] == ["completed"], "over")
        assert office.state("p9")[0] == "sent"
    finally:
        office.served.carrier.in_order = None
    office.clock.ahead += timedelta(minutes=16)
    office.until(lambda: office.state("p9")[0] == "delivered", "asked after")


def test_items_are_kept_with_when_they_were_told(office: Office) -> None:
    query = select(call_items.c.heard_at).where(call_items.c.purpose == "p1")
    assert office.served.stored(lambda db: db.scalar(query)) is not None


def test_a_missed_call_is_rung_back_within_a_minute(tmp_path: Path) -> None:
    with in_process(tmp_path, f"sqlite:///{tmp_path / 'outreach.db'}", call_back="all") as served:
        office = Office(served, Shifted())
        office.folk(Folk("answers", ("until:不用您付话费", "until:听招聘", "hangup")))
        number = "+8613800077799"
        rung = served.ring(number)
        assert rung.call.clips == []
        office.until(lambda: [call.status for call in office.calls(number)] == ["completed"], "rung back")
        (call,) = office.calls(number)
        assert call.failure is None, call.failure
        office.until(lambda: [state for _, state, _, _ in office.states()] == ["delivered"], "once")


def test_a_browser_can_be_rung(office: Office) -> None:
    url = office.served.url.replace("http", "ws") + "/phone/media"

    async def sit_there() -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        async with connect(url, origin=Origin(office.served.url)) as socket:
            await socket.send(orjson.dumps({"event": "wait", "wait": {"from": "+8613800077788"}}).decode())
            async with asyncio.timeout(WITHIN_SECONDS):
                async for frame in socket:
                    message = orjson.loads(frame)
                    seen.append(message)
                    match message:
                        case {"event": "ringing"}:
                            await socket.send('{"event": "answer", "answer": {}}')
                        case {"event": "transcript", "transcript": {"text": str(text)}} if (
                            "不用您付话费" in text
                        ):
                            await socket.send('{"event": "stop", "stop": {}}')
        return seen

    seen = asyncio.run(sit_there())
    assert seen[0] == {"event": "ringing", "ringing": {}}
    assert seen[-1]["event"] == "stop"
    assert seen[-1]["stop"]["errors"] == []
    office.until(lambda: [call.status for call in office.calls("+8613800077788")] == ["completed"], "over")
