"""What a campaign says, by language and channel; what it leads to; heard, measured and checked while it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import Connection, select
from starlette.responses import Response
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import NumberRange, Optional

from outreach.campaigns import checks
from outreach.campaigns.checks import Finding
from outreach.campaigns.store import Campaign
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.keep import hearing
from outreach.console.keep.hearing import Hearing
from outreach.console.language import LANGUAGES, said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts, words
from outreach.console.views.campaigns.drafts import ONE
from outreach.console.visit import Visit
from outreach.services.campaigns import content
from outreach.services.campaigns.content import Content, ContentError
from outreach.services.places import today
from outreach.sms import letter, segments
from outreach.speech.synthesizer import SPEEDS
from outreach.store.schema import openings
from outreach.store.tables.training import training_courses, training_sessions

VIEWS: Final = Views()
OFFERED: Final = 100
ACTIONS: Final[Mapping[str, str]] = {
    "none": said("只通知"),
    "listen": said("听一个招聘"),
    "register": said("报名一期培训"),
    "book": said("预约服务"),
    "round": said("听一轮职称评审"),
    "questions": said("回答几个问题"),
}
TARGETS: Final[Mapping[str, str]] = {"listen": "opening", "register": "session", "round": "level"}
"""Which field says where an action leads."""
LETTERS: Final = ("a", "b")
"""The two wordings."""
CHANNELS: Final = ("sms", "voice")
EXAMPLE: Final[Mapping[str, str]] = {
    "name": said("王小明"),
    "county": said("凉州区"),
    "township": said("金沙镇"),
    "counselor": said("马丽"),
}
"""Somebody to try a text on."""


def _key(*parts: str) -> str:
    return "_".join(parts).replace("-", "")


def _fields() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for variant in LETTERS:
        for language in LANGUAGES:
            for channel in CHANNELS:
                made[_key(variant, language, channel)] = TextAreaField(
                    words.CHANNELS[channel],
                    filters=STRIPPED,
                    render_kw={"rows": 3, "maxlength": content.LONGEST},
                )
    for number in range(1, content.QUESTIONS_AT_MOST + 1):
        for language in LANGUAGES:
            made[_key("q", str(number), language)] = StringField(
                said("问题"), filters=STRIPPED, render_kw={"maxlength": 100, "autocomplete": "off"}
            )
            made[_key("q", str(number), language, "options")] = TextAreaField(
                said("选项，一行一个"), filters=STRIPPED, render_kw={"rows": 3}
            )
    return made


class MessageFields(ConsoleForm):
    """What there is once; the wordings and the questions are added by language."""

    subject_zhCN = StringField(
        said("关于什么"),
        [Needed()],
        filters=STRIPPED,
        description=said("接起电话先说“这次联系您，是关于……”。"),
        render_kw={"maxlength": 40, "autocomplete": "off"},
    )
    subject_en = StringField(
        said("英语里关于什么"), filters=STRIPPED, render_kw={"maxlength": 80, "autocomplete": "off"}
    )
    neutral = BooleanField(
        said("短信只说有新消息，请拨打热线"),
        description=said("运营商不收招聘、医疗这类字眼；内容在电话里说。"),
    )
    first_percent = IntegerField(
        said("第一种说法给多少人（%）"), [Optional(), NumberRange(1, 99)], default=50
    )
    action = SelectField(said("听完可以做什么"), choices=list(ACTIONS.items()))
    opening = SelectField(said("哪个岗位"), coerce=int)
    session = SelectField(said("哪期培训"), coerce=int)
    level = SelectField(said("哪一级评审"))


MessageForm: Final = type("MessageForm", (MessageFields,), _fields())


@dataclass(frozen=True, slots=True)
class Sample:
    """One wording as it arrives. ``parts``: of a text message, 0 for what is spoken; ``cost`` in yuan for everybody."""

    variant: str
    language: str
    channel: str
    text: str
    parts: int = 0
    heard: Hearing | None = None
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the message comes to. ``flaw``: why it cannot be sent so."""

    samples: tuple[Sample, ...] = ()
    findings: tuple[Finding, ...] = ()
    flaw: str = ""

    @property
    def parts(self) -> int:
        """Of the longest text message."""
        return max((one.parts for one in self.samples), default=0)


