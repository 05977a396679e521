"""A provider's bookings, and the days on which a practitioner is away."""

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select
from starlette.responses import Response
from wtforms import DateField

from outreach.console.forms import ConsoleForm, Needed
from outreach.console.keep.entities.words import told_to
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.telling import tell
from outreach.console.visit import Visit
from outreach.services.bookings import publish, rules, store
from outreach.services.bookings.store import Booking
from outreach.services.places import LOCAL, today
from outreach.store.audit import Audit
from outreach.store.schema import people
from outreach.store.tables.bookings import booking_providers, bookings, practitioners

VIEWS: Final = Views()
BOOKED: Final = "/console/keep/providers/{provider_id:int}/bookings"
AWAY: Final = "/console/keep/practitioners/{practitioner_id:int}/away"
CALLED_OFF: Final = said("预约取消了：马上告诉他们，请他们另选时间。")


@VIEWS.get(BOOKED, "people.see")
async def booked(visit: Visit, provider_id: int) -> Response:
    """All that is booked and still to come; those that no longer fit are marked."""

    def look(db: Connection) -> tuple[str | None, list[Booking], set[int], dict[int, str | None]]:
        row = booking_providers.c
        name = db.scalar(select(row.name).where(row.id == provider_id))
        if name is None:
            return None, [], set(), {}
        found = (store.get(db, one) for one in store.of_provider(db, provider_id, visit.now))
        ahead = [one for one in found if one]
        misfits = {one.id for one in publish.affected(db, provider_id, visit.now)}
        ids = [one.person_id for one in ahead]
        query = select(people.c.id, people.c.name).where(people.c.id.in_(ids))
        return name, ahead, misfits, {row.id: row.name for row in db.execute(query)}

    name, ahead, misfits, names = await visit.read(look)
    provider = visit.need(name)
    return visit.show(
        "provider_bookings.html",
        crumbs=[
            (said("预约的单位"), "/console/keep/providers"),
            (provider, f"/console/keep/providers/{provider_id}"),
        ],
        bookings=ahead,
        misfits=misfits,
        names=names,
    )


@VIEWS.post(BOOKED, "keep.write")
async def call_off(visit: Visit, provider_id: int) -> Response:
    """End those that were ticked; their people are told, and offered another time."""
    wanted = [int(value) for value in map(str, visit.fields.getlist("booking")) if value.isdecimal()]
    here = f"/console/keep/providers/{provider_id}/bookings"

    def chosen(db: Connection) -> list[Booking]:
        mine = set(store.of_provider(db, provider_id, visit.now))
        return [one for one in (store.get(db, it) for it in wanted if it in mine) if one]

    found = await visit.read(chosen)
    if not found:
        return visit.go(here, said("没有选要取消的预约。"))
    if not visit.fields.get("_confirmed"):
        return await _confirm(visit, found, [("booking", str(one.id)) for one in found], here)

    def work(audit: Audit) -> int:
        ended = [one.id for one in chosen(audit.db)]
        tell(audit, visit.desk, publish.call_off(audit.db, ended, audit.now))
        _record(audit, ended)
        return len(ended)

    count = await visit.write(work)
    return visit.go(here, said("取消了 {n} 个预约，马上告诉本人。", n=count))


class AwayForm(ConsoleForm):
    """A day."""

    day = DateField(said("哪天不在"), [Needed()])


@VIEWS.get(AWAY, "keep.see")
async def ask_away(visit: Visit, practitioner_id: int) -> Response:
    """The days on which they are away, and a form for one more."""
    return await _away_page(visit, practitioner_id, visit.bind(AwayForm))


@VIEWS.post(AWAY, "keep.write")
async def away(visit: Visit, practitioner_id: int) -> Response:
    """Nobody can book them on that day; whose bookings are called off is shown first."""
    form = visit.bind(AwayForm)
    form.validate()
    day = form.day.data
    if day and day < today(visit.now):
        form.refuse("day", said("这一天已经过去了。"))
    if form.flaws() or day is None:
        return await _away_page(visit, practitioner_id, form, 422)
    here = f"/console/keep/practitioners/{practitioner_id}/away"

    def look(db: Connection) -> list[Booking]:
        return [
            one for it in store.work_of(db, practitioner_id, [day], visit.now) if (one := store.get(db, it))
        ]

    visit.need(await visit.read(lambda db: store.worker(db, practitioner_id)))
    hit = await visit.read(look)
    if hit and not visit.fields.get("_confirmed"):
        return await _confirm(visit, hit, [("day", day.isoformat())], here)

    def work(audit: Audit) -> None:
        ended = store.work_of(audit.db, practitioner_id, [day], audit.now)
        tell(audit, visit.desk, publish.away(audit.db, practitioner_id, day, audit.now))
        audit.record("away", practitioners.name, practitioner_id, None, {"day": day})
        _record(audit, ended)

    await visit.write(work)
    return visit.go(here, said("记下了：这一天不能预约。"))


@VIEWS.post(AWAY + "/back", "keep.write")
async def back(visit: Visit, practitioner_id: int) -> Response:
    """There after all."""
    try:
        day = date.fromisoformat(str(visit.fields.get("day", "")))
    except ValueError:
        day = today(visit.now)
    visit.need(await visit.read(lambda db: store.worker(db, practitioner_id)))

    def work(audit: Audit) -> None:
        publish.back(audit.db, practitioner_id, day)
        audit.record("back", practitioners.name, practitioner_id, {"day": day}, None)

    await visit.write(work)
    here = f"/console/keep/practitioners/{practitioner_id}/away"
    return visit.go(here, said("这一天又可以预约了。"))


async def _away_page(visit: Visit, practitioner_id: int, form: AwayForm, status: int = 200) -> Response:
    def look(db: Connection) -> tuple[Any, list[tuple[date, list[tuple[str, str]]]]]:
        row = practitioners.c
        who = db.execute(select(row.id, row.name).where(row.id == practitioner_id)).one_or_none()
        days: dict[date, list[tuple[str, str]]] = {}
        for starts_at, minutes in store.closed(db, practitioner_id, visit.now) if who else ():
            ends_at = rules.cells(starts_at, minutes + rules.CELL_MINUTES)[-1]
            first, last = (f"{at.astimezone(LOCAL):%H:%M}" for at in (starts_at, ends_at))
            days.setdefault(starts_at.astimezone(LOCAL).date(), []).append((first, last))
        return who, list(days.items())

    found, days = await visit.read(look)
    who = visit.need(found)
    return visit.show(
        "practitioner_away.html",
        status,
        crumbs=[
            (said("服务人员"), "/console/keep/practitioners"),
            (who.name, f"/console/keep/practitioners/{who.id}"),
        ],
        who=who,
        days=days,
        form=form,
    )


async def _confirm(visit: Visit, hit: list[Booking], sent: list[tuple[str, str]], back_to: str) -> Response:
    who = list(dict.fromkeys(one.person_id for one in hit))
    told = await visit.read(lambda db: told_to(db, who, CALLED_OFF))
    return visit.show("keep_tell.html", told=[told], sent=sent, back=back_to)


def _record(audit: Audit, booking_ids: list[int]) -> None:
    for booking_id in booking_ids:
        audit.record("change", bookings.name, booking_id, {"state": "booked"}, {"state": "called_off"})
