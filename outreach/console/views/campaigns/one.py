"""All campaigns; a new one; one as it stands: whom, what, when, what is wrong with it, what can be done next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row
from starlette.responses import Response
from wtforms import SelectField, StringField, TextAreaField

from outreach.campaigns import audience, checks, life, progress, schedule, store
from outreach.campaigns.checks import Finding
from outreach.campaigns.life import Verb
from outreach.campaigns.progress import Progress
from outreach.campaigns.store import Campaign, Draft
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts, run, words
from outreach.console.views.campaigns.drafts import ONE, PATH
from outreach.console.visit import Visit
from outreach.services.campaigns import content
from outreach.services.campaigns.content import ContentError
from outreach.store.audit import Audit

VIEWS: Final = Views()
LISTED: Final = 50


class NewForm(ConsoleForm):
    """What a campaign cannot be without."""

    name = StringField(
        said("群发活动的名称"),
        [Needed()],
        filters=STRIPPED,
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    subject = StringField(
        said("关于什么"),
        [Needed()],
        filters=STRIPPED,
        description=said("接起电话先说“这次联系您，是关于……”。"),
        render_kw={"maxlength": 40, "autocomplete": "off"},
    )
    channel = SelectField(said("怎么联系"), choices=list(words.CHANNELS.items()))
    text = TextAreaField(
        said("要说的话"),
        [Needed()],
        filters=STRIPPED,
        description=said("后面还可以改，也可以给短信、电话和英语分别写。"),
        render_kw={"rows": 4, "maxlength": content.LONGEST},
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """One campaign as its page shows it."""

    sentence: str
    reach: int
    reasons: dict[str, int]
    findings: list[Finding]
    progress: Progress | None
    moves: Sequence[Row[Any]]


@VIEWS.get(PATH, "campaigns.see")
async def listed(visit: Visit) -> Response:
    """The latest ones first."""

    def look(db: Connection) -> tuple[list[Campaign], dict[int, Progress]]:
        found = store.listed(db, LISTED)
        begun = [one.id for one in found if one.state not in ("draft", "rehearsed", "approved")]
        return found, {one: progress.progress(db, one) for one in begun}

    found, went = await visit.read(look)
    return visit.show(
        "campaigns.html",
        campaigns=found,
        went=went,
        channels=words.CHANNELS,
        makers=words.MAKERS,
        state=lambda name: words.state(visit, name),
    )


@VIEWS.get(PATH + "/new", "campaigns.write")
async def ask_new(visit: Visit) -> Response:
    """An empty form."""
    return visit.show("campaign_new.html", crumbs=[(said("群发活动"), PATH)], form=visit.bind(NewForm))


@VIEWS.post(PATH + "/new", "campaigns.write")
async def add(visit: Visit) -> Response:
    """A draft for everybody, whose audience is chosen next."""
    form, crumbs = visit.bind(NewForm), [(said("群发活动"), PATH)]
    if not form.validate():
        return visit.show("campaign_new.html", 422, crumbs, form=form)
    text, channel = form.text.data or "", form.channel.data
    refusable = channel == "sms" and bool(content.warnings([text]))
    said_so = {
        "variants": [{"words": {"zh-CN": {channel: text}}}],
        "subject": {"zh-CN": form.subject.data},
        "neutral": refusable,
    }
    try:
        message = content.read(said_so)
    except ContentError as error:
        form.refuse("text", words.words(visit)(error.key, **error.values).text)
        return visit.show("campaign_new.html", 422, crumbs, form=form)
    draft = Draft(
        form.name.data or "",
        audience.Audience(),
        message,
        schedule.Schedule(),
        channel=channel,
    )
    made = await visit.write(lambda audit: store.create(audit.db, draft, visit.user.login, visit.now, audit))
    if refusable:
        told = said("草稿存好了。有运营商不收的字眼，短信先只说有新消息、请拨打热线。下面选给谁。")
    else:
        told = said("草稿存好了。下面选给谁。")
    return visit.go(f"{PATH}/{made}/audience", told)


@VIEWS.get(ONE, "campaigns.see")
async def one(visit: Visit, campaign_id: int) -> Response:
    """As it stands."""
    campaign = await drafts.find(visit, campaign_id)
    say = words.words(visit)
    draft = campaign.draft
    open_ = "edit" in life.may(campaign.state)

    def look(db: Connection) -> Standing:
        reasons = checks.fall_out(db, campaign, visit.now) if open_ else {}
        return Standing(
            audience.sentence(draft.audience, say),
            reasons.pop(None, 0),
            {why: count for why, count in reasons.items() if why},
            checks.findings(db, campaign, visit.now) if open_ else [],
            None if open_ else progress.progress(db, campaign.id),
            store.moves(db, campaign.id),
        )

    standing = await visit.read(look)
    return visit.show(
        "campaign.html",
        crumbs=[(said("群发活动"), PATH)],
        campaign=campaign,
        standing=standing,
        begins=schedule.first(draft.schedule, visit.now) if open_ else _next(campaign),
        makers=words.MAKERS,
        timing=words.timing(draft.schedule),
        text=content.words_for(draft.content.variants[0].words, visit.say.language, draft.channel),
        subject=content.in_language(draft.content.subject, visit.say.language),
        channels=words.CHANNELS,
        verbs=life.may(campaign.state),
        own=not life.may_approve(
            campaign.made_by, visit.user.login, second=visit.desk.config.second_approval
        ),
        finding=lambda found: words.finding(visit, found),
        state=lambda name: words.state(visit, name),
        verb=lambda name: say(f"campaign.verb.{name}").text,
        why_rows=[(words.reason(visit, why), count) for why, count in standing.reasons.items()],
        summary=run.summary(visit, standing.progress) if standing.progress else "",
        reasons=run.reasons(visit, standing.progress) if standing.progress else [],
    )


def _next(campaign: Campaign) -> datetime | None:
    return campaign.next_at if campaign.state not in life.ENDED else None


@VIEWS.post(ONE + "/clone", "campaigns.write")
async def clone(visit: Visit, campaign_id: int) -> Response:
    """The same once more, as a draft."""

    def work(audit: Audit) -> int:
        return store.clone(audit.db, campaign_id, visit.user.login, visit.now, audit)

    made = await drafts.written(visit, work)
    return visit.go(drafts.path_of(made), said("复制好了，这是新的草稿。"))


@VIEWS.post(ONE + "/approve", "campaigns.approve")
async def approve(visit: Visit, campaign_id: int) -> Response:
    """It may run; where the setting asks, said by somebody else than its maker."""
    await _step(visit, campaign_id, "approve", second=visit.desk.config.second_approval)
    return visit.go(drafts.path_of(campaign_id), said("批准了。安排以后才会开始。"))


@VIEWS.post(ONE + "/schedule", "campaigns.write")
async def plan(visit: Visit, campaign_id: int) -> Response:
    """It runs when its time comes."""
    await _step(visit, campaign_id, "schedule")
    return visit.go(drafts.path_of(campaign_id), said("安排好了，到时间自动开始。"))


async def _step(visit: Visit, campaign_id: int, verb: Verb, second: bool = False) -> None:
    """Move it, if nothing is known that would keep it from reaching anybody. Raises Refused."""
    by, now = visit.user.login, visit.now

    def work(audit: Audit) -> None:
        found = checks.findings(audit.db, store.get(audit.db, campaign_id), now)
        if wrong := next((one for one in found if one.fatal), None):
            raise drafts.Wrong(wrong)
        store.move(audit.db, campaign_id, verb, by, now, second=second, audit=audit)

    await drafts.written(visit, work)
