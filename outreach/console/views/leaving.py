"""A person's whole record as a file or on paper, and their erasing."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from outreach.console.language import said
from outreach.console.people import file, leaving, timeline, words
from outreach.console.people.forms import EraseForm
from outreach.console.people.hanging import counts
from outreach.console.routes import Views
from outreach.console.views.people import ABOUT, ONE, PATH, crumbs, name_of
from outreach.console.views.today import REASONS
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS

VIEWS: Final = Views()
ON_PAPER: Final = 2000
"""Rows of the timeline that are printed; the file has all."""


@VIEWS.post(ONE + "/record.json", "people.reveal")
async def record(visit: Visit, person_id: int) -> Response:
    """All that is kept, with nothing hidden: written down as a look at everything."""
    found = await _looked(visit, person_id, "record.json")
    whole = await visit.read(lambda db: leaving.record(db, person_id, visit.now))
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="person-{found.id}.json"'}
    return Response(orjson.dumps(whole, option=orjson.OPT_INDENT_2), 200, headers, "application/json")


@VIEWS.post(ONE + "/record", "people.reveal")
async def on_paper(visit: Visit, person_id: int) -> Response:
    """The same in words, to be printed and handed over."""
    found = await _looked(visit, person_id, "record")

    def look(db: Connection) -> tuple[Any, ...]:
        events, more = timeline.page(db, person_id, limit=ON_PAPER)
        parts = {name: file.hidden(db, person_id, name) for name in ("phone", "cases", "recordings")}
        return events, more, parts, counts(db, person_id)

    events, more, parts, amounts = await visit.read(look)
    return visit.show(
        "person_record.html",
        crumbs=crumbs(found),
        person=found,
        name=name_of(found),
        events=events,
        more=more,
        parts_of=parts,
        amounts=amounts,
        tables=leaving.TABLES,
        words=words,
        about=ABOUT,
        reasons=REASONS,
    )


@VIEWS.get(ONE + "/erase", "people.erase")
async def ask(visit: Visit, person_id: int) -> Response:
    """What would be erased, and when."""
    return await _page(visit, person_id, visit.bind(EraseForm, {"when": "grace"}))


@VIEWS.post(ONE + "/erase", "people.erase")
async def erase(visit: Visit, person_id: int) -> Response:
    """Erase, or put down to be erased. At once only with the box ticked that says it cannot be undone."""
    form = visit.bind(EraseForm)
    if not form.validate():
        return await _page(visit, person_id, form, 422)
    wish = leaving.Wish("now" if form.when.data == "now" else "grace", form.reason.data)
    if wish.when == "now" and visit.fields.get("_sure") != "1":
        return await _page(visit, person_id, form, sure=True)
    try:
        at = await visit.write(lambda audit: leaving.erase(audit, visit.desk, person_id, wish))
    except LookupError:
        raise Refused(404, "") from None
    except leaving.Impossible as impossible:
        form.refuse("when", impossible.why)
        return await _page(visit, person_id, form, 409)
    if at is None:
        return visit.go(PATH, said("删掉了。"))
    return visit.go(f"{PATH}/{person_id}", said("记下了，到时候会删掉。本人会收到通知，可以反悔。"))


@VIEWS.post(ONE + "/stay", "people.erase")
async def stay(visit: Visit, person_id: int) -> Response:
    """They thought better of it."""

    def work(audit: Any) -> bool:
        done = leaving.stay(audit, person_id)
        audit.rows += not done
        return done

    done = await visit.write(work)
    return visit.go(f"{PATH}/{person_id}", said("好的，不删了。") if done else said("本来就没有要求删。"))


async def _looked(visit: Visit, person_id: int, what: str) -> file.File:
    found = visit.need(await visit.read(lambda db: file.read(db, person_id)))
    await visit.write(lambda audit: audit.looked("people", person_id, (what,)))
    return found


async def _page(
    visit: Visit, person_id: int, form: EraseForm, status: int = 200, sure: bool = False
) -> Response:
    def look(db: Connection) -> tuple[file.File | None, Any]:
        return file.read(db, person_id), counts(db, person_id)

    person, amounts = await visit.read(look)
    found = visit.need(person)
    return visit.show(
        "person_erase.html",
        status,
        crumbs=crumbs(found),
        person=found,
        name=name_of(found),
        form=form,
        sure=sure,
        amounts=amounts,
        tables=leaving.TABLES,
    )
