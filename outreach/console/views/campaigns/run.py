"""A campaign that runs: how it goes, live; pause, resume, cancel; why somebody was not contacted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, or_, select
from starlette.responses import Response, StreamingResponse

from outreach.campaigns import audience, progress
from outreach.campaigns.progress import Progress
from outreach.console import sessions
from outreach.console.language import Said, said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts, words
from outreach.console.views.campaigns.drafts import ONE
from outreach.console.visit import Visit
from outreach.console.web import HEADERS
from outreach.store.audit import Audit
from outreach.store.schema import people

VIEWS: Final = Views()
FOUND: Final = 20
STATES: Final = {
    "planned": said("在名单上，还没有轮到。"),
    "queued": said("正要联系。"),
    "sent": said("已经发出，还没有回音。"),
    "reached": said("联系到了。"),
    "nobody": said("不符合条件，不在这次活动里。"),
}
"""What is said of somebody who is in no trouble."""


def summary(visit: Visit, went: Progress) -> Said:
    """How it goes, in one sentence."""
    return said(
        "{state}：{people} 人，已发出 {out}，送到 {reached}，没送到 {unreached}，不联系 {skipped}，还没有轮到 {left}。",
        state=words.state(visit, went.state),
        people=went.people,
        out=went.out,
        reached=went.reached,
        unreached=went.unreached,
        skipped=went.skipped + went.held,
        left=went.planned + went.queued,
    )


@VIEWS.get(ONE + "/events", "campaigns.see")
async def events(visit: Visit, campaign_id: int) -> Response:
    """The live parts of its page, whenever they have changed; ends with the session."""
    await drafts.find(visit, campaign_id)
    return StreamingResponse(_changes(visit, campaign_id), media_type="text/event-stream", headers=HEADERS)


async def _changes(visit: Visit, campaign_id: int) -> AsyncIterator[bytes]:
    desk, shown = visit.desk, None
    while True:
        now = desk.clock()

        def ask(db: Connection, now: datetime = now) -> tuple[sessions.Session | None, Progress]:
            return sessions.find(db, visit.token, now), progress.progress(db, campaign_id)

        session, went = await desk.database.read(ask)
        if session is None or not session.live:
            yield b"event: ended\ndata: -\n\n"
            return
        if went == shown:
            yield b":\n\n"  # nothing new: keeps proxies from closing an idle stream
        else:
            shown = went
            parts = {"summary": visit.say(summary(visit, went)), "tables": fragment(visit, went)}
            yield b"data: " + orjson.dumps(parts) + b"\n\n"
        await asyncio.sleep(desk.look_every_seconds)


def fragment(visit: Visit, went: Progress) -> str:
    """The part that changes by itself."""
    return visit.fragment("campaign_live.html", went=went, reasons=reasons(visit, went))


def reasons(visit: Visit, went: Progress) -> list[tuple[str, int]]:
    """Why people were not reached, the most frequent first."""
    return [(words.reason(visit, why), count) for why, count in went.reasons.items()]


@VIEWS.post(ONE + "/pause", "campaigns.write")
async def pause(visit: Visit, campaign_id: int) -> Response:
    """Stop at once; what has not left is taken back."""

    def work(audit: Audit) -> int:
        return progress.pause(audit.db, campaign_id, visit.user.login, visit.now, audit=audit)

    back = await drafts.written(visit, work)
    return visit.go(drafts.path_of(campaign_id), said("停下了，收回了还没有发出的 {n} 条。", n=back))


@VIEWS.post(ONE + "/resume", "campaigns.write")
async def resume(visit: Visit, campaign_id: int) -> Response:
    """Go on."""

    def work(audit: Audit) -> None:
        progress.resume(audit.db, campaign_id, visit.user.login, visit.now, audit=audit)

    await drafts.written(visit, work)
    return visit.go(drafts.path_of(campaign_id), said("继续了。"))


@VIEWS.post(ONE + "/cancel", "campaigns.write")
async def cancel(visit: Visit, campaign_id: int) -> Response:
    """Asked once more, then stopped for good; what was out already is said."""
    campaign = await drafts.find(visit, campaign_id)
    if visit.fields.get("sure") != "1":
        went = await visit.read(lambda db: progress.progress(db, campaign_id))
        return visit.show(
            "campaign_cancel.html", crumbs=drafts.crumbs(campaign), campaign=campaign, went=went
        )

    def work(audit: Audit) -> Progress:
        return progress.cancel(audit.db, campaign_id, visit.user.login, visit.now, audit=audit)

    went = await drafts.written(visit, work)
    return visit.go(
        drafts.path_of(campaign_id),
        said("取消了：已经发出 {out} 条，没有发的 {left} 条不再发。", out=went.out, left=went.cancelled),
    )


@VIEWS.post(ONE + "/why", "people.see")
async def why(visit: Visit, campaign_id: int) -> Response:
    """What became of somebody, by number or name: posted, so that no number is in an address, and audited."""
    campaign = await drafts.find(visit, campaign_id)
    asked = str(visit.fields.get("who") or "").strip()
    found = await visit.read(lambda db: _found(db, asked)) if asked else []
    answers: list[tuple[int, str, str]] = []
    if found:

        def work(audit: Audit) -> list[tuple[int, str, str]]:
            for person_id, _ in found:
                audit.looked("people", person_id, ("campaign",))
            told = [progress.why_not(audit.db, campaign_id, one, visit.now) for one, _ in found]
            return [
                (person_id, name, words.reason(visit, why) if why else STATES.get(state, ""))
                for (person_id, name), (state, why) in zip(found, told, strict=True)
            ]

        answers = await visit.write(work)
    return visit.show("campaign_why.html", crumbs=drafts.crumbs(campaign), campaign=campaign, answers=answers)


def _found(db: Connection, asked: str) -> list[tuple[int, str]]:
    number = next(iter(audience.numbers("".join(asked.split()))), None)
    named = people.c.name.contains(asked, autoescape=True)
    wanted = or_(named, people.c.phone == number) if number else named
    query = select(people.c.id).where(wanted).order_by(people.c.id).limit(FOUND)
    return words.shown(db, list(db.scalars(query)))
