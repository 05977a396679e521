"""When and how a campaign leaves: its calendar, its wall, its pace, by which channel and from which number."""

from dataclasses import replace
from typing import Any, Final

import phonenumbers
from starlette.responses import Response
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TimeField
from wtforms.validators import NumberRange, Optional

from outreach.campaigns import checks, schedule
from outreach.campaigns.schedule import Schedule, ScheduleError
from outreach.campaigns.store import Campaign
from outreach.console.forms import STRIPPED, ConsoleForm
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts, words
from outreach.console.views.campaigns.drafts import ONE
from outreach.console.visit import Visit

VIEWS: Final = Views()
KINDS: Final = {
    "once": said("一次"),
    "daily": said("每天"),
    "weekly": said("每星期"),
    "monthly": said("每月"),
    "relative": said("按每个人自己的日子"),
}
FLAWS: Final = {
    "campaign.schedule.no_time": "hours",
    "campaign.schedule.end_first": "until",
    "campaign.schedule.no_clock": "clock",
    "campaign.schedule.no_anchor": "anchor",
    "campaign.schedule.date": "day",
    "campaign.schedule.unknown": "kind",
    "campaign.past": "day",
    "campaign.never_opens": "hours",
}
"""The field that an error is about."""


class WhenForm(ConsoleForm):
    """The calendar and the way."""

    kind = SelectField(said("多久一次"), choices=list(KINDS.items()))
    day = DateField(
        said("从哪一天开始"), [Optional()], description=said("一次的，空着就是安排以后马上开始。")
    )
    clock = TimeField(said("几点开始"), [Optional()])
    weekday = SelectField(said("每星期的哪一天"), choices=list(words.WEEKDAYS.items()))
    month_day = IntegerField(said("每月几号"), [Optional(), NumberRange(1, 31)])
    anchor = SelectField(said("按什么日子"), choices=[("", said("没有选")), *words.ANCHORS.items()])
    days = IntegerField(
        said("提前几天"), [Optional(), NumberRange(-365, 365)], description=said("负数是过后几天。")
    )
    hours = IntegerField(
        said("最多几个小时"),
        [Optional(), NumberRange(0, 24 * 60)],
        description=said("到时间就停，重试也停。"),
    )
    until = DateField(said("最后一次不晚于哪一天"), [Optional()])
    channel = SelectField(said("怎么联系"), choices=list(words.CHANNELS.items()))
    fallback = BooleanField(said("联系不到，换另一种再试"))
    scope = SelectField(said("谁可以联系"), choices=list(words.SCOPES.items()))
    per_minute = IntegerField(
        said("每分钟多少人"), [Optional(), NumberRange(1, 6000)], description=said("空着用平常的速度。")
    )
    line = StringField(
        said("用哪个号码打"),
        filters=STRIPPED,
        description=said("空着用热线自己的号码；别的号码要在运营商那里登记过。"),
        render_kw={"maxlength": 20, "autocomplete": "off"},
    )


@VIEWS.get(ONE + "/when", "campaigns.write")
async def ask(visit: Visit, campaign_id: int) -> Response:
    """As it is planned."""
    campaign = await drafts.changeable(visit, campaign_id)
    draft, plan = campaign.draft, campaign.draft.schedule
    data = {
        **schedule.plain(plan),
        "day": schedule.day_of(plan.day),
        "until": schedule.day_of(plan.until),
        "clock": schedule.clock_of(plan.clock),
        "weekday": str(plan.weekday),
        "anchor": plan.anchor or "",
        "channel": draft.channel,
        "fallback": draft.fallback,
        "scope": draft.scope,
        "per_minute": draft.per_minute,
        "line": draft.line,
    }
    return _page(visit, campaign, visit.bind(WhenForm, data))


@VIEWS.post(ONE + "/when", "campaigns.write")
async def save(visit: Visit, campaign_id: int) -> Response:
    """Look only (``do=look``), or save it; a window that never opens is said now."""
    campaign = await drafts.changeable(visit, campaign_id)
    form = visit.bind(WhenForm)
    form.validate()
    line = _line(form)
    if form.flaws():
        return _page(visit, campaign, form, 422)
    try:
        plan = schedule.read(_schedule(form))
    except ScheduleError as error:
        form.refuse(FLAWS.get(error.key, "kind"), words.words(visit)(error.key).text)
        return _page(visit, campaign, form, 422)
    changes: dict[str, Any] = {
        "schedule": plan,
        "channel": form.channel.data,
        "fallback": bool(form.fallback.data),
        "scope": form.scope.data,
        "per_minute": form.per_minute.data,
        "line": line,
    }
    changed = replace(campaign, draft=replace(campaign.draft, **changes))
    for wrong in checks.when(changed, visit.now):
        form.refuse(FLAWS.get(wrong.key, "kind"), words.finding(visit, wrong))
    if form.flaws():
        return _page(visit, changed, form, 422)
    if visit.fields.get("do") == "look":
        return _page(visit, changed, form)
    await drafts.save(visit, campaign, **changes)
    return visit.go(drafts.path_of(campaign), said("时间存好了。"))


def _page(visit: Visit, campaign: Campaign, form: WhenForm, status: int = 200) -> Response:
    plan: Schedule = campaign.draft.schedule
    begins = schedule.first(plan, visit.now)
    return visit.show(
        "campaign_when.html",
        status,
        drafts.crumbs(campaign),
        campaign=campaign,
        form=form,
        timing=words.timing(plan),
        begins=begins,
        ends=schedule.ends(plan, begins) if begins else None,
        findings=checks.when(campaign, visit.now),
        finding=lambda found: words.finding(visit, found),
    )


def _line(form: WhenForm) -> str | None:
    """The number to ring from (E.164); a flaw of the form where it is none."""
    if not form.line.data:
        return None
    try:
        read = phonenumbers.parse(form.line.data, "CN")
    except phonenumbers.NumberParseException:
        read = None
    if read is None or not phonenumbers.is_possible_number(read):
        form.refuse("line", said("这不是电话号码。"))
        return None
    return str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))


def _schedule(form: WhenForm) -> dict[str, Any]:
    given = form.data
    hours = given["hours"]
    return {
        "kind": given["kind"],
        "day": given["day"].isoformat() if given["day"] else "",
        "clock": given["clock"].strftime("%H:%M") if given["clock"] else "",
        "weekday": int(given["weekday"]),
        "month_day": given["month_day"] or 1,
        "anchor": given["anchor"] or None,
        "days": given["days"] or 0,
        "hours": schedule.Schedule().hours if hours is None else hours,
        "until": given["until"].isoformat() if given["until"] else "",
    }
