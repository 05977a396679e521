"""What campaigns are called on the screen: the line's own sentences in the reader's language, and a few of ours."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from outreach.campaigns.checks import Finding
from outreach.campaigns.life import MoveError
from outreach.campaigns.schedule import Schedule
from outreach.console.language import Said, said
from outreach.console.visit import Visit
from outreach.dialogue.page import Words
from outreach.services.person import tail
from outreach.store.schema import people

FIELDS: Final[Mapping[str, str]] = {
    "name": said("姓名"),
    "county": said("县区"),
    "township": said("乡镇"),
    "counselor": said("就业指导员"),
}
"""What a message may say of a person."""
CHANNELS: Final[Mapping[str, str]] = {"sms": said("短信"), "voice": said("电话")}
SCOPES: Final[Mapping[str, str]] = {
    "campaigns": said("同意接收通知的人"),
    "jobs": said("同意接收招聘消息的人"),
}
MAKERS: Final[Mapping[str, str]] = {
    "scheduler": said("系统"),
    "command line": said("终端"),
    "demo": said("演示"),
}
"""Who moves campaigns besides people who are signed in."""
WEEKDAYS: Final[Mapping[str, str]] = {
    "1": said("星期一"),
    "2": said("星期二"),
    "3": said("星期三"),
    "4": said("星期四"),
    "5": said("星期五"),
    "6": said("星期六"),
    "7": said("星期日"),
}
ANCHORS: Final[Mapping[str, str]] = {
    "last_call": said("最近一次来电"),
    "registered": said("登记的日子"),
    "birthday_year": said("满十八岁那年的元旦"),
    "training": said("报名的培训开课"),
    "title_round": said("评审交材料截止"),
}


def words(visit: Visit) -> Words:
    """The line's own sentences as they are read."""
    return visit.desk.languages[visit.say.language].bound[2, "sms"]


def state(visit: Visit, name: str) -> str:
    """A campaign's state."""
    return words(visit)(f"campaign.state.{name}").text


def reason(visit: Visit, why: str | None) -> str:
    """Why somebody is not contacted."""
    return words(visit)(f"reason.{why}").text if why else ""


def finding(visit: Visit, found: Finding) -> str:
    """What is wrong or worth knowing."""
    values = dict(found.values)
    if "field" in values:
        values["field"] = visit.say(FIELDS.get(str(values["field"]), str(values["field"])))
    return words(visit)(found.key, **values).text


def refusal(visit: Visit, error: MoveError) -> str:
    """Why a campaign cannot be moved so."""
    say = words(visit)
    values = {name: say(f"campaign.{name}.{value}").text for name, value in error.values.items()}
    return say(error.key, **values).text


def timing(schedule: Schedule) -> Said:
    """When it runs, in one sentence."""
    clock, hours = schedule.clock, schedule.hours
    match schedule.kind:
        case "once" if not schedule.day:
            return said("批准并安排以后马上开始，{hours} 小时以内结束。", hours=hours)
        case "once":
            return said(
                "{day} {clock} 开始，{hours} 小时以内结束。",
                day=schedule.day,
                clock=clock or "00:00",
                hours=hours,
            )
        case "daily":
            return said("每天 {clock} 开始，每次 {hours} 小时以内结束。", clock=clock, hours=hours)
        case "weekly":
            return said(
                "每{day} {clock} 开始，每次 {hours} 小时以内结束。",
                day=WEEKDAYS[str(schedule.weekday)],
                clock=clock,
                hours=hours,
            )
        case "monthly":
            return said(
                "每月 {day} 日 {clock} 开始，每次 {hours} 小时以内结束。",
                day=schedule.month_day,
                clock=clock,
                hours=hours,
            )
        case "relative":
            return _relative(schedule)


def _relative(schedule: Schedule) -> Said:
    anchor = ANCHORS[schedule.anchor or "last_call"]
    values: dict[str, Any] = {"clock": schedule.clock, "anchor": anchor, "days": abs(schedule.days)}
    if schedule.days > 0:
        return said("{anchor}以前 {days} 天，{clock} 开始。", **values)
    if schedule.days < 0:
        return said("{anchor}以后 {days} 天，{clock} 开始。", **values)
    return said("{anchor}当天，{clock} 开始。", anchor=anchor, clock=schedule.clock)


def shown(db: Connection, ids: Sequence[int]) -> list[tuple[int, str]]:
    """People by the initial of their name and the end of their number: enough to see that it is the right ones."""
    query = select(people.c.id, people.c.name, people.c.phone).where(people.c.id.in_(ids))
    rows = {row.id: row for row in db.execute(query)}
    return [(one, _initial(rows[one].name, rows[one].phone)) for one in ids if one in rows]


def _initial(name: str | None, phone: str | None) -> str:
    parts = (f"{name[0]}＊" if name else "", f"…{tail(phone)}" if phone else "")
    return " ".join(part for part in parts if part) or "–"
