"""A campaign rehearsed before anybody is contacted: begun with a button, done beside the server, told live."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from outreach.campaigns import life, rehearsals
from outreach.campaigns.checks import Finding
from outreach.campaigns.rehearsals import Held
from outreach.campaigns.store import Campaign
from outreach.console import sessions
from outreach.console.forms import ConsoleForm
from outreach.console.language import Said, said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts, words
from outreach.console.views.campaigns.bars import Bar, bars
from outreach.console.views.campaigns.drafts import ONE
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.delivery.policy import LOCAL
from outreach.rehearsal import job
from outreach.rehearsal.job import Job, JobFailed
from outreach.services.campaigns import content
from outreach.store.audit import Audit

log = structlog.get_logger()
VIEWS: Final = Views()
MOST: Final = 1_000_000
STEP: Final = 10
"""Percent between two writings of how far it is."""


class RehearsalForm(ConsoleForm):
    """How many, and which draw of chance."""

    people = IntegerField(
        said("多少人"),
        [Optional(), NumberRange(1, MOST)],
        description=said("空着就是这次活动的人；写多了，用相像的模拟的人补足。"),
    )
    seed = IntegerField(
        said("第几次抽签"), [Optional(), NumberRange(1, 10_000)], description=said("同一个数，结果每次一样。")
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A rehearsal as it is shown. ``hours``: when how many are contacted; ``answers``: by question."""

    sentence: Said
    findings: Sequence[Finding] = ()
    figures: Sequence[tuple[str, int]] = ()
    reasons: Sequence[tuple[str, int]] = ()
    hours: Sequence[Bar] = ()
    answers: Sequence[tuple[str, Sequence[Bar]]] = ()
    cost: Said | None = None


@VIEWS.get(ONE + "/rehearsal", "campaigns.see")
async def ask(visit: Visit, campaign_id: int) -> Response:
    """The last one, and a button for another."""
    campaign = await drafts.find(visit, campaign_id)
    return await _page(visit, campaign, visit.bind(RehearsalForm, {"seed": 1}))


@VIEWS.post(ONE + "/rehearsal", "campaigns.write")
async def begin(visit: Visit, campaign_id: int) -> Response:
    """Begin one; the page tells how far it is."""
    campaign = await drafts.find(visit, campaign_id)
    form = visit.bind(RehearsalForm)
    if not form.validate():
        return await _page(visit, campaign, form, 422)
    if "rehearse" not in life.may(campaign.state):
        raise Refused(409, said("现在是“{state}”，不用再预演。", state=words.state(visit, campaign.state)))
    people, seed = form.people.data, form.seed.data or 1

    def work(audit: Audit) -> int:
        last = rehearsals.latest(audit.db, campaign_id)
        if last is not None and last.going_on(visit.now):
            raise Refused(409, said("正在预演，等它做完再来一次。"))
        begun = rehearsals.begin(audit.db, campaign, people, seed, visit.user.login, visit.now)
        after = {"campaign_id": campaign_id, "people": people, "seed": seed}
        audit.record("rehearsal.begin", "campaign_rehearsals", begun, after=after)
        return begun

    begun = await visit.write(work)
    config = visit.desk.config
    one = Job(
        config.database,
        campaign_id,
        str(config.prompts_dir),
        config.language,
        config.sms_signature,
        config.twilio_from or config.help_phone,
        visit.now.isoformat(),
        people,
        seed,
    )
    answer = visit.go(f"{drafts.path_of(campaign)}/rehearsal")
    answer.background = BackgroundTask(_hold, visit, one, begun)  # once the answer has been sent
    return answer


async def _hold(visit: Visit, one: Job, rehearsal_id: int) -> None:
    """Have it done, and keep what came of it, whatever that is."""
    desk, user_id, outcome = visit.desk, visit.user.id, None
    far = 0

    async def told(percent: int) -> None:
        nonlocal far
        if percent >= far + STEP:
            far = percent
            await desk.database.write(lambda db: rehearsals.far(db, rehearsal_id, percent))

    try:
        outcome = await job.run(one, told)
    except (JobFailed, OSError) as error:
        log.error("rehearsal.failed", campaign=one.campaign_id, why=str(error))
    finally:
        now = desk.clock()
        await desk.database.write(
            lambda db: rehearsals.end(db, rehearsal_id, outcome, now, Audit(db, user_id, now))
        )


@VIEWS.get(ONE + "/rehearsal/events", "campaigns.see")
async def events(visit: Visit, campaign_id: int) -> Response:
    """How far it is, and at last what came of it."""
    campaign = await drafts.find(visit, campaign_id)
    return StreamingResponse(_changes(visit, campaign), media_type="text/event-stream", headers=HEADERS)


