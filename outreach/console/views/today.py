"""Today 今天: who is on the line, what waits to be done, what to look after. A number by its last four digits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, func, select
from starlette.responses import Response, StreamingResponse

from outreach.console import day, sessions, tasks
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.delivery import outbox
from outreach.services.person import tail
from outreach.services.places import today as calendar_day
from outreach.store import calls, unanswered
from outreach.store.audit import Audit
from outreach.store.schema import deliveries, openings
from outreach.store.tables.bookings import bookings
from outreach.store.tables.training import training_registrations

VIEWS: Final = Views()
PATH: Final = "/console"
TASKS_SHOWN: Final = 20

STATES: Final = {"ringing": said("响铃"), "live": said("通话中"), "transferring": said("转接中")}
MODES: Final = {"stream": said("语音"), "keys": said("按键")}
LANGUAGES: Final = {"zh-CN": said("普通话"), "en": said("英语")}
KINDS: Final = {
    "urgent": said("紧急求助"),
    "call_back": said("回电话"),
    "message": said("听留言"),
    "case": said("维权案件"),
    "application": said("转报名"),
    "produce": said("农产品"),
}
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    said("要回的电话"): ("urgent", "call_back"),
    said("要听的留言"): ("message",),
    said("维权案件和其他"): ("case", "application", "produce"),
}
REASONS: Final = {
    "opted_out": said("对方不要再发"),
    "invalid_number": said("号码不对"),
    "landline": said("是座机，收不到短信"),
    "content_refused": said("运营商不收这样的内容"),
    "carrier_refused": said("运营商没有收"),
    "account": said("我们在运营商的账户有问题，请找管理员"),
    "unreachable": said("对方关机或者不在服务区"),
    "throttled": said("发得太快，运营商不收"),
    "backlog": said("运营商太忙"),
    "daily_limit": said("今天的数量用完了"),
    "carrier_down": said("运营商出了故障"),
}
"""Why something did not arrive, in words."""


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One row of the calls' table. ``number``: its last four digits."""

    since: datetime
    minutes: int
    number: str | None
    place: str | None
    state: str
    mode: str
    language: str
    node: str | None


@dataclass(frozen=True, slots=True)
class ShownTask:
    """One row of the tasks' tables. ``seconds``: how long the message is."""

    id: int
    kind: str
    at: datetime
    number: str | None
    about: str | None
    seconds: int | None
    assignee: str | None


@dataclass(frozen=True, slots=True)
class View:
    """What changes by itself."""

    waiting: int
    undone: int
    calls: tuple[ShownCall, ...]
    tasks: Mapping[str, tuple[ShownTask, ...]]

    @property
    def summary(self) -> str:
        """In one sentence."""
        return said(
            "{calls} 个电话正在通话，{tasks} 件事待办，{texts} 条短信待发。",
            calls=len(self.calls),
            tasks=self.undone,
            texts=self.waiting,
        )


@VIEWS.get(PATH, "today.see")
async def today(visit: Visit) -> Response:
    """The page."""

    def ask(db: Connection) -> tuple[View, day.Day]:
        return look(db, visit.now), day.look(db, visit.now)

    view, rest = await visit.read(ask)
    return visit.show("today.html", view=view, day=rest, reasons=REASONS)


@VIEWS.get("/console/live/events", "today.see")
async def events(visit: Visit) -> Response:
    """The page's live parts, whenever they have changed; ends with the session."""
    return StreamingResponse(_changes(visit), media_type="text/event-stream", headers=HEADERS)


@VIEWS.post("/console/openings/{opening_id:int}/checked", "tasks.act")
async def checked(visit: Visit, opening_id: int) -> Response:
    """Somebody asked the employer: it is still open."""
    on = calendar_day(visit.now)
    try:
        await visit.write(lambda audit: audit.change(openings, opening_id, {"checked_on": on}))
    except LookupError:
        raise Refused(404, "") from None
    return visit.go(PATH, said("记下了：这个岗位今天核实过，还在招。"))


@VIEWS.post("/console/unanswered/{about}/{row_id:int}", "tasks.act")
async def ring_up(visit: Visit, about: str, row_id: int) -> Response:
    """A task to ring somebody who has not answered a reminder."""
    table = {"training": training_registrations, "booking": bookings}.get(about)

    if table is None:
        raise Refused(404, "")

    def work(audit: Audit) -> None:
        person_id = audit.db.scalar(select(table.c.person_id).where(table.c.id == row_id))
        if person_id is None:
            raise Refused(404, "")
        purpose = unanswered.purpose(about, row_id)
        outbox.queue_task(audit.db, kind="call_back", purpose=purpose, person_id=person_id, now=audit.now)
        audit.record("task.add", table.name, row_id)

    await visit.write(work)
    return visit.go(PATH, said("放进了要回的电话。"))


@VIEWS.post("/console/failed/{delivery_id:int}", "tasks.act")
async def ring_instead(visit: Visit, delivery_id: int) -> Response:
    """A task to ring somebody whom a text did not reach."""

    def work(audit: Audit) -> None:
        found = audit.db.execute(
            select(deliveries.c.person_id, deliveries.c.address).where(deliveries.c.id == delivery_id)
        ).one_or_none()
        if found is None:
            raise Refused(404, "")
        audit.record("task.add", "deliveries", delivery_id)
        outbox.queue_task(
            audit.db,
            kind="call_back",
            purpose=f"failed:{delivery_id}",
            person_id=found.person_id,
            phone=found.address,
            now=audit.now,
        )

    await visit.write(work)
    return visit.go(PATH, said("放进了要回的电话。"))


async def _changes(visit: Visit) -> AsyncIterator[bytes]:
    desk, shown = visit.desk, None
    while True:
        now = desk.clock()

        def ask(db: Connection, now: datetime = now) -> tuple[sessions.Session | None, View]:
            return sessions.find(db, visit.token, now), look(db, now)

        session, view = await desk.database.read(ask)
        if session is None or not session.live:
            yield b"event: ended\ndata: -\n\n"
            return
        if view == shown:
            yield b":\n\n"  # nothing new: keeps proxies from closing an idle stream
        else:
            shown = view
            parts = {
                "summary": visit.say(view.summary),
                "tables": visit.fragment("today_live.html", view=view),
            }
            yield b"data: " + orjson.dumps(parts) + b"\n\n"
        await asyncio.sleep(desk.look_every_seconds)


def look(db: Connection, now: datetime) -> View:
    """What goes on at ``now``. Raises nothing of its own."""
    return View(
        waiting=db.execute(select(func.count()).select_from(deliveries).where(outbox.QUEUED)).scalar_one(),
        undone=tasks.count(db),
        calls=tuple(_shown(call, now) for call in calls.live(db)),
        tasks={
            group: tuple(_task(task) for task in tasks.waiting(db, kinds, TASKS_SHOWN))
            for group, kinds in GROUPS.items()
        },
    )


def _task(task: tasks.Task) -> ShownTask:
    number = tail(task.number) if task.number else None
    return ShownTask(
        task.id, KINDS[task.kind], task.created_at, number, task.opening, task.seconds, task.assignee
    )


def _shown(call: calls.Call, now: datetime) -> ShownCall:
    return ShownCall(
        since=call.started_at,
        minutes=int((now - call.started_at).total_seconds() // 60),
        number=tail(call.number) if call.number else None,
        place=call.page,
        state=STATES.get(call.state, call.state),
        mode=MODES[call.mode],
        language=LANGUAGES.get(call.language or "", call.language or said("没有选")),
        node=call.node,
    )
