"""A round's dates and state in words. Pure."""

from collections.abc import Sequence
from datetime import date

from outreach.dialogue.page import Phrase, Words
from outreach.services.titles import rules
from outreach.services.titles.rules import Milestone, Round
from outreach.services.titles.store import Entry, Paper

NAMED_AT_MOST = 3
"""Missing papers that are named in passing; more are counted, and heard one by one when asked for."""


def title(say: Words, this: Round) -> str:
    """ "2026年初级职称评审"."""
    return say("titles.name", year=this.year, level=say(f"titles.level.{this.level}").text).text


def day(say: Words, on: date) -> str:
    """The day of a month, as every date here is said."""
    return say("titles.day", month=on.month, day=on.day).text


def milestone(say: Words, found: Milestone, today: date) -> Phrase:
    """ "11月30日以前，材料交到单位，还有6天"."""
    left = (found.on - today).days
    how_long = say("titles.left", n=left).text if left > 1 else say(f"titles.left.{left}").text
    return say(f"titles.milestone.{found.kind}", day=day(say, found.on), left=how_long)


def opens_and_closes(say: Words, this: Round, today: date) -> tuple[Phrase, ...]:
    """What the round is, whether it is open, and its dates."""
    stage = this.stage(today)
    dates = {"opens": day(say, this.notice_on), "closes": day(say, this.closes_on)}
    return (
        say("titles.round.what", name=title(say, this), body=this.body),
        say(f"titles.stage.{stage}", **dates),
    )


def dates(say: Words, this: Round) -> tuple[Phrase, ...]:
    """Every date in the notice, as a paragraph of its rules."""
    return tuple(
        say(
            f"titles.date.{found.kind}",
            day=day(say, found.on),
            until=day(say, found.until or found.on),
        )
        for found in rules.chain(this)
    )


def paper(say: Words, found: Paper) -> Phrase:
    """Its name, and where it is to be got."""
    return (
        say("titles.paper.hint", name=found.name, hint=found.hint)
        if found.hint
        else say("titles.paper", name=found.name)
    )


def missing(papers: Sequence[Paper]) -> list[Paper]:
    """Those not ticked as ready: the owner said no, or was never asked."""
    return [found for found in papers if not found.ready]


def papers_state(say: Words, papers: Sequence[Paper]) -> tuple[Phrase, ...]:
    """How many are missing, and which, when they are few."""
    lacking = missing(papers)
    if not papers:
        return ()
    if not lacking:
        return (say("titles.papers.all", total=len(papers)),)
    if len(lacking) > NAMED_AT_MOST:
        return (say("titles.papers.missing", n=len(lacking), total=len(papers)),)
    names = say("titles.and").text.join(found.name for found in lacking)
    return (say("titles.papers.lacking", n=len(lacking), names=names),)


def state(say: Words, entry: Entry, this: Round, papers: Sequence[Paper], today: date) -> tuple[Phrase, ...]:
    """Where somebody stands: the round, the state, what is missing, the next date and how far it is."""
    words = [say("titles.mine.round", name=title(say, this)), say(f"titles.state.{entry.state}")]
    if entry.state == "preparing":
        words += papers_state(say, papers)
    if entry.active:
        found = rules.upcoming(this, entry.handed_in, today)
        words.append(milestone(say, found, today) if found else say("titles.mine.nothing_next"))
    return tuple(words)


def list_text(say: Words, this: Round, papers: Sequence[Paper]) -> str:
    """The papers and the first deadline as one text message."""
    names = say("titles.and").text.join(found.name for found in papers)
    closes = day(say, this.closes_on)
    return say("titles.text", name=title(say, this), closes=closes, papers=names, phone=this.phone).text
