"""Two files of one person: side by side, chosen field by field, made one."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from outreach.console.language import said
from outreach.console.people import file, merging, words
from outreach.console.people.forms import of_counselors
from outreach.console.people.hanging import counts
from outreach.console.people.leaving import TABLES
from outreach.console.routes import Views
from outreach.console.views.people import ONE, PATH, crumbs, name_of
from outreach.console.visit import Refused, Visit

VIEWS: Final = Views()


@VIEWS.get(ONE + "/merge", "people.write")
async def ask(visit: Visit, person_id: int) -> Response:
    """Who may be the same; and, with one of them, both side by side."""
    other = visit.query.get("with", "")
    if not (other.isascii() and other.isdecimal() and len(other) < 16):
        return await _candidates(visit, person_id)
    return await _side_by_side(visit, merging.Pair(person_id, int(other)))


@VIEWS.post(ONE + "/merge", "people.write")
async def merge(visit: Visit, person_id: int) -> Response:
    """Make them one."""
    other = str(visit.fields.get("with", ""))
    if not (other.isascii() and other.isdecimal() and len(other) < 16):
        raise Refused(404, "")
    pair = merging.Pair(person_id, int(other))
    stays, goes = await _both(visit, pair)
    if (stays.mark, goes.mark) != (visit.fields.get("_mark"), visit.fields.get("_other")):
        return await _side_by_side(visit, pair, said("别人刚刚改过其中一份。请再看一遍，再选。"), 409)
    values = {name: (goes if visit.fields.get(name) == "goes" else stays).facts[name] for name in words.FACTS}
    if (values["contact_from"] is None) != (values["contact_until"] is None) or (
        values["contact_from"] and values["contact_from"] >= values["contact_until"]
    ):
        return await _side_by_side(visit, pair, said("联系的两个时间要选同一份档案的。"), 422)
    try:
        await visit.write(lambda audit: merging.merge(audit, pair, values))
    except LookupError:
        raise Refused(404, "") from None
    except merging.Impossible as impossible:
        return await _side_by_side(visit, pair, impossible.why, 409)
    return visit.go(f"{PATH}/{person_id}", said("合并好了，现在是一份档案。"))


async def _both(visit: Visit, pair: merging.Pair) -> tuple[file.File, file.File]:
    def look(db: Connection) -> tuple[file.File | None, file.File | None]:
        return file.read(db, pair.stays), file.read(db, pair.goes)

    stays, goes = await visit.read(look)
    return visit.need(stays), visit.need(goes)


async def _candidates(visit: Visit, person_id: int) -> Response:
    def look(db: Connection) -> tuple[file.File | None, Any]:
        found = file.read(db, person_id)
        return found, file.alike(db, person_id) if found else ()

    found, alike = await visit.read(look)
    person = visit.need(found)
    return visit.show(
        "person_alike.html", crumbs=crumbs(person), person=person, name=name_of(person), alike=alike
    )


async def _side_by_side(visit: Visit, pair: merging.Pair, why: str = "", status: int = 200) -> Response:
    stays, goes = await _both(visit, pair)

    def look(db: Connection) -> tuple[Any, ...]:
        return merging.refusal(db, pair), counts(db, pair.stays), counts(db, pair.goes), of_counselors(db)

    refused, mine, others, named = await visit.read(look)
    options = {**words.CHOICES, "counselor_id": dict(named)}
    return visit.show(
        "person_merge.html",
        status,
        crumbs=crumbs(stays),
        stays=stays,
        goes=goes,
        labels=words.FACTS,
        options=options,
        refused=refused or "",
        why=why,
        tables=TABLES,
        amounts=[
            (name, mine.get(name, 0), others.get(name, 0)) for name in {**mine, **others} if name != "people"
        ],
    )
