"""What came of a campaign: figures that open to their records, by county and wording, reasons, answers."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from outreach.campaigns import life, report
from outreach.campaigns.report import Report
from outreach.console.figure_words import COUNTIES
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts, words
from outreach.console.views.campaigns.bars import Bar, bars
from outreach.console.views.campaigns.drafts import ONE
from outreach.console.views.campaigns.rehearsal import answer_counts
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.evaluation.masking import masked
from outreach.services.campaigns import content
from outreach.store.audit import Audit

VIEWS: Final = Views()
RECORDS: Final = 50
FIGURES: Final[Mapping[str, str]] = {
    "people": said("这次的人"),
    "out": said("发出"),
    "reached": said("联系到"),
    "heard": said("听完或者看了"),
    "answered": said("回答了问题"),
    "acted": said("接着去办"),
    "done": said("办成了"),
    "unreached": said("没有联系到"),
    "skipped": said("没有联系"),
    "held": said("留作对照"),
    "cancelled": said("取消后没有再联系"),
    "waiting": said("还没有轮到"),
    "opted_out": said("退订"),
}
"""What each figure is called."""
BY_COUNTY: Final = ("people", "reached", "heard", "answered", "acted", "done")
NOT_KNOWN: Final = "-"
"""Stands for no county in an address."""


@VIEWS.get(ONE + "/report", "campaigns.see")
async def shown(visit: Visit, campaign_id: int) -> Response:
    """All of it on one page."""
    campaign = await drafts.find(visit, campaign_id)
    found = await visit.read(lambda db: report.report(db, campaign_id))
    return visit.show(
        "campaign_report.html",
        crumbs=drafts.crumbs(campaign),
        campaign=campaign,
        verbs=life.may(campaign.state),
        state=words.state(visit, campaign.state),
        figures=found.figures,
        names=FIGURES,
        by_county=BY_COUNTY,
        variant_names=[visit.say(FIGURES[name]) for name in BY_COUNTY],
        counties=_counties(found),
        county_names=COUNTIES,
        not_known=NOT_KNOWN,
        variants=found.variants if len(campaign.draft.content.variants) > 1 else {},
        reasons=[(why, words.reason(visit, why), count) for why, count in found.reasons.items()],
        reason_bars=bars({words.reason(visit, why): count for why, count in found.reasons.items()}),
        main_bars=bars(
            {visit.say(FIGURES[name]): found.figures[name] for name in ("people", *BY_COUNTY[1:])}
        ),
        answers=_answers(visit, found),
    )


def _counties(found: Report) -> Mapping[str, Mapping[str, int | None]]:
    """By figure, then by county: None where so few are there that it would say who."""
    return {
        name: masked({county: found.counties.get(county, {}).get(name, 0) for county in COUNTIES})
        for name in BY_COUNTY
    }


def _answers(visit: Visit, found: Report) -> Sequence[tuple[int, str, Sequence[Bar]]]:
    questions = found.campaign.draft.content.questions
    return [
        (
            number,
            content.in_language(question.words, visit.say.language),
            bars(answer_counts(found.campaign, number, found.answers.get(number, {}), visit)),
        )
        for number, question in enumerate(questions)
    ]


@VIEWS.get(ONE + "/records", "campaigns.see")
async def records(visit: Visit, campaign_id: int) -> Response:
    """The people behind a figure; a county's that are masked are not listed either."""
    campaign = await drafts.find(visit, campaign_id)
    asked = visit.query
    figure, reason, county = asked.get("figure", "people"), asked.get("reason"), asked.get("county")
    name = visit.need(FIGURES.get(figure))
    beyond = asked.get("beyond", "")
    start = int(beyond) if beyond.isdecimal() and len(beyond) < 10 else 0
    known = "" if county == NOT_KNOWN else county
    variant, answer = _small(asked.get("variant", "")), _pair(asked.get("answer", ""))
    if known is not None:
        await _not_masked(visit, campaign_id, figure, known)

    def work(db: Connection) -> tuple[list[tuple[int, int, str, str, str]], dict[int, str]]:
        rows = report.records(
            db,
            campaign_id,
            figure,
            county=known,
            reason=reason,
            variant=variant,
            answer=answer,
            limit=RECORDS + 1,
            beyond=start,
        )
        told = [
            (row.id, row.person_id, row.state, words.reason(visit, row.reason), row.channel) for row in rows
        ]
        return told, dict(words.shown(db, [row.person_id for row in rows]))

    rows, people = await visit.read(work)
    names = ("figure", "county", "reason", "variant", "answer")
    query = {key: asked[key] for key in names if key in asked}
    return visit.show(
        "campaign_records.html",
        crumbs=[*drafts.crumbs(campaign), (said("结果"), f"{drafts.path_of(campaign)}/report")],
        name=name,
        rows=rows[:RECORDS],
        people=people,
        channels=words.CHANNELS,
        query=query,
        more=rows[RECORDS - 1][0] if len(rows) > RECORDS else None,
        states=STATES,
    )


STATES: Final[Mapping[str, str]] = {
    "planned": said("还没有轮到"),
    "queued": said("正要联系"),
    "sent": said("已经发出"),
    "reached": said("联系到"),
    "unreached": said("没有联系到"),
    "skipped": said("没有联系"),
    "cancelled": said("取消后没有再联系"),
    "held": said("留作对照"),
}


def _small(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 1 else None


def _pair(text: str) -> tuple[int, int] | None:
    """A question and a choice, "0.2"."""
    question, choice = (_small(part) for part in text.partition(".")[::2])
    return (question, choice) if question is not None and choice is not None else None


async def _not_masked(visit: Visit, campaign_id: int, figure: str, county: str) -> None:
    found = await visit.read(lambda db: report.report(db, campaign_id))
    counts = {one: found.counties.get(one, {}).get(figure, 0) for one in COUNTIES}
    if county not in COUNTIES:
        raise Refused(404, "")
    if masked(counts)[county] is None:
        raise Refused(403, said("人数少于 5，不显示是谁。"))


@VIEWS.post(ONE + "/csv", "data.export")
async def download(visit: Visit, campaign_id: int) -> Response:
    """A line for each person, by number of their record, without name or telephone; who took it is written down."""
    await drafts.find(visit, campaign_id)

    def work(audit: Audit) -> str:
        audit.record("campaign.export", "campaigns", campaign_id)
        return report.as_csv(audit.db, campaign_id)

    text = await visit.write(work)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="campaign-{campaign_id}.csv"'}
    return Response("\ufeff" + text, 200, headers, "text/csv; charset=utf-8")
