"""What goes on now: live calls, the latest open tasks, how many texts wait. The counselors' first page.

For demo mode only, because there is no signing in yet (the signed-in console is a later issue): so no name,
and of a telephone number its last four digits. Reads only.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection, func, select

from outreach.console.web import HEADERS, Pages, serve_static
from outreach.services.person import tail
from outreach.store import calls
from outreach.store.database import Database
from outreach.store.people import GANSU
from outreach.store.schema import deliveries, people, tasks

HERE: Final = Path(__file__).parent
TASKS_SHOWN: Final = 20
LOOK_EVERY_SECONDS: Final = 2.0

STATES: Final = {"ringing": "响铃", "live": "通话中", "transferring": "转接中"}
MODES: Final = {"stream": "语音", "keys": "按键"}
LANGUAGES: Final = {"zh-CN": "普通话", "en": "英语"}
KINDS: Final = {"call_back": "回电话", "message": "听留言", "application": "转报名"}
NO_NUMBER: Final = "不显示号码"


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One row of the calls' table, in words. ``since`` is for machines, ``minutes`` for people."""

    since: str
    minutes: str
    number: str
    place: str
    state: str
    mode: str
    language: str
    node: str


@dataclass(frozen=True, slots=True)
class ShownTask:
    """One row of the tasks' table, in words."""

    kind: str
    at: str
    when: str
    number: str


@dataclass(frozen=True, slots=True)
class View:
    """All that the page shows."""

    summary: str
    calls: tuple[ShownCall, ...]
    tasks: tuple[ShownTask, ...]


def router(
    database: Database,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    look_every_seconds: float = LOOK_EVERY_SECONDS,
) -> APIRouter:
    """``GET /console``, and ``GET /console/live/events``, which sends its parts whenever they have changed."""
    routes = APIRouter(include_in_schema=False)
    pages = Pages(HERE / "templates")

    async def now() -> View:
        return await database.read(lambda db: look(db, clock()))

    @routes.get("/console")
    async def console(request: Request) -> Response:
        return pages.page(request, "live.html", {"view": await now()})

    @routes.get("/console/live/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(changes(), media_type="text/event-stream", headers=HEADERS)

    async def changes() -> AsyncIterator[bytes]:
        shown: View | None = None
        while True:
            view = await now()
            if view == shown:
                yield b":\n\n"  # nothing new: keeps proxies from closing an idle stream
            else:
                shown = view
                parts = {"summary": view.summary, "tables": pages.fragment("tables.html", {"view": view})}
                yield b"data: " + orjson.dumps(parts) + b"\n\n"
            await asyncio.sleep(look_every_seconds)

    serve_static(routes, "/console/static", HERE / "static")
    return routes


def look(db: Connection, now: datetime) -> View:
    """What goes on at ``now``. Raises nothing of its own."""
    live = tuple(_shown(call, now) for call in calls.live(db))
    number = func.coalesce(tasks.c.phone, people.c.phone).label("number")
    latest = (
        select(tasks.c.kind, tasks.c.created_at, number)
        .join(people, people.c.id == tasks.c.person_id, isouter=True)
        .where(~tasks.c.done)
        .order_by(tasks.c.created_at.desc(), tasks.c.id.desc())
        .limit(TASKS_SHOWN)
    )
    open_tasks = tuple(
        ShownTask(KINDS[row.kind], row.created_at.isoformat(), _moment(row.created_at), _tail(row.number))
        for row in db.execute(latest)
    )
    waiting = db.execute(
        select(func.count()).select_from(deliveries).where(deliveries.c.state == "queued")
    ).scalar_one()
    undone = db.execute(select(func.count()).select_from(tasks).where(~tasks.c.done)).scalar_one()
    return View(f"{len(live)} 个电话正在通话，{undone} 件事待办，{waiting} 条短信待发。", live, open_tasks)


def _shown(call: calls.Call, now: datetime) -> ShownCall:
    minutes = int((now - call.started_at).total_seconds() // 60)
    return ShownCall(
        since=call.started_at.isoformat(),
        minutes=f"{minutes} 分钟前" if minutes > 0 else "不到 1 分钟前",
        number=_tail(call.number),
        place=call.page or "刚接通",
        state=STATES.get(call.state, call.state),
        mode=MODES[call.mode],
        language=LANGUAGES.get(call.language or "", call.language or "没有选"),
        node=call.node or "–",
    )


def _tail(number: str | None) -> str:
    return f"尾号 {tail(number)}" if number else NO_NUMBER


def _moment(at: datetime) -> str:
    local = at.astimezone(GANSU)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"
