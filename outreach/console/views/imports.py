"""Importing a file: send it, say which column is what, read the report, apply it, take it back.

Whatever takes long runs in a process of its own (``exchange.jobs``). The request waits a moment, so that the report of
an ordinary file is the next page; a large one goes on, and its page says so.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, Response
from wtforms import FileField, SelectField

from outreach.console.forms import Chosen, ConsoleForm
from outreach.console.language import Said, said
from outreach.console.routes import Views
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.exchange import jobs, staging
from outreach.exchange.fields import Target
from outreach.exchange.headers import Layout
from outreach.exchange.jobs import Answer, Job
from outreach.exchange.mending import reasons
from outreach.exchange.staging import Import, Row
from outreach.exchange.targets import TARGETS
from outreach.exchange.understanding import spelt
from outreach.exchange.words import again, say
from outreach.store.audit import Audit

VIEWS: Final = Views()
PATH: Final = "/console/imports"
MOST_MB: Final = 100
LISTED: Final = 30
SHOWN: Final = 50
WAIT_SECONDS: Final = 8.0
"""A file of some thousand lines is done by then."""
STATES: Final[Mapping[str, Said]] = {
    "reading": said("等待核对列，或正在检查"),
    "checked": said("检查完了，还没有写入"),
    "applying": said("正在写入，或写到一半停了"),
    "applied": said("已写入"),
    "undoing": said("正在撤销，或撤到一半停了"),
    "undone": said("已撤销"),
    "failed": said("没有写入：检查之后数据又变了"),
    "dropped": said("放弃了"),
}
VERDICTS: Final[Mapping[str, Said]] = {
    "refused": said("拒绝"),
    "changed": said("修改"),
    "repeated": said("文件里重复"),
    "fresh": said("新增"),
    "same": said("无变化"),
}
_running: set["asyncio.Task[Answer]"] = set()


class UploadForm(ConsoleForm):
    """A file, and what it holds."""

    target = SelectField(said("文件里是什么"))
    file = FileField(
        said("文件"),
        [Chosen()],
        description=said("CSV、TSV、XLSX 或 JSON，不超过 {most} MB。先检查，不会马上写入。", most=MOST_MB),
    )


@VIEWS.get(PATH, "data.import")
async def everything(visit: Visit) -> Response:
    """A form for a new file, and the latest imports."""
    return await _first(visit, _form(visit), 200)


@VIEWS.post(PATH, "data.import")
async def upload(visit: Visit) -> Response:
    """Keep the file, and see how it could be read."""
    form = _form(visit)
    sent = visit.fields.get("file")
    if not form.validate() or not isinstance(sent, UploadFile) or not sent.filename:
        form.refuse("file", said("请选择一个文件。"))
        return await _first(visit, form, 422)
    if (sent.size or 0) > MOST_MB << 20:
        form.refuse(
            "file",
            said("文件有 {size} MB，最多 {most} MB：请分成几个。", size=(sent.size or 0) >> 20, most=MOST_MB),
        )
        return await _first(visit, form, 422)
    path = _folder(visit) / secrets.token_hex(16)
    await asyncio.to_thread(_keep, sent, path)
    answer = await jobs.run(_job(visit, "look", path=str(path), name=form.target.data))
    if "refused" in answer:
        path.unlink(missing_ok=True)
        form.refuse("file", say(again(answer["refused"]), visit.say.language))
        return await _first(visit, form, 422)
    name, target = sent.filename, form.target.data

    def work(audit: Audit) -> int:
        layout = Layout(0, (), (), ())
        import_id = staging.begin(audit.db, target, name, answer["kind"], layout, visit.user.login, visit.now)
        audit.record("import.upload", "imports", import_id, after={"target": target})
        return import_id

    import_id = await visit.write(work)
    path.rename(_file(visit, import_id))
    return visit.go(f"{PATH}/{import_id}/columns")


@VIEWS.get(PATH + "/{import_id:int}/columns", "data.import")
async def ask_columns(visit: Visit, import_id: int) -> Response:
    """Which column is what: guesses, to be corrected."""
    one = await _one(visit, import_id, "reading")
    return await _columns(visit, one, {})


@VIEWS.post(PATH + "/{import_id:int}/columns", "data.import")
async def check(visit: Visit, import_id: int) -> Response:
    """The dry run."""
    one = await _one(visit, import_id, "reading")
    target = TARGETS[one.target]
    chosen = {field.name: str(visit.fields.get(field.name) or "") for field in target.fields}
    missing = [field for field in target.fields if field.required and not chosen[field.name]]
    if missing:
        return await _columns(visit, one, {field.name: said("请选择一列。") for field in missing}, chosen)
    await visit.write(lambda audit: audit.record("import.check", "imports", import_id))
    path = _file(visit, import_id)
    answer = await _patiently(
        _job(visit, "check", import_id, path=str(path), name=one.target, columns=chosen), path
    )
    if answer and "refused" in answer:
        raise Refused(409, say(again(answer["refused"]), visit.say.language))
    return visit.go(f"{PATH}/{import_id}")


@VIEWS.get(PATH + "/{import_id:int}", "data.import")
async def report(visit: Visit, import_id: int) -> Response:
    """What it would do, did, or had to leave; line by line."""
    one = await _one(visit, import_id)
    verdict = visit.query.get("show", "")
    verdict = (
        verdict if verdict in VERDICTS else next((name for name in VERDICTS if getattr(one, name)), "fresh")
    )
    after = visit.query.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 9 else 0

    def look(db: Connection) -> tuple[list[Row], list[Row]]:
        return staging.lines(db, one.id, verdict, start, SHOWN + 1), staging.kept_lines(db, one.id, SHOWN)  # type: ignore[arg-type]

    rows, kept = await visit.read(look)
    target = TARGETS[one.target]
    return visit.show(
        "import.html",
        one=one,
        target=_name(visit, target),
        states=STATES,
        verdicts=VERDICTS,
        verdict=verdict,
        rows=[_shown(visit, target, row) for row in rows[:SHOWN]],
        more=rows[SHOWN - 1].line if len(rows) > SHOWN else None,
        kept=[_shown(visit, target, row) for row in kept],
        remarks=[say(remark, visit.say.language) for remark in one.layout.remarks],
        waiting=one.state == "reading" and _waits(_file(visit, one.id)),
    )


@VIEWS.post(PATH + "/{import_id:int}/apply", "data.import")
async def apply(visit: Visit, import_id: int) -> Response:
    """Write it: all, or its good lines."""
    await _one(visit, import_id, "checked", "applying")
    answer = await _patiently(_job(visit, "apply", import_id, good_rows=visit.fields.get("good") == "1"))
    return visit.go(f"{PATH}/{import_id}", _done(answer))


@VIEWS.post(PATH + "/{import_id:int}/undo", "data.import")
async def undo(visit: Visit, import_id: int) -> Response:
    """Take it back."""
    await _one(visit, import_id, "applied", "applying", "undoing")
    answer = await _patiently(_job(visit, "undo", import_id))
    return visit.go(f"{PATH}/{import_id}", _done(answer))


@VIEWS.post(PATH + "/{import_id:int}/drop", "data.import")
async def drop(visit: Visit, import_id: int) -> Response:
    """Think no more of it; nothing was written."""
    await _one(visit, import_id, "reading", "checked")

    def work(audit: Audit) -> None:
        staging.move(audit.db, import_id, ("reading", "checked"), "dropped", visit.now)
        audit.record("import.drop", "imports", import_id)

    await visit.write(work)
    _file(visit, import_id).unlink(missing_ok=True)
    return visit.go(PATH, said("已放弃，没有写入任何数据。"))


@VIEWS.get(PATH + "/{import_id:int}/refused", "data.import")
async def refused(visit: Visit, import_id: int) -> Response:
    """The refused lines as a file to mend."""
    one = await _one(visit, import_id)
    path = _folder(visit) / f"{secrets.token_hex(16)}.{one.kind}"
    await jobs.run(_job(visit, "refused", import_id, path=str(path)))
    return sent_file(path, f"{Path(one.file_name).stem}-refused-{one.id}.{one.kind}")


def sent_file(path: Path, name: str) -> Response:
    """A file to be saved, which is deleted once it is sent."""
    return FileResponse(
        path, headers=dict(HEADERS), filename=name, background=BackgroundTask(path.unlink, missing_ok=True)
    )


async def _first(visit: Visit, form: UploadForm, status: int) -> Response:
    latest = await visit.read(lambda db: staging.latest(db, LISTED))
    names = {name: _name(visit, target) for name, target in TARGETS.items()}
    return visit.show("imports.html", status, form=form, latest=latest, names=names, states=STATES)


def _form(visit: Visit) -> UploadForm:
    form = visit.bind(UploadForm)
    form.target.choices = [(name, _name(visit, target)) for name, target in TARGETS.items()]
    return form


async def _columns(
    visit: Visit, one: Import, wrong: Mapping[str, Said], chosen: Mapping[str, str] | None = None
) -> Response:
    path, target = _file(visit, one.id), TARGETS[one.target]
    if not _waits(path):
        raise Refused(404, said("这个文件已经检查过，或者不在这台机器上了。"))
    found = await jobs.run(_job(visit, "look", path=str(path), name=one.target))
    columns = [
        (str(number), name or "–", [line[number - 1] for line in found["lines"] if number <= len(line)])
        for number, name in enumerate(found["names"], 1)
    ]
    fields = []
    for field in target.fields:
        column, sure = found["guesses"].get(field.name, (None, None))
        guess = "" if column is None else str(column + 1)
        name = field.zh if visit.say.language == "zh-CN" else field.en
        picked = chosen.get(field.name, guess) if chosen is not None else guess
        fields.append((field, name, picked, sure if picked == guess else None))
    return visit.show(
        "import_columns.html",
        422 if wrong else 200,
        one=one,
        target=_name(visit, target),
        columns=columns,
        fields=fields,
        wrong=wrong,
        remarks=[say(again(remark), visit.say.language) for remark in found["remarks"]],
    )


async def _one(visit: Visit, import_id: int, *states: str) -> Import:
    one = visit.need(await visit.read(lambda db: staging.get(db, import_id)))
    if states and one.state not in states:
        raise Refused(409, said("这个导入已经{state}。", state=STATES[one.state]))
    return one


async def _patiently(job: Job, used: Path | None = None) -> Answer | None:
    """Start a job and wait a moment for it. None: it goes on. ``used``: a file that is not needed after it."""

    async def finished() -> Answer:
        answer = await jobs.run(job)
        if used and "refused" not in answer:
            await asyncio.to_thread(used.unlink, missing_ok=True)
        return answer

    task = asyncio.create_task(finished())
    _running.add(task)
    task.add_done_callback(_running.discard)
    done, _ = await asyncio.wait({task}, timeout=WAIT_SECONDS)
    return task.result() if done else None


def _done(answer: Answer | None) -> Said:
    if answer is None:
        return said("文件大，还在处理；可以先做别的，过一会儿再来看。")
    return STATES.get(answer["state"], said("已经有人在处理。"))


def _job(visit: Visit, do: Any, import_id: int = 0, **more: Any) -> Job:
    return Job(
        do,
        visit.desk.config.database,
        import_id,
        language=visit.say.language,
        user_id=visit.user.id,
        **more,
    )


def _folder(visit: Visit) -> Path:
    folder = visit.desk.config.data_dir / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _file(visit: Visit, import_id: int) -> Path:
    return _folder(visit) / str(import_id)


def _waits(path: Path) -> bool:
    """Is the file still to be checked?"""
    return path.exists()


def _keep(sent: UploadFile, path: Path) -> None:
    path.touch(0o600)
    with path.open("wb") as file:
        while chunk := sent.file.read(1 << 20):
            file.write(chunk)


def _name(visit: Visit, target: Target) -> str:
    return target.zh if visit.say.language == "zh-CN" else target.en


def _shown(visit: Visit, target: Target, row: Row) -> dict[str, Any]:
    """A line as the report shows it."""
    values = row.understood or {}
    chinese = visit.say.language == "zh-CN"
    names = {field.name: field.zh if chinese else field.en for field in target.fields}
    cells: Sequence[str] = [str(cell) for cell in row.cells or () if cell not in (None, "")]
    what = [spelt(target.field(name), values[name]) for name in target.key if values.get(name)]
    return {
        "line": row.line,
        "what": " ".join(what or cells[:6]),
        "changes": [
            (names[name], spelt(target.field(name), before), spelt(target.field(name), values.get(name)))
            for name, before in (row.before or {}).items()
        ],
        "why": reasons(row, target, visit.say.language),
    }
