"""``outreach campaign``: what runs, how it goes, rehearsals, pause, resume, cancel, reports; in the terminal.

Drafting and approving are done in the console, by people who are signed in.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeVar

import typer
from sqlalchemy import Connection

from outreach.campaigns import audience, checks, progress, report, schedule, store
from outreach.campaigns.life import MoveError
from outreach.campaigns.progress import Progress
from outreach.config import Config
from outreach.delivery.policy import LOCAL
from outreach.dialogue.page import Words
from outreach.dialogue.prompts import Prompts, load_all
from outreach.logs import set_up
from outreach.rehearsal import memory
from outreach.rehearsal.campaign import Outcome, rehearse
from outreach.rehearsal.week import Settings
from outreach.services.campaigns import content
from outreach.store.audit import Audit
from outreach.store.database import Database

app = typer.Typer(help="Campaigns: rehearse, watch, pause, resume, cancel, report.", no_args_is_help=True)
T = TypeVar("T")
BY: Final = "command line"
BAR: Final = 40
LOOK_SECONDS: Final = 1.0
Id = Annotated[int, typer.Argument(help="the campaign's number, as in outreach campaign list")]


@app.callback()
def quietly() -> None:
    """Campaigns: rehearse, watch, pause, resume, cancel, report."""
    set_up(as_json=False, level=logging.WARNING)


@app.command("list")
def list_all() -> None:
    """The latest campaigns, with their states."""
    say = _say()
    for campaign in _open(lambda database: database.read_now(store.listed)):
        typer.echo(_head(campaign, say))


@app.command()
def show(campaign: Id, watch: Annotated[bool, typer.Option(help="until it is over")] = False) -> None:
    """Whom it is for and how it goes; a running one with a bar."""
    say = _say()

    def work(database: Database) -> None:
        for line in database.read_now(lambda db: list(_about(db, campaign, say))):
            typer.echo(line)
        went = database.read_now(lambda db: progress.progress(db, campaign))
        while watch and went.state in ("scheduled", "running", "paused") and sys.stdout.isatty():
            typer.echo(f"\r{bar(went)}", nl=False)
            time.sleep(LOOK_SECONDS)
            went = database.read_now(lambda db: progress.progress(db, campaign))
        if went.people:
            typer.echo(("\r" if watch else "") + bar(went))
            for line in _went(went, say):
                typer.echo(line)

    _open(work)


@app.command("rehearse")
def rehearse_one(
    campaign: Id,
    people: Annotated[int | None, typer.Option(min=1, help="fill the audience up to so many")] = None,
    seed: Annotated[int, typer.Option(help="draws the same people and answers again")] = 1,
) -> None:
    """Among simulated people, on a copy of the data: when, what it costs, when it ends, who is skipped and why."""
    config = Config()
    languages = _languages(config)
    now = datetime.now(UTC)
    settings = Settings(languages, config.sms_signature, now, now, seed)
    try:
        outcome = rehearse(memory.copy(config.database), settings, campaign, _phone(config), people)
    except LookupError:
        _fail(f"there is no campaign {campaign}: outreach campaign list")
    say = _say()
    copied = _open(lambda database: database.read_now(lambda db: store.get(db, campaign)))
    for line in told(outcome, copied.draft.content, say):
        typer.echo(line)
    if not outcome.fatal and copied.state == "draft":
        _write(lambda db: store.move(db, campaign, "rehearse", BY, now, audit=_audit(db, now)))
    if outcome.fatal:
        raise typer.Exit(1)


@app.command()
def pause(campaign: Id) -> None:
    """Stop it at once; what has not left is taken back."""
    now = datetime.now(UTC)
    back = _write(lambda db: progress.pause(db, campaign, BY, now, audit=_audit(db, now)))
    typer.echo(_say()("campaign.told.back", n=back).text)


@app.command()
def resume(campaign: Id) -> None:
    """Go on."""
    now = datetime.now(UTC)
    _write(lambda db: progress.resume(db, campaign, BY, now, audit=_audit(db, now)))
    typer.echo(_say()("campaign.told.on").text)


@app.command()
def cancel(campaign: Id) -> None:
    """Stop it for good, and say what was out already."""
    now = datetime.now(UTC)
    went = _write(lambda db: progress.cancel(db, campaign, BY, now, audit=_audit(db, now)))
    typer.echo(_say()("campaign.told.out", out=went.out, cancelled=went.cancelled).text)


@app.command("report")
def report_one(
    campaign: Id,
    csv: Annotated[Path | None, typer.Option(help="write a line for each person, without names")] = None,
) -> None:
    """What came of it."""
    say = _say()

    def work(db: Connection) -> tuple[report.Report, str]:
        return report.report(db, campaign), report.as_csv(db, campaign) if csv else ""

    found, lines = _open(lambda database: database.read_now(work))
    typer.echo(_head(found.campaign, say))
    figures = found.figures
    shown = {name: figures[name] for name in ("reached", "unreached", "skipped", "held")}
    typer.echo(say("campaign.told.results", **shown).text)
    typer.echo(say("campaign.told.acts", acted=figures["acted"], out=figures["opted_out"]).text)
    for line in (*_reasons(found.reasons, say), *_answers(found.answers, found.campaign.draft.content, say)):
        typer.echo(line)
    if csv:
        csv.write_text(lines, encoding="utf-8")


# --- Words ----------------------------------------------------------------------------------------------------


def told(outcome: Outcome, said: content.Content, say: Words) -> Iterator[str]:
    """A rehearsal in words, line by line."""
    yield from (say(finding.key, **finding.values).text for finding in outcome.findings)
    went = outcome.progress
    if went is None or outcome.begins is None:
        return
    yield say("campaign.told.sample", people=went.people).text
    ends = outcome.ended_at
    key = "campaign.told.times" if ends else "campaign.told.wall"
    yield say(key, begins=_local(outcome.begins), ends=_local(ends) if ends else "").text
    cost = {
        "calls": outcome.calls,
        "texts": outcome.texts,
        "parts": outcome.parts,
        "replies": outcome.replies,
    }
    yield say("campaign.told.cost", **cost).text
    yield from _went(went, say)
    yield say("campaign.told.acts", acted=outcome.acted, out=outcome.opted_out).text
    yield from _answers(outcome.answers or {}, said, say)
    if outcome.hours:
        yield say("campaign.told.hours").text
        for at, texts in outcome.hours.items():
            yield f"  {say('campaign.told.hour', at=_local(at), texts=texts).text}"


def bar(went: Progress) -> str:
    """How far a run has come, in one line."""
    full = round(BAR * went.share_done)
    return f"[{'#' * full}{'.' * (BAR - full)}] {went.share_done:4.0%}  {went.out}/{went.people}"


def _about(db: Connection, campaign_id: int, say: Words) -> Iterator[str]:
    campaign, now = store.get(db, campaign_id), datetime.now(UTC)
    reasons = checks.fall_out(db, campaign, now)
    yield _head(campaign, say)
    whom = audience.sentence(campaign.draft.audience, say)
    everybody = sum(reasons.values())
    yield say("campaign.told.audience", sentence=whom, n=everybody, reach=reasons.get(None, 0)).text
    yield from _reasons({why: count for why, count in reasons.items() if why}, say)
    if campaign.state in ("draft", "rehearsed", "approved"):
        found = checks.findings(db, campaign, now)
        yield from (say(finding.key, **finding.values).text for finding in found)
        begins = schedule.first(campaign.draft.schedule, now)
        yield _local(begins) if begins else ""


def _went(went: Progress, say: Words) -> Iterator[str]:
    counted = {"reached": went.reached + went.sent, "unreached": went.unreached}
    yield say("campaign.told.results", **counted, skipped=went.skipped, held=went.held).text
    yield from _reasons(went.reasons, say)


def _reasons(reasons: dict[str, int], say: Words) -> Iterator[str]:
    for why, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        yield f"  {say('campaign.told.reason', count=count, why=say(f'reason.{why}').text).text}"


def _answers(answers: dict[int, dict[int, int]], said: content.Content, say: Words) -> Iterator[str]:
    for number, question in enumerate(said.questions):
        chosen = answers.get(number, {})
        options = (content.in_language(option, "zh-CN") for option in question.options)
        counted = (
            say("campaign.told.answer", option=option, count=chosen.get(at, 0)).text
            for at, option in enumerate(options)
        )
        yield say("campaign.told.answers", n=number + 1, answers="  ".join(counted)).text


def _head(campaign: store.Campaign, say: Words) -> str:
    state = say(f"campaign.state.{campaign.state}").text
    return say("campaign.told.head", id=campaign.id, name=campaign.draft.name, state=state).text


def _local(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


# --- The house --------------------------------------------------------------------------------------------------


def _say() -> Words:
    config = Config()
    return _languages(config)[config.language].bound[2, "sms"]


def _languages(config: Config) -> dict[str, Prompts]:
    found = load_all(config.prompts_dir)
    return {config.language: found[config.language], **found}


def _phone(config: Config) -> str:
    return config.twilio_from or config.help_phone


def _audit(db: Connection, now: datetime) -> Audit:
    return Audit(db, None, now, "terminal")


def _write(work: Callable[[Connection], T]) -> T:
    try:
        return _open(lambda database: database.write_now(work))
    except MoveError as error:
        say = _say()
        values = {name: say(f"campaign.{name}.{value}").text for name, value in error.values.items()}
        _fail(say(error.key, **values).text)


def _open(work: Callable[[Database], T]) -> T:
    config = Config()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database.open(config.database)
    try:
        return work(database)
    except LookupError:
        _fail("there is no such campaign: outreach campaign list")
    finally:
        database.close_now()


def _fail(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(1)