async def _changes(visit: Visit, campaign: Campaign) -> AsyncIterator[bytes]:
    desk = visit.desk
    shown: Held | None = None
    while True:
        now = desk.clock()

        def ask(db: Connection, now: datetime = now) -> tuple[sessions.Session | None, Held | None]:
            return sessions.find(db, visit.token, now), rehearsals.latest(db, campaign.id)

        session, held = await desk.database.read(ask)
        if session is None or not session.live:
            yield b"event: ended\ndata: -\n\n"
            return
        if held is None or held == shown:
            yield b":\n\n"
        else:
            shown = held
            found = told(visit, campaign, held)
            parts = {
                "summary": visit.say(found.sentence),
                "tables": visit.fragment(
                    "campaign_rehearsed.html", **_shown(visit, campaign.id, held, found)
                ),
            }
            yield b"data: " + orjson.dumps(parts) + b"\n\n"
        await asyncio.sleep(desk.look_every_seconds)


async def _page(visit: Visit, campaign: Campaign, form: RehearsalForm, status: int = 200) -> Response:
    held = await visit.read(lambda db: rehearsals.latest(db, campaign.id))
    found = told(visit, campaign, held) if held else Told(said("还没有预演过。"))
    return visit.show(
        "campaign_rehearsal.html",
        status,
        drafts.crumbs(campaign),
        campaign=campaign,
        form=form,
        verbs=life.may(campaign.state),
        going_on=held is not None and held.going_on(visit.now),
        old=held is not None and held.version != campaign.version,
        **_shown(visit, campaign.id, held, found),
    )


def _shown(visit: Visit, campaign_id: int, held: Held | None, found: Told) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "held": held,
        "told": found,
        "finding": lambda one: words.finding(visit, one),
    }


# --- In words ---------------------------------------------------------------------------------------------------


def told(visit: Visit, campaign: Campaign, held: Held) -> Told:
    """What a rehearsal says."""
    if held.outcome is None:
        if held.going_on(visit.desk.clock()):
            return Told(said("正在预演，做了 {n}%。", n=held.percent))
        return Told(said("预演没有做成，请再来一次；还不行，请找管理员。"))
    outcome = held.outcome
    findings = [Finding(one["key"], one["fatal"], one["values"]) for one in outcome["findings"]]
    went = outcome["progress"]
    if went is None:
        return Told(said("这样不能开始，要改正下面的地方。"), findings)
    ended = outcome["ended_at"]
    begins, people = _moment(visit, outcome["begins"]), went["people"]
    if ended:
        sentence = said(
            "预演了 {people} 个模拟的人，没有真的联系：{begins} 开始，{ends} 做完。",
            people=people,
            begins=begins,
            ends=_moment(visit, ended),
        )
    else:
        sentence = said(
            "预演了 {people} 个模拟的人，没有真的联系：{begins} 开始，到截止还没有做完。",
            people=people,
            begins=begins,
        )
    return Told(sentence, findings, *_tables(visit, campaign, outcome), _cost(visit, outcome))


def _tables(
    visit: Visit, campaign: Campaign, outcome: Mapping[str, Any]
) -> tuple[
    Sequence[tuple[str, int]],
    Sequence[tuple[str, int]],
    Sequence[Bar],
    Sequence[tuple[str, Sequence[Bar]]],
]:
    went = outcome["progress"]
    figures = [
        (said("联系到的人"), went["reached"] + went["sent"]),
        (said("没有联系到的人"), went["unreached"]),
        (said("不联系的人"), went["skipped"]),
        (said("留作对照的人"), went["held"]),
        (said("接着办事的人"), outcome["acted"]),
        (said("退订的人"), outcome["opted_out"]),
    ]
    reasons = [(words.reason(visit, why), count) for why, count in went["reasons"].items()]
    hours = {_hour(at): count for at, count in (outcome["hours"] or {}).items()}
    questions = campaign.draft.content.questions
    answers = [
        (
            content.in_language(questions[int(number)].words, visit.say.language),
            bars(answer_counts(campaign, int(number), {int(at): n for at, n in chosen.items()}, visit)),
        )
        for number, chosen in (outcome["answers"] or {}).items()
        if int(number) < len(questions)
    ]
    return figures, reasons, bars(hours), answers


def answer_counts(campaign: Campaign, number: int, chosen: Mapping[int, int], visit: Visit) -> dict[str, int]:
    """Each choice of a question, and how many chose it."""
    options = campaign.draft.content.questions[number].options
    return {
        content.in_language(option, visit.say.language): chosen.get(at, 0)
        for at, option in enumerate(options)
    }


def _cost(visit: Visit, outcome: Mapping[str, Any]) -> Said:
    texts, parts, price = outcome["texts"], outcome["parts"], visit.desk.config.text_price
    values = {"calls": outcome["calls"], "texts": texts, "parts": parts}
    if price:
        return said(
            "打 {calls} 个电话，发 {texts} 条短信，计费 {parts} 条，大约 {yuan} 元。",
            yuan=f"{parts * price:.2f}",
            **values,
        )
    return said("打 {calls} 个电话，发 {texts} 条短信，计费 {parts} 条。", **values)


def _moment(visit: Visit, text: str) -> str:
    return visit.say.moment(datetime.fromisoformat(text))


def _hour(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(LOCAL):%m-%d %H:00}"
