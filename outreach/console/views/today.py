"""Today 今天: what goes on now and what waits to be done. A number is shown by its last four digits. Reads only."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, func, select
from starlette.responses import Response, StreamingResponse

from outreach.console import sessions
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.console.web import HEADERS
from outreach.services.person import tail
from outreach.store import calls
from outreach.store.schema import deliveries, people, tasks

VIEWS: Final = Views()
TASKS_SHOWN: Final = 20

STATES: Final = {"ringing": said("响铃"), "live": said("通话中"), "transferring": said("转接中")}
MODES: Final = {"stream": said("语音"), "keys": said("按键")}
LANGUAGES: Final = {"zh-CN": said("普通话"), "en": said("英语")}
KINDS: Final = {
    "call_back": said("回电话"),
    "message": said("听留言"),
    "application": said("转报名"),
    "case": said("维权案件"),
    "urgent": said("紧急求助"),
    "produce": said("农产品"),
}


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
    """One row of the tasks' table."""

    kind: str
    at: datetime
    number: str | None


@dataclass(frozen=True, slots=True)
class View:
    """All that the page shows."""

    waiting: int
    undone: int
    calls: tuple[ShownCall, ...]
    tasks: tuple[ShownTask, ...]

    @property
    def summary(self) -> str:
        """In one sentence."""
        return said(
            "{calls} 个电话正在通话，{tasks} 件事待办，{texts} 条短信待发。",
            calls=len(self.calls),
            tasks=self.undone,
            texts=self.waiting,
        )


@VIEWS.get("/console", "today.see")
async def today(visit: Visit) -> Response:
    """The page."""
    view = await visit.read(lambda db: look(db, visit.now))
    return visit.show("today.html", view=view)


@VIEWS.get("/console/live/events", "today.see")
async def events(visit: Visit) -> Response:
    """The page's live parts, whenever they have changed; ends with the session."""
    return StreamingResponse(_changes(visit), media_type="text/event-stream", headers=HEADERS)


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
    number = func.coalesce(tasks.c.phone, people.c.phone).label("number")
    latest = (
        select(tasks.c.kind, tasks.c.created_at, number)
        .join(people, people.c.id == tasks.c.person_id, isouter=True)
        .where(~tasks.c.done)
        .order_by(tasks.c.created_at.desc(), tasks.c.id.desc())
        .limit(TASKS_SHOWN)
    )
    waiting = select(func.count()).select_from(deliveries).where(deliveries.c.state == "queued")
    undone = select(func.count()).select_from(tasks).where(~tasks.c.done)
    return View(
        waiting=db.execute(waiting).scalar_one(),
        undone=db.execute(undone).scalar_one(),
        calls=tuple(_shown(call, now) for call in calls.live(db)),
        tasks=tuple(
            ShownTask(KINDS[row.kind], row.created_at, tail(row.number) if row.number else None)
            for row in db.execute(latest)
        ),
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
