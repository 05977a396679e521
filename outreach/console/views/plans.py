"""One person, one plan 一人一策: what somebody needs and the next step, and what they were given."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from outreach.console.language import said
from outreach.console.people import file, words
from outreach.console.people.forms import GivenForm, NeedForm, choosing, of_counselors
from outreach.console.routes import Views
from outreach.console.views.people import ONE, PATH, changed_page, crumbs, name_of
from outreach.console.visit import Refused, Visit
from outreach.services.places import today

VIEWS: Final = Views()


@VIEWS.get(ONE + "/needs/new", "people.write")
async def ask_need(visit: Visit, person_id: int) -> Response:
    """An empty form."""
    found, _ = await _found(visit, person_id)
    own = str(found.facts["counselor_id"] or "")
    return await _need_page(visit, found, visit.bind(NeedForm, {"state": "open", "counselor_id": own}))


@VIEWS.post(ONE + "/needs/new", "people.write")
async def add_need(visit: Visit, person_id: int) -> Response:
    """A new need."""
    found, _ = await _found(visit, person_id)
    form = visit.bind(NeedForm)
    choosing(form, await visit.read(of_counselors), None, "")
    if not form.validate():
        return await _need_page(visit, found, form, status=422)
    await visit.write(lambda audit: file.add_need(audit, person_id, form.values()))
    return visit.go(f"{PATH}/{person_id}", said("记下了。"))


@VIEWS.get(ONE + "/needs/{need_id:int}", "people.write")
async def ask_change(visit: Visit, person_id: int, need_id: int) -> Response:
    """The form of one need."""
    found, need = await _found(visit, person_id, need_id)
    shown = {**need, "counselor_id": str(need["counselor_id"] or "")}
    return await _need_page(visit, found, visit.bind(NeedForm, shown), need)


@VIEWS.post(ONE + "/needs/{need_id:int}", "people.write")
async def change_need(visit: Visit, person_id: int, need_id: int) -> Response:
    """Save, unless somebody else did meanwhile: then both are shown."""
    found, need = await _found(visit, person_id, need_id)
    form = visit.bind(NeedForm)
    named = choosing(form, await visit.read(of_counselors), need["counselor_id"], said("原来的指导员"))
    expected = str(visit.fields.get("_mark", ""))
    if not form.validate():
        return await _need_page(visit, found, form, need, 422, expected)
    values = form.values()
    try:
        await visit.write(lambda audit: file.change_need(audit, person_id, need_id, values, expected))
    except LookupError:
        raise Refused(404, "") from None
    except file.Changed as changed:
        options = {
            "kind": words.KINDS,
            "state": words.NEED_STATES,
            "counselor_id": named,
        }
        back = f"{PATH}/{person_id}"
        return changed_page(visit, words.NEED_FIELDS, changed, values, options, back, name_of(found))
    return visit.go(f"{PATH}/{person_id}", said("存好了。"))


@VIEWS.get(ONE + "/services/new", "people.write")
async def ask_given(visit: Visit, person_id: int) -> Response:
    """An empty form, dated today."""
    found, _ = await _found(visit, person_id)
    own = str(found.facts["counselor_id"] or "")
    form = visit.bind(GivenForm, {"given_on": today(visit.now), "counselor_id": own})
    choosing(form, await visit.read(of_counselors), None, "")
    return visit.show("person_given.html", crumbs=crumbs(found), form=form)


@VIEWS.post(ONE + "/services/new", "people.write")
async def give(visit: Visit, person_id: int) -> Response:
    """Write it down."""
    found, _ = await _found(visit, person_id)
    form = visit.bind(GivenForm)
    choosing(form, await visit.read(of_counselors), None, "")
    values = form.values(today(visit.now)) if form.validate() else None
    if values is None:
        return visit.show("person_given.html", 422, crumbs=crumbs(found), form=form)
    await visit.write(lambda audit: file.give(audit, person_id, values))
    return visit.go(f"{PATH}/{person_id}", said("记下了。"))


async def _found(
    visit: Visit, person_id: int, need_id: int | None = None
) -> tuple[file.File, dict[str, Any]]:
    def look(db: Connection) -> tuple[file.File | None, dict[str, Any] | None]:
        return file.read(db, person_id), file.need(db, person_id, need_id) if need_id is not None else {}

    found, need = await visit.read(look)
    return visit.need(found), visit.need(need)


async def _need_page(
    visit: Visit,
    found: file.File,
    form: NeedForm,
    need: dict[str, Any] | None = None,
    status: int = 200,
    mark: str | None = None,
) -> Response:
    kept = need["counselor_id"] if need else None
    choosing(form, await visit.read(of_counselors), kept, said("原来的指导员"))
    current = str(need["version"]) if need else ""
    return visit.show(
        "person_need.html",
        status,
        crumbs=crumbs(found),
        form=form,
        new=need is None,
        mark=current if mark is None else mark,
    )
