"""A session's people: who registered, who was there, whose certificate lies ready."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response
from wtforms import DateField, StringField
from wtforms.validators import Length

from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.keep import registrations
from outreach.console.keep.entities.training import STATES
from outreach.console.keep.entities.words import clashed, told_to
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.services.places import today
from outreach.services.training import store
from outreach.services.training.rules import Session

VIEWS: Final = Views()
ONE: Final = "/console/keep/sessions/{session_id:int}"
PEOPLE: Final = ONE + "/registrations"


class ReadyForm(ConsoleForm):
    """Where certificates lie ready, and how long."""

    place = StringField(
        said("在哪里领"),
        [Needed(), Length(max=200)],
        filters=STRIPPED,
        render_kw={"maxlength": 200, "autocomplete": "off"},
    )
    until = DateField(said("领到哪天为止"), [Needed()])


@VIEWS.get(PEOPLE, "people.see")
async def registered(visit: Visit, session_id: int) -> Response:
    """Everybody who has to do with it."""
    session = await _session(visit, session_id)
    ready = {"place": session.certificate_place, "until": session.certificate_until}
    return await _page(visit, session, visit.bind(ReadyForm, ready))


@VIEWS.post(PEOPLE + "/attendance", "people.write")
async def attendance(visit: Visit, session_id: int) -> Response:
    """Who was there. Only once it has begun."""
    session = await _session(visit, session_id)
    if session.to_come(visit.now) or session.cancelled_at is not None:
        return visit.go(_people(session_id), said("开班以后才能记到场。"))
    present = {
        int(name[1:]): value == "attended"
        for name, value in visit.fields.multi_items()
        if name.startswith("p") and name[1:].isdecimal() and value in ("attended", "absent")
    }
    seen = {
        int(name[1:]): str(value)
        for name, value in visit.fields.multi_items()
        if name.startswith("w") and name[1:].isdecimal()
    }
    noted = await visit.write(lambda audit: registrations.note(audit, session_id, present, seen))
    if noted.clashes:
        return visit.go(_people(session_id), clashed(noted.changed, noted.clashes))
    return visit.go(_people(session_id), said("记下了 {n} 个人的到场情况。", n=noted.changed))


@VIEWS.post(PEOPLE + "/certificates", "keep.write")
async def certificates(visit: Visit, session_id: int) -> Response:
    """They lie ready: who will be told is shown first."""
    session = await _session(visit, session_id)
    form = visit.bind(ReadyForm)
    form.validate()
    place, until = form.place.data, form.until.data
    if until and until < today(visit.now):
        form.refuse("until", said("这一天已经过去了。"))
    if form.flaws() or place is None or until is None:
        return await _page(visit, session, form, 422)
    people = await visit.read(lambda db: registrations.of_session(db, session_id))
    waiting = [one.person_id for one in people if one.state == "attended" and one.collected_at is None]
    if waiting and not visit.fields.get("_confirmed"):
        how = said("证书可以领了：马上告诉他们在哪里领，领到哪天。")
        told = await visit.read(lambda db: told_to(db, waiting, how))
        return visit.show(
            "keep_tell.html",
            crumbs=[*_crumbs(session), (said("报名的人"), _people(session_id))],
            told=[told],
            sent=[("place", place), ("until", until.isoformat())],
            back=_people(session_id),
        )
    await visit.write(lambda audit: registrations.certificates(audit, visit.desk, session_id, place, until))
    return visit.go(_people(session_id), said("已经保存。"))


@VIEWS.post(PEOPLE + "/{person_id:int}/collected", "people.write")
async def collected(visit: Visit, session_id: int, person_id: int) -> Response:
    """Handed out."""
    await _session(visit, session_id)
    done = await visit.write(lambda audit: registrations.collected(audit, visit.desk, session_id, person_id))
    return visit.go(_people(session_id), said("记下了：证书领走了。") if done else said("没有要领的证书。"))


async def _session(visit: Visit, session_id: int) -> Session:
    return visit.need(await visit.read(lambda db: store.get(db, session_id)))


async def _page(visit: Visit, session: Session, form: ReadyForm, status: int = 200) -> Response:
    def look(db: Connection) -> Any:
        return registrations.of_session(db, session.id)

    people = await visit.read(look)
    return visit.show(
        "session_people.html",
        status,
        crumbs=_crumbs(session),
        session=session,
        people=people,
        seated=[one for one in people if one.state in registrations.SEATED],
        begun=not session.to_come(visit.now) and session.cancelled_at is None,
        states=STATES,
        form=form,
        path=_people(session.id),
    )


def _people(session_id: int) -> str:
    return f"/console/keep/sessions/{session_id}/registrations"


def _crumbs(session: Session) -> list[tuple[str, str]]:
    return [
        (said("培训班期"), "/console/keep/sessions"),
        (session.name, f"/console/keep/sessions/{session.id}"),
    ]
