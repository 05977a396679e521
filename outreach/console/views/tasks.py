"""One task: who does it, what was noted, and done."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response
from wtforms import SelectField, TextAreaField

from outreach.console import tasks, users
from outreach.console.forms import STRIPPED, ConsoleForm
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.today import KINDS
from outreach.console.visit import Refused, Visit
from outreach.services.person import tail

VIEWS: Final = Views()
PATH: Final = "/console/tasks/{task_id:int}"
LONGEST_NOTE: Final = 2000


class TaskForm(ConsoleForm):
    """A note, and to whom it goes."""

    words = TextAreaField(
        said("记录"),
        filters=STRIPPED,
        description=said("打了电话没有，谈了什么，下一步做什么。"),
        render_kw={"rows": 4, "maxlength": LONGEST_NOTE},
    )
    assignee_id = SelectField(said("交给谁"), coerce=int)


@VIEWS.get(PATH, "today.see")
async def show(visit: Visit, task_id: int) -> Response:
    """What it is about."""
    return await _page(visit, task_id)


@VIEWS.post(PATH, "tasks.act")
async def act(visit: Visit, task_id: int) -> Response:
    """What the button says that was pressed."""
    form = await _form(visit, None)
    what, user_id = str(visit.fields.get("do", "note")), visit.user.id
    words, assignee_id = (form.words.data or "")[:LONGEST_NOTE], form.assignee_id.data or None
    if what == "note" and not words:
        form.refuse("words", said("请先写记录。"))
        return await _page(visit, task_id, form, 422)
    try:
        match what:
            case "take":
                await visit.write(lambda audit: tasks.take(audit, task_id, user_id))
                return visit.go(visit.path, said("这件事由您来办。"))
            case "assign":
                await visit.write(lambda audit: tasks.assign(audit, task_id, assignee_id))
                return visit.go(visit.path, said("已经交过去了。"))
            case "done":
                await visit.write(lambda audit: tasks.finish(audit, task_id, words))
                return visit.go("/console", said("办完了，记下了。"))
            case "reopen":
                await visit.write(lambda audit: tasks.reopen(audit, task_id))
                return visit.go(visit.path, said("又放回待办里了。"))
            case _:
                await visit.write(lambda audit: tasks.note(audit, task_id, words))
                return visit.go(visit.path, said("记下了。"))
    except LookupError:
        raise Refused(404, "") from None
    except tasks.Taken as taken:
        form.refuse("words", said("{name}已经在办，或者已经办完了。您写的还在下面。", name=taken.by or "—"))
        return await _page(visit, task_id, form, 409)


@VIEWS.post(PATH + "/number", "people.reveal")
async def number(visit: Visit, task_id: int) -> Response:
    """The number in full, for whoever rings them: that it was looked at is written down."""
    task = visit.need(await visit.read(lambda db: tasks.get(db, task_id)))
    await visit.write(lambda audit: audit.looked("tasks", task_id, ("phone",)))
    return await _page(visit, task_id, number=task.number)


async def _form(visit: Visit, task: tasks.Task | None) -> TaskForm:
    form = visit.bind(TaskForm, {"assignee_id": task.assignee_id or 0} if task else {})

    def look(db: Connection) -> list[tuple[int, str]]:
        return [(user.id, user.name) for user in users.everybody(db) if user.active and user.may("tasks.act")]

    form.assignee_id.choices = [(0, said("谁都可以")), *await visit.read(look)]
    return form


async def _page(
    visit: Visit, task_id: int, form: TaskForm | None = None, status: int = 200, number: str | None = None
) -> Response:
    def look(db: Connection) -> tuple[tasks.Task | None, object]:
        return tasks.get(db, task_id), tasks.notes(db, task_id)

    found, notes = await visit.read(look)
    task = visit.need(found)
    if form is None:
        form = await _form(visit, task)
    return visit.show(
        "task.html",
        status,
        form=form,
        task=task,
        notes=notes,
        kind=KINDS[task.kind],
        number=number,
        tail=tail(task.number) if task.number else None,
    )
