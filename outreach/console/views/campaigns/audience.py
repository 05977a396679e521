"""Whom a campaign is for: all that the filter knows as a form, told at once as a sentence, a count, a sample."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response
from wtforms import BooleanField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import NumberRange, Optional

from outreach.campaigns import audience, checks
from outreach.campaigns.audience import Audience, AudienceError
from outreach.campaigns.checks import Finding
from outreach.campaigns.store import Campaign
from outreach.console.forms import STRIPPED, ConsoleForm
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts, words
from outreach.console.views.campaigns.drafts import ONE, PATH
from outreach.console.visit import Visit
from outreach.services.places import today
from outreach.store.audit import Audit
from outreach.store.schema import COUNTIES, counselors
from outreach.store.tables.campaigns import audiences, campaigns
from outreach.store.tables.titles import title_rounds
from outreach.store.tables.training import training_courses, training_sessions

VIEWS: Final = Views()
SAMPLE: Final = 10
OFFERED: Final = 100
LOOK_BACK: Final = timedelta(days=400)
"""Sessions and rounds older than that are not offered any more."""
PROMPTED: Final[Mapping[str, str]] = {
    "categories": "audience.category.",
    "skills": "audience.skill.",
    "languages": "audience.language.",
    "interests": "audience.interest.",
    "consents": "audience.scope.",
    "needs": "audience.need.",
    "wishes_round": "titles.level.",
}
"""Where the line's own sentences name what can be chosen."""


def _days() -> list[Any]:
    return [Optional(), NumberRange(1, 3650)]


class AudienceForm(ConsoleForm):
    """Every field of ``Audience``, and what a campaign does with it. A field that is empty does not filter."""

    counties = SelectMultipleField(said("住在哪个县区"))
    townships = StringField(said("乡镇"), filters=STRIPPED, description=said("几个之间用逗号隔开。"))
    categories = SelectMultipleField(said("残疾类别"), description=said("只找得到同意保存残疾信息的人。"))
    skills = SelectMultipleField(said("会什么"))
    languages = SelectMultipleField(said("说什么话"))
    age_from = IntegerField(said("年龄从"), [Optional(), NumberRange(0, audience.OLDEST)])
    age_until = IntegerField(said("年龄到"), [Optional(), NumberRange(0, audience.OLDEST)])
    contacted_days = IntegerField(said("多少天以内联系过"), _days())
    silent_days = IntegerField(said("多少天没有联系"), _days())
    interests = SelectMultipleField(said("关心哪类工作"))
    needs = SelectMultipleField(said("计划里还需要什么"))
    wishes_round = SelectMultipleField(said("等着哪一级的评审通知"))
    registered = SelectMultipleField(said("报了哪期培训"), coerce=int)
    not_registered = SelectMultipleField(said("没有报哪期培训"), coerce=int)
    in_round = SelectMultipleField(said("参加哪一轮评审"), coerce=int)
    not_in_round = SelectMultipleField(said("没有参加哪一轮评审"), coerce=int)
    answered = SelectMultipleField(said("回复过哪次群发"), coerce=int)
    unanswered = SelectMultipleField(said("没有回复哪次群发"), coerce=int)
    consents = SelectMultipleField(said("还要同意过什么"))
    counselor_id = SelectField(said("由谁负责"), coerce=int)
    list_id = SelectField(said("在哪个名单上"), coerce=int)
    growing = BooleanField(said("结束以前，新符合条件的人也算进来"))
    holdout_percent = IntegerField(
        said("留多少人不联系，用来对照（%）"),
        [Optional(), NumberRange(0, 90)],
        description=said("0 到 90。留下的人每次都一样。"),
    )
    keep_as = StringField(
        said("存成常用的对象，叫什么"),
        filters=STRIPPED,
        description=said("以后别的活动可以直接用。"),
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )


GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    said("住在哪里"): ("counties", "townships"),
    said("什么样的人"): ("categories", "skills", "languages", "age_from", "age_until"),
    said("来往和兴趣"): ("contacted_days", "silent_days", "interests", "needs", "wishes_round"),
    said("培训、评审和以前的群发"): (
        "registered",
        "not_registered",
        "in_round",
        "not_in_round",
        "answered",
        "unanswered",
    ),
    said("同意、负责人和名单"): ("consents", "counselor_id", "list_id"),
    said("怎么算"): ("growing", "holdout_percent", "keep_as"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a filter comes to now. ``flaw``: why it makes no sense."""

    sentence: str = ""
    count: int = 0
    reach: int = 0
    sample: tuple[tuple[int, str], ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    flaw: str = ""


@VIEWS.get(ONE + "/audience", "campaigns.write")
async def ask(visit: Visit, campaign_id: int) -> Response:
    """The filter as it is, or a saved one (``?saved=``) to be taken over."""
    campaign = await drafts.changeable(visit, campaign_id)
    draft = campaign.draft
    chosen = draft.audience
    saved = visit.query.get("saved", "")
    if saved.isdecimal() and len(saved) < 10:
        kept = await visit.read(
            lambda db: db.scalar(select(audiences.c.filter).where(audiences.c.id == int(saved)))
        )
        chosen = audience.read(visit.need(kept))
    data = {name: _shown(name, value) for name, value in _values(chosen).items()}
    form = await _form(visit, data | {"growing": draft.growing, "holdout_percent": draft.holdout_percent})
    candidate = replace(campaign, draft=replace(draft, audience=chosen))
    return await _page(visit, campaign, form, await _look(visit, candidate), bool(saved))


@VIEWS.post(ONE + "/audience", "campaigns.write")
async def save(visit: Visit, campaign_id: int) -> Response:
    """Count only (``do=look``), or save it; under a name too, where one is given."""
    campaign = await drafts.changeable(visit, campaign_id)
    form = await _form(visit, {})
    if not form.validate():
        return await _page(visit, campaign, form, Look(flaw=said("先改正上面的地方，再数人数。")), status=422)
    try:
        chosen = audience.read(_filter(form))
    except AudienceError as error:
        flaw = words.words(visit)(error.key, **error.values).text
        form.refuse("age_until", flaw)
        return await _page(visit, campaign, form, Look(flaw=flaw), status=422)
    changes: dict[str, Any] = {
        "audience": chosen,
        "growing": bool(form.growing.data),
        "holdout_percent": form.holdout_percent.data or 0,
    }
    if visit.fields.get("do") == "look":
        candidate = replace(campaign, draft=replace(campaign.draft, **changes))
        return await _page(visit, campaign, form, await _look(visit, candidate))
    if name := form.keep_as.data:
        try:
            await visit.write(lambda audit: _keep(audit, name, chosen, visit.user.login))
        except IntegrityError:
            form.refuse("keep_as", said("这个名字已经有了，换一个。"))
            candidate = replace(campaign, draft=replace(campaign.draft, **changes))
            return await _page(visit, campaign, form, await _look(visit, candidate), status=422)
    await drafts.save(visit, campaign, **changes)
    return visit.go(drafts.path_of(campaign), said("对象存好了。"))


def _keep(audit: Audit, name: str, chosen: Audience, by: str) -> int:
    made = audience.save(audit.db, name, chosen, by, audit.now)
    audit.record("audience.save", "audiences", made, after={"name": name} | audience.plain(chosen))
    return made


async def _look(visit: Visit, campaign: Campaign) -> Look:
    now, say = visit.now, words.words(visit)
    chosen = campaign.draft.audience

    def work(db: Connection) -> Look:
        reasons = checks.fall_out(db, campaign, now)
        return Look(
            sentence=audience.sentence(chosen, say),
            count=sum(reasons.values()),
            reach=reasons.get(None, 0),
            sample=tuple(words.shown(db, audience.sample(db, chosen, now, SAMPLE))),
            reasons=tuple(
                (words.reason(visit, why), count)
                for why, count in sorted(reasons.items(), key=lambda pair: -pair[1])
                if why
            ),
            findings=tuple(checks.whom(db, campaign, now)),
        )

    return await visit.read(work)


async def _page(
    visit: Visit,
    campaign: Campaign,
    form: AudienceForm,
    look: Look,
    taken_over: bool = False,
    status: int = 200,
) -> Response:
    saved = await visit.read(_saved)
    return visit.show(
        "campaign_audience.html",
        status,
        drafts.crumbs(campaign),
        campaign=campaign,
        form=form,
        groups=GROUPS,
        look=look,
        saved=saved,
        taken_over=taken_over,
        finding=lambda found: words.finding(visit, found),
        lists=PATH + "/lists",
    )


# --- The form and the filter ----------------------------------------------------------------------------------


async def _form(visit: Visit, data: Mapping[str, Any]) -> AudienceForm:
    form: Any = visit.bind(AudienceForm, data)
    say, entries = words.words(visit), visit.desk.languages[visit.say.language].entries
    form.counties.choices = [(name, say(f"county.{name}").text) for name in COUNTIES]
    for name, prefix in PROMPTED.items():
        keys = [key for key in entries if key.startswith(prefix) and "." not in key[len(prefix) :]]
        form[name].choices = [(key[len(prefix) :], say(key).text) for key in keys]
    offered = await visit.read(lambda db: _offered(db, visit))
    for name, choices in offered.items():
        form[name].choices = choices
    bound: AudienceForm = form
    return bound


def _offered(db: Connection, visit: Visit) -> dict[str, list[tuple[int, str]]]:
    """What of our own rows can be chosen."""
    since = today(visit.now) - LOOK_BACK
    session, course, rounds = training_sessions.c, training_courses.c, title_rounds.c
    held = (
        select(session.id, course.name, session.starts_on)
        .join(training_courses, course.id == session.course_id)
        .where(session.starts_on >= since)
        .order_by(session.starts_on.desc())
        .limit(OFFERED)
    )
    sessions = [(row.id, f"{row.id} {row.name} {row.starts_on}") for row in db.execute(held)]
    level = words.words(visit)
    open_ = (
        select(rounds.id, rounds.level, rounds.year)
        .where(rounds.year >= since.year)
        .order_by(rounds.id.desc())
    )
    found = [
        (row.id, f"{row.year} {level(f'titles.level.{row.level}').text}")
        for row in db.execute(open_.limit(OFFERED))
    ]
    earlier = select(campaigns.c.id, campaigns.c.name).order_by(campaigns.c.id.desc()).limit(OFFERED)
    sent = [(row.id, f"{row.id} {row.name}") for row in db.execute(earlier)]
    whose = select(counselors.c.id, counselors.c.name).order_by(counselors.c.id)
    kept = select(audiences.c.id, audiences.c.name, audiences.c.filter).order_by(audiences.c.name)
    lists = [(row.id, row.name) for row in db.execute(kept) if row.filter.get("list_id") == row.id]
    return {
        "registered": sessions,
        "not_registered": sessions,
        "in_round": found,
        "not_in_round": found,
        "answered": sent,
        "unanswered": sent,
        "counselor_id": [(0, said("不限")), *((row.id, row.name) for row in db.execute(whose))],
        "list_id": [(0, said("不限")), *lists],
    }


def _saved(db: Connection) -> list[tuple[int, str]]:
    query = select(audiences.c.id, audiences.c.name).order_by(audiences.c.name)
    return [(row.id, row.name) for row in db.execute(query)]


def _values(chosen: Audience) -> dict[str, Any]:
    return {one.name: getattr(chosen, one.name) for one in fields(Audience)}


def _shown(name: str, value: Any) -> Any:
    if name == "townships":
        return "、".join(value)
    if name in ("counselor_id", "list_id"):
        return value or 0
    return list(value) if isinstance(value, tuple) else value


def _filter(form: AudienceForm) -> dict[str, Any]:
    """The form as a filter's JSON."""
    return dict(_filtered(form))


def _filtered(form: AudienceForm) -> Iterator[tuple[str, Any]]:
    for one in fields(Audience):
        value = form[one.name].data
        if one.name == "townships":
            yield one.name, [name for name in re.split(r"[\s,，、]+", value or "") if name]
        elif one.name in ("counselor_id", "list_id"):
            yield one.name, value or None
        else:
            yield one.name, value