@VIEWS.get(ONE + "/message", "campaigns.write")
async def ask(visit: Visit, campaign_id: int) -> Response:
    """As it is written so far."""
    campaign = await drafts.changeable(visit, campaign_id)
    form = await _form(visit, dict(_shown(campaign.draft.content)))
    return await _page(visit, campaign, form, await _look(visit, campaign))


@VIEWS.post(ONE + "/message", "campaigns.write")
async def save(visit: Visit, campaign_id: int) -> Response:
    """Look only (``do=look``), or save it."""
    campaign = await drafts.changeable(visit, campaign_id)
    form = await _form(visit, {})
    if not form.validate():
        return await _page(visit, campaign, form, Look(flaw=said("先改正上面的地方。")), 422)
    try:
        written = content.read(_written(form, campaign.draft.content))
    except ContentError as error:
        values = {
            name: visit.say(words.FIELDS.get(str(value), str(value))) for name, value in error.values.items()
        }
        flaw = words.words(visit)(error.key, **values).text
        form.refuse(_where(error, form), flaw)
        return await _page(visit, campaign, form, Look(flaw=flaw), 422)
    changed = replace(campaign, draft=replace(campaign.draft, content=written))
    if visit.fields.get("do") == "look":
        return await _page(visit, changed, form, await _look(visit, changed))
    await drafts.save(visit, campaign, content=written)
    return visit.go(drafts.path_of(campaign), said("内容存好了。"))


async def _page(visit: Visit, campaign: Campaign, form: Any, look: Look, status: int = 200) -> Response:
    speed = hearing.speed_of(str(visit.fields.get("speed") or ""))
    return visit.show(
        "campaign_message.html",
        status,
        drafts.crumbs(campaign),
        campaign=campaign,
        form=form,
        look=look,
        recordings=[
            (letter_, variant.recording)
            for letter_, variant in zip(LETTERS, campaign.draft.content.variants, strict=False)
        ],
        sides=CHANNELS,
        key=_key,
        questions=range(1, content.QUESTIONS_AT_MOST + 1),
        fields=words.FIELDS,
        channels=words.CHANNELS,
        speed=speed,
        speeds=list(SPEEDS),
        price=visit.desk.config.text_price,
        finding=lambda found: words.finding(visit, found),
    )


async def _look(visit: Visit, campaign: Campaign) -> Look:
    def work(db: Connection) -> tuple[list[Finding], int]:
        found = [*checks.whom(db, campaign, visit.now), *checks.what(db, campaign)]
        return found, checks.fall_out(db, campaign, visit.now).get(None, 0)

    found, reach = await visit.read(work)
    return Look(tuple(_samples(visit, campaign, reach)), tuple(found))


def _samples(visit: Visit, campaign: Campaign, reach: int) -> Iterator[Sample]:
    """Every wording that was written, on somebody invented."""
    message, config = campaign.draft.content, visit.desk.config
    speed = hearing.speed_of(str(visit.fields.get("speed") or ""))
    for letter_, variant in zip(LETTERS, message.variants, strict=False):
        for language, by_channel in variant.words.items():
            prompts = visit.desk.languages.get(language)
            if prompts is None:
                continue
            say = prompts.bound[2, "sms"]
            example = {name: visit.say(one) for name, one in EXAMPLE.items()}
            for channel, text in by_channel.items():
                filled = content.filled(text, example)
                if channel == "voice":
                    yield Sample(
                        letter_, language, channel, filled, 0, hearing.hearing(filled, language, speed)
                    )
                    continue
                body = say("campaigns.notice", phone=config.help_phone).text if message.neutral else filled
                sent = letter.post(body + say("campaigns.way_out").text, config.sms_signature, "")
                parts = sum(segments.size(one).parts for one in sent)
                yield Sample(
                    letter_,
                    language,
                    channel,
                    " ".join(sent),
                    parts,
                    hearing.hearing(filled, language, speed),
                    parts * reach * config.text_price,
                )


# --- The form and the message ---------------------------------------------------------------------------------


