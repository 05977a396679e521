"""Who did what: the audit, read by day, person, thing and action."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, select
from starlette.responses import Response

from outreach.console import users
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.store.people import GANSU
from outreach.store.tables.console import audit
from outreach.store.tables.console import users as user_rows

VIEWS: Final = Views()
PATH: Final = "/console/audit"
SHOWN: Final = 50
ACTIONS: Final = {
    "add": said("新增"),
    "change": said("修改"),
    "retire": said("停用"),
    "revive": said("重新启用"),
    "delete": said("删除"),
    "look": said("查看敏感信息"),
    "task.add": said("放进待办"),
    "task.take": said("接下待办"),
    "task.assign": said("交给别人办"),
    "task.note": said("写记录"),
    "task.call": said("给对方回电话"),
    "user.pin": said("设电话密码"),
    "task.done": said("办完"),
    "task.reopen": said("放回待办"),
    "import.upload": said("上传文件"),
    "import.check": said("检查文件"),
    "import.apply": said("写入导入"),
    "import.undo": said("撤销导入"),
    "import.drop": said("放弃导入"),
    "export": said("导出"),
    "message.transcribe": said("转写留言"),
    "message.keep": said("延长保存留言"),
    "case.state": said("改案件状态"),
    "case.note": said("写案件记录"),
    "case.assign": said("安排案件"),
    "merge": said("合并档案"),
    "consent.give": said("记下同意"),
    "consent.withdraw": said("撤回同意"),
    "consent.merge": said("合并同意"),
    "erase": said("删除个人信息"),
    "erase.ask": said("要求删除个人信息"),
    "erase.stay": said("不删个人信息了"),
    "sign_in": said("登录"),
    "sign_in.refused": said("登录被拒绝"),
    "sign_out": said("退出"),
}
"""What the actions are called; one that is not here is shown as it is."""
VIA: Final = {
    "console": said("控制台"),
    "terminal": said("命令行"),
    "telephone": said("电话"),
    "api": said("接口"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, to be shown. ``fields``: name, before, after."""

    id: int
    at: datetime
    who: str | None
    via: str
    action: str
    entity: str
    entity_id: str
    fields: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters. ``before``: only rows with smaller ids, for the next page."""

    user_id: int | None
    action: str
    entity: str
    entity_id: str
    day: date | None
    before: int | None


@VIEWS.get(PATH, "audit.see")
async def entries(visit: Visit) -> Response:
    """The newest first, fifty a page."""
    wanted = _wanted(visit)

    def look(db: Connection) -> tuple[list[Entry], Sequence[users.User]]:
        return find(db, wanted), users.everybody(db)

    found, everybody = await visit.read(look)
    more = found[SHOWN - 1].id if len(found) > SHOWN else None
    kept = {name: value for name, value in visit.query.items() if name != "before" and value}
    return visit.show(
        "audit.html",
        entries=found[:SHOWN],
        more=more,
        wanted=wanted,
        query=kept,
        everybody=everybody,
        actions=ACTIONS,
        via=VIA,
    )


def find(db: Connection, wanted: Wanted) -> list[Entry]:
    """Up to a page and one more."""
    row = audit.c
    query: Select[Any] = (
        select(audit, user_rows.c.name.label("who"))
        .outerjoin(user_rows, user_rows.c.id == row.user_id)
        .order_by(row.id.desc())
        .limit(SHOWN + 1)
    )
    for column, value in (
        (row.user_id, wanted.user_id),
        (row.action, wanted.action),
        (row.entity, wanted.entity),
        (row.entity_id, wanted.entity_id),
    ):
        if value:
            query = query.where(column == value)
    if wanted.day:
        midnight = datetime.combine(wanted.day, time(), GANSU)
        query = query.where(row.at >= midnight, row.at < midnight + timedelta(days=1))
    if wanted.before:
        query = query.where(row.id < wanted.before)
    return [
        Entry(
            found.id,
            found.at,
            found.who,
            found.via,
            found.action,
            found.entity,
            found.entity_id,
            _fields(found.before, found.after),
        )
        for found in db.execute(query)
    ]


def _fields(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    before, after = before or {}, after or {}
    return [
        (name, _text(before.get(name)), _text(after.get(name))) for name in dict.fromkeys([*before, *after])
    ]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    return "" if value is None else str(value)


def _wanted(visit: Visit) -> Wanted:
    ask = visit.query.get
    return Wanted(
        user_id=_number(ask("user")),
        action=ask("action", ""),
        entity=ask("entity", ""),
        entity_id=ask("id", ""),
        day=_day(ask("day")),
        before=_number(ask("before")),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
