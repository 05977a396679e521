"""One task: who does it, what was noted, and done."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response
from wtforms import SelectField, TextAreaField

from outreach.console import calling_back, tasks, users
from outreach.console.forms import STRIPPED, ConsoleForm
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.today import KINDS
from outreach.console.visit import Refused, Visit
from outreach.services.person import tail
from outreach.store import bridges

VIEWS: Final = Views()
PATH: Final = "/console/tasks/{task_id:int}"
LONGEST_NOTE: Final = 2000
CALLS: Final = {
    "calling": said("正在给工作人员的电话打过去"),
    "unreached": said("工作人员的电话没有接通，没有拨对方"),
    "dialled": said("拨了对方，结果还不知道"),
    "answered": said("接通了"),
    "busy": said("对方正在通话"),
    "no_answer": said("对方没有接"),
    "failed": said("没有打通"),
}
"""How a call back stands."""


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


@VIEWS.post(PATH + "/call", "tasks.act")
async def call(visit: Visit, task_id: int) -> Response:
    """Rings the counselor's own telephone; a key there connects them with the person. It is theirs to do, then."""
    try:
        await visit.write(lambda audit: calling_back.ask(audit, task_id))
    except LookupError:
        raise Refused(404, "") from None
    except calling_back.NotCallableError as wrong:
        raise Refused(409, wrong.why) from None
    except tasks.Taken as taken:
        raise Refused(409, said("{name}已经在办，或者已经办完了。", name=taken.by or "—")) from None
    return visit.go(
        visit.path.removesuffix("/call"), said("正在给您的电话打过去。接起来，按一，就接通对方。")
    )


async def _form(visit: Visit, task: tasks.Task | None) -> TaskForm:
    form = visit.bind(TaskForm, {"assignee_id": task.assignee_id or 0} if task else {})

    def look(db: Connection) -> list[tuple[int, str]]:
        return [(user.id, user.name) for user in users.everybody(db) if user.active and user.may("tasks.act")]

    form.assignee_id.choices = [(0, said("谁都可以")), *await visit.read(look)]
    return form


async def _page(
    visit: Visit, task_id: int, form: TaskForm | None = None, status: int = 200, number: str | None = None
) -> Response:
    now = visit.now

    def look(db: Connection) -> tuple[tasks.Task | None, object, object]:
        return tasks.get(db, task_id), tasks.notes(db, task_id), bridges.of_task(db, task_id, now)

    found, notes, tried = await visit.read(look)
    task = visit.need(found)
    if form is None:
        form = await _form(visit, task)
    return visit.show(
        "task.html",
        status,
        form=form,
        task=task,
        notes=notes,
        tried=tried,
        calls=CALLS,
        base=PATH.replace("{task_id:int}", str(task_id)),
        kind=KINDS[task.kind],
        number=number,
        tail=tail(task.number) if task.number else None,
    )