async def _form(visit: Visit, data: Mapping[str, Any]) -> Any:
    form: Any = visit.bind(MessageForm, data)
    offered = await visit.read(lambda db: _offered(db, visit))
    form["opening"].choices, form["session"].choices = offered
    say = words.words(visit)
    form["level"].choices = [(one, say(f"titles.level.{one}").text) for one in ("initial", "middle")]
    return form


def _offered(db: Connection, visit: Visit) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    day, job, session, course = today(visit.now), openings.c, training_sessions.c, training_courses.c
    open_ = (
        select(job.id, job.title, job.employer)
        .where(job.filled_at.is_(None), job.expires_on >= day)
        .order_by(job.published_at.desc())
        .limit(OFFERED)
    )
    held = (
        select(session.id, course.name, session.starts_on)
        .join(training_courses, course.id == session.course_id)
        .where(session.cancelled_at.is_(None), session.deadline_on >= day)
        .order_by(session.starts_on)
        .limit(OFFERED)
    )
    none = (0, said("没有选"))
    return (
        [none, *((row.id, f"{row.employer} {row.title}") for row in db.execute(open_))],
        [none, *((row.id, f"{row.name} {row.starts_on}") for row in db.execute(held))],
    )


def _shown(message: Content) -> Iterator[tuple[str, Any]]:
    """The message as the form's fields."""
    for language in LANGUAGES:
        yield _key("subject", language), message.subject.get(language, "")
    yield from (
        ("neutral", message.neutral),
        ("action", message.action),
        ("first_percent", message.first_percent),
    )
    if (field := TARGETS.get(message.action)) is not None:
        yield field, message.target
    for letter_, variant in zip(LETTERS, message.variants, strict=False):
        for spoken, by_channel in variant.words.items():
            for channel, text in by_channel.items():
                yield _key(letter_, spoken, channel), text
    for number, question in enumerate(message.questions, 1):
        for language in LANGUAGES:
            yield _key("q", str(number), language), question.words.get(language, "")
            options = "\n".join(option.get(language, "") for option in question.options)
            yield _key("q", str(number), language, "options"), options.strip()


def _written(form: Any, before: Content) -> dict[str, Any]:
    """The form as a message's JSON. A recording is kept: it has a form of its own."""
    given: Mapping[str, Any] = form.data
    action = given["action"]
    target = given[TARGETS[action]] if action in TARGETS else None
    recorded = [one.recording for one in before.variants]
    wordings = [
        _wording(given, letter_) | {"recording": recording}
        for letter_, recording in zip_longest(LETTERS, recorded)
    ]
    variants = [one for one in wordings if one["words"] or one["recording"]]
    return {
        "variants": variants or [{"words": {}}],
        "first_percent": given["first_percent"] or 50,
        "subject": _by_language(given, "subject"),
        "action": action,
        "target": target or None,
        "neutral": bool(given["neutral"]),
        "questions": list(_questions(given)) if action == "questions" else [],
    }


def _wording(given: Mapping[str, Any], letter_: str) -> dict[str, Any]:
    by_language = {
        language: {channel: text for channel in CHANNELS if (text := given[_key(letter_, language, channel)])}
        for language in LANGUAGES
    }
    return {"words": {language: texts for language, texts in by_language.items() if texts}}


def _questions(given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(1, content.QUESTIONS_AT_MOST + 1):
        asked = _by_language(given, "q", str(number))
        if not asked:
            continue
        lines = {
            language: [
                line.strip()
                for line in (given[_key("q", str(number), language, "options")] or "").splitlines()
                if line.strip()
            ]
            for language in LANGUAGES
        }
        longest = max(map(len, lines.values()))
        yield {
            "words": asked,
            "options": [
                {language: own[at] for language, own in lines.items() if at < len(own)}
                for at in range(longest)
            ],
        }


def _by_language(given: Mapping[str, Any], *parts: str) -> dict[str, str]:
    return {language: text for language in LANGUAGES if (text := given[_key(*parts, language)])}


def _where(error: ContentError, form: Any) -> str:
    """The field that an error is about."""
    match error.key.rpartition(".")[2]:
        case "subject":
            return "subject_zhCN"
        case "target":
            return TARGETS.get(form["action"].data, "action")
        case "questions" | "options" | "many_questions":
            return _key("q", "1", "zh-CN")
        case _:
            return _key("a", "zh-CN", "sms")
