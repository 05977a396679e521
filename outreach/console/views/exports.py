"""Exporting a list, or the whole database. Who took what is in the audit; personal columns are asked for by a tick."""

import secrets
from typing import Final

from starlette.responses import Response
from wtforms import BooleanField, SelectField

from outreach.console.forms import ConsoleForm
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.imports import sent_file
from outreach.console.visit import Visit
from outreach.exchange import jobs
from outreach.exchange.jobs import Job
from outreach.exchange.lists import LISTS
from outreach.store.people import GANSU

VIEWS: Final = Views()
PATH: Final = "/console/exports"
WHOLE: Final = "whole"
KINDS: Final = {"xlsx": "XLSX (Excel, WPS)", "csv": "CSV", "json": "JSON"}


class ExportForm(ConsoleForm):
    """What, as what, and how much of it."""

    name = SelectField(said("导出什么"))
    kind = SelectField(
        said("格式"),
        choices=list(KINDS.items()),
        description=said("整个数据库总是一个 SQLite 文件，可以全文搜索。"),
    )
    personal = BooleanField(
        said("包括个人信息（姓名、电话等）"),
        description=said("只在需要时勾选。谁导出了什么会记入操作记录；文件请妥善保管，用完删除。"),
    )


@VIEWS.get(PATH, "data.export")
async def ask(visit: Visit) -> Response:
    """The form."""
    return visit.show("exports.html", form=_form(visit))


@VIEWS.post(PATH, "data.export")
async def export(visit: Visit) -> Response:
    """The file."""
    form = _form(visit)
    if not form.validate():
        return visit.show("exports.html", 422, form=form)
    name, personal = form.name.data, bool(form.personal.data)
    whole = name == WHOLE
    kind = "db" if whole else form.kind.data
    await visit.write(
        lambda audit: audit.record("export", name, "", after={"kind": kind, "personal": personal})
    )
    folder = visit.desk.config.data_dir / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.{kind}"
    job = Job(
        "plain" if whole else "list",
        visit.desk.config.database,
        path=str(path),
        name=name,
        personal=personal,
        language=visit.say.language,
    )
    await jobs.run(job)
    return sent_file(path, f"{name}-{visit.now.astimezone(GANSU):%Y%m%d}.{kind}")


def _form(visit: Visit) -> ExportForm:
    form = visit.bind(ExportForm)
    chinese = visit.say.language == "zh-CN"
    lists = [(one.name, one.zh if chinese else one.en) for one in LISTS.values()]
    form.name.choices = [*lists, (WHOLE, said("整个数据库"))]
    return form
