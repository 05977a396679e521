"""Who takes part in a round of title assessment, and how they stand."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, func, select
from starlette.responses import Response

from outreach.console.keep.entities.titles import LEVELS
from outreach.console.keep.entities.words import clashed
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.telling import tell
from outreach.console.visit import Visit
from outreach.services.titles import publish, store
from outreach.services.titles.rules import Round
from outreach.store.audit import Audit
from outreach.store.schema import people
from outreach.store.tables.titles import title_entries, title_ticks

VIEWS: Final = Views()
ENTRIES: Final = "/console/keep/rounds/{round_id:int}/entries"
STATES: Final[Mapping[str, str]] = {
    "preparing": said("在准备材料"),
    "handed_in": said("材料交了"),
    "passed": said("通过了"),
    "failed": said("没有通过"),
    "left": said("退出了"),
}
"""``left`` is said by nobody but the person."""


@VIEWS.get(ENTRIES, "people.see")
async def entries(visit: Visit, round_id: int) -> Response:
    """Everybody who takes part."""

    def look(db: Connection) -> tuple[Round | None, Any, int]:
        return store.get(db, round_id), _entries(db, round_id), len(store.papers_of(db, round_id))

    found, rows, papers = await visit.read(look)
    this = visit.need(found)
    return visit.show(
        "round_entries.html",
        crumbs=[(said("职称评审"), "/console/keep/rounds"), (this.source, f"/console/keep/rounds/{this.id}")],
        this=this,
        level=LEVELS[this.level],
        rows=rows,
        papers=papers,
        states=STATES,
    )


@VIEWS.post(ENTRIES, "people.write")
async def note(visit: Visit, round_id: int) -> Response:
    """How they stand: reminders follow, and they hear it under their own."""
    visit.need(await visit.read(lambda db: store.get(db, round_id)))
    wanted = {
        int(name[1:]): str(value)
        for name, value in visit.fields.multi_items()
        if name.startswith("e") and name[1:].isdecimal() and value in STATES and value != "left"
    }

    seen = {
        int(name[1:]): str(value)
        for name, value in visit.fields.multi_items()
        if name.startswith("w") and name[1:].isdecimal()
    }

    def work(audit: Audit) -> tuple[int, int]:
        changed = clashes = 0
        for row in _entries(audit.db, round_id):
            state, shown = wanted.get(row.id, row.state), seen.get(row.id, row.state)
            if state in (shown, row.state) or row.state == "left":
                continue
            if shown != row.state:
                clashes += 1
                continue
            tell(audit, visit.desk, publish.decide(audit.db, row.id, state, audit.now))
            audit.record("change", title_entries.name, row.id, {"state": row.state}, {"state": state})
            changed += 1
        audit.rows += not changed
        return changed, clashes

    changed, clashes = await visit.write(work)
    message = clashed(changed, clashes) if clashes else said("改了 {n} 个人的情况。", n=changed)
    return visit.go(f"/console/keep/rounds/{round_id}/entries", message)


def _entries(db: Connection, round_id: int) -> Any:
    own = title_entries.c
    ready = (
        select(func.count())
        .where(title_ticks.c.entry_id == own.id, title_ticks.c.ready)
        .scalar_subquery()
        .label("ready")
    )
    query = select(own.id, own.person_id, own.state, people.c.name, people.c.phone, own.updated_at, ready)
    query = query.join(people, people.c.id == own.person_id).where(own.round_id == round_id)
    return db.execute(query.order_by(own.id)).all()
