"""Inbox 留言: what callers recorded, heard and read by those who may, each leading to what there is to do.

Hearing a message and reading what the machine made of it are looks: both are written down.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select
from starlette.responses import FileResponse, Response
from wtforms import DateField, StringField

from outreach.console import inbox
from outreach.console.figure_words import COUNTIES
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.inbox import Message
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.services.person import tail
from outreach.services.places import today
from outreach.speech.mulaw import mulaw_of_wav
from outreach.store.people import GANSU
from outreach.store.schema import counselors

VIEWS: Final = Views()
PATH: Final = "/console/inbox"
ONE: Final = PATH + "/{recording_id:int}"
PURPOSES: Final = {
    "message": said("留言"),
    "case": said("维权案件"),
    "produce": said("农产品"),
    "name": said("自己报的名字"),
}


class Keep(ConsoleForm):
    """Longer than others, and why."""

    until = DateField(said("保存到哪一天"), [Needed()])
    because = StringField(
        said("为什么要多保存"),
        [Needed()],
        filters=STRIPPED,
        description=said("留言到期自动删除。多保存要有理由，比如仲裁还没有结束。"),
        render_kw={"maxlength": 200, "autocomplete": "off"},
    )


@VIEWS.get(PATH, "inbox.see")
async def messages(visit: Visit) -> Response:
    """What nobody has heard first, then the newest."""
    ask = visit.query.get
    counselor = ask("counselor", "")
    wanted = inbox.Wanted(
        purpose=ask("purpose", "") if ask("purpose", "") in PURPOSES else "",
        county=ask("county", "") if ask("county", "") in COUNTIES else "",
        counselor_id=int(counselor) if counselor.isascii() and counselor.isdecimal() else None,
        unheard=ask("unheard") == "1",
        page=page_of(ask("page")),
    )

    def look(db: Connection) -> tuple[list[Message], Sequence[tuple[int, str]]]:
        named = db.execute(select(counselors.c.id, counselors.c.name).order_by(counselors.c.id))
        return inbox.find(db, wanted), [(row.id, row.name) for row in named]

    found, everybody = await visit.read(look)
    query = {name: value for name, value in visit.query.items() if name != "page" and value}
    return visit.show(
        "inbox.html",
        messages=found[: inbox.SHOWN],
        more=wanted.page + 1 if len(found) > inbox.SHOWN else None,
        wanted=wanted,
        query=query,
        counselors=everybody,
        purposes=PURPOSES,
        counties={key: name for key, name in COUNTIES.items() if key},
        tail=tail,
    )


@VIEWS.get(ONE, "inbox.see")
async def message(visit: Visit, recording_id: int) -> Response:
    """One message: not a word of it before it is asked for."""
    return await _page(visit, recording_id)


@VIEWS.get(ONE + "/sound", "inbox.act")
async def sound(visit: Visit, recording_id: int) -> Response:
    """The file itself (WAV, mu-law: browsers play it), in pieces where the player asks for pieces."""
    found = visit.need(await visit.read(lambda db: inbox.get(db, recording_id)))
    path = _path(visit, found)
    if not await asyncio.to_thread(path.is_file):
        raise Refused(404, said("这条留言的录音文件不在这台服务器上。"))
    user_id, now = visit.user.id, visit.now
    if not await visit.read(lambda db: inbox.listening(db, recording_id, user_id, now)):
        await visit.write(lambda audit: inbox.listen(audit, recording_id))
    return FileResponse(path, headers=HEADERS, media_type="audio/wav")


@VIEWS.post(ONE + "/transcript", "inbox.act")
async def transcript(visit: Visit, recording_id: int) -> Response:
    """What the machine makes of it: made when first asked for, then kept as long as the message."""
    found = visit.need(await visit.read(lambda db: inbox.get(db, recording_id)))
    if found.transcript is None:
        await _transcribe(visit, found)
    await visit.write(lambda audit: audit.looked("recordings", recording_id, ("transcript",)))
    return await _page(visit, recording_id, shown=True)


@VIEWS.post(ONE + "/keep", "inbox.act")
async def keep(visit: Visit, recording_id: int) -> Response:
    """Not deleted on its day, but on a later one."""
    found = visit.need(await visit.read(lambda db: inbox.get(db, recording_id)))
    form, on = visit.bind(Keep), today(visit.now)
    form.validate()
    until = form.until.data
    if until and not found.expires_at.astimezone(GANSU).date() <= until <= on + inbox.LONGEST_KEPT:
        form.refuse("until", said("要在现在的到期日以后，最多从今天起三年。"))
    if form.errors or until is None:
        return await _page(visit, recording_id, form=form, status=422)
    expires = datetime.combine(until + timedelta(days=1), time(), GANSU)
    because = form.because.data or ""
    await visit.write(lambda audit: inbox.keep_until(audit, recording_id, expires, because))
    return visit.go(f"{PATH}/{recording_id}", said("记下了，会保存到那一天。"))


async def _transcribe(visit: Visit, found: Message) -> None:
    transcribe = visit.desk.transcribe
    if transcribe is None:
        raise Refused(409, said("这台服务器没有开语音识别，请直接听录音。"))
    async with visit.desk.transcribing:
        again = await visit.read(lambda db: inbox.get(db, found.id))
        if again is None or again.transcript is not None:
            return
        try:
            audio = mulaw_of_wav(await asyncio.to_thread(_path(visit, found).read_bytes))
        except (OSError, ValueError):
            raise Refused(404, said("这条留言的录音文件不在这台服务器上。")) from None
        heard = await asyncio.to_thread(transcribe, audio)
    await visit.write(lambda audit: inbox.keep_transcript(audit, found.id, heard))


def _path(visit: Visit, found: Message) -> Path:
    return visit.desk.config.data_dir / "recordings" / found.file


async def _page(
    visit: Visit, recording_id: int, *, form: Keep | None = None, shown: bool = False, status: int = 200
) -> Response:
    found = visit.need(await visit.read(lambda db: inbox.get(db, recording_id)))
    return visit.show(
        "message.html",
        status,
        [(said("留言"), PATH)],
        message=found,
        form=form or visit.bind(Keep),
        base=f"{PATH}/{recording_id}",
        shown=shown,
        sure=inbox.sure(found.transcript or ()),
        doubtful=inbox.DOUBTFUL_PERCENT,
        purpose=PURPOSES[found.purpose],
        counties=COUNTIES,
        tail=tail,
    )


def page_of(text: str | None) -> int:
    """The page of a list, from an address; the first when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else 0
