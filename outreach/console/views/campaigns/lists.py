"""Audiences that are kept under a name: filters, and lists of numbers that somebody pasted."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response
from wtforms import StringField, TextAreaField

from outreach.campaigns import audience
from outreach.campaigns.audience import Listed
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.campaigns import words
from outreach.console.views.campaigns.drafts import PATH
from outreach.console.visit import Refused, Visit
from outreach.services.person import tail
from outreach.store.audit import Audit
from outreach.store.tables.campaigns import audience_members, audiences

VIEWS: Final = Views()
LISTS: Final = PATH + "/lists"
LONGEST: Final = 200_000
"""Characters: some fifteen thousand numbers. Longer lists are imported."""


class ListForm(ConsoleForm):
    """Numbers, one a line."""

    name = StringField(
        said("名单叫什么"), [Needed()], filters=STRIPPED, render_kw={"maxlength": 80, "autocomplete": "off"}
    )
    numbers = TextAreaField(
        said("号码"),
        [Needed()],
        description=said("一行一个，手机或座机都可以。只有登记过的人会在名单里。"),
        render_kw={"rows": 12, "autocomplete": "off", "spellcheck": "false"},
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that could not be used: its number in what was pasted, and why."""

    line: int
    text: str
    why: str


@VIEWS.get(LISTS, "campaigns.write")
async def kept(visit: Visit) -> Response:
    """All that are kept, and a form for a new list."""
    return await _page(visit, visit.bind(ListForm))


@VIEWS.post(LISTS, "campaigns.write")
async def paste(visit: Visit) -> Response:
    """Keep a list; every line that cannot be used is named."""
    form = visit.bind(ListForm)
    if form.validate() and len(form.numbers.data or "") > LONGEST:
        form.refuse("numbers", said("太长了：请分成几个名单，或者用导入。"))
    if form.errors or form.flaws():
        return await _page(visit, form, 422)
    lines, name = (form.numbers.data or "").splitlines(), form.name.data or ""
    found = [(at, line.strip(), audience.numbers(line)) for at, line in enumerate(lines, 1) if line.strip()]
    numbers = [number for _, _, read in found for number in read]

    def work(audit: Audit) -> Listed:
        listed = audience.save_list(audit.db, name, numbers, visit.user.login, visit.now)
        after = {"name": name, "people": listed.found, "refused": listed.refused}
        audit.record("audience.list", "audiences", listed.audience_id, after=after)
        return listed

    try:
        listed = await visit.write(work)
    except IntegrityError:
        form.refuse("name", said("这个名字已经有了，换一个。"))
        return await _page(visit, form, 422)
    unknown = set(listed.unknown)
    refused = [
        *(Refusal(at, text, said("不是电话号码")) for at, text, read in found if not read or None in read),
        *(
            Refusal(at, f"…{tail(number)}", said("没有登记过这个号码，没有同意过接收"))
            for at, _, read in found
            for number in read
            if number in unknown
        ),
    ]
    return visit.show(
        "campaign_list.html",
        crumbs=[(said("群发活动"), PATH), (said("常用的对象和名单"), LISTS)],
        name=name,
        listed=listed,
        refused=sorted(refused, key=lambda one: one.line),
    )


@VIEWS.post(LISTS + "/{audience_id:int}/drop", "campaigns.write")
async def drop(visit: Visit, audience_id: int) -> Response:
    """Forget one. Campaigns made from a filter keep their copy; a list stays while a campaign needs it."""

    def work(audit: Audit) -> None:
        row = audit.db.execute(select(audiences).where(audiences.c.id == audience_id)).one_or_none()
        if row is None:
            raise Refused(404, "")
        if audience.in_use(audit.db, audience_id):
            raise Refused(409, said("还有没结束的活动在用这个名单，先不能删。"))
        audience.drop(audit.db, audience_id)
        audit.record("audience.drop", "audiences", audience_id, {"name": row.name, "filter": row.filter})

    await visit.write(work)
    return visit.go(LISTS, said("删掉了。"))


async def _page(visit: Visit, form: ListForm, status: int = 200) -> Response:
    say = words.words(visit)

    def work(db: Connection) -> list[tuple[Row[Any], str, int]]:
        count = select(func.count()).where(audience_members.c.audience_id == audiences.c.id).scalar_subquery()
        rows = db.execute(select(audiences, count.label("members")).order_by(audiences.c.name))
        return [(row, audience.sentence(audience.read(row.filter), say), row.members) for row in rows]

    found = await visit.read(work)
    return visit.show(
        "campaign_lists.html", status, [(said("群发活动"), PATH)], form=form, found=found, lists=LISTS
    )
