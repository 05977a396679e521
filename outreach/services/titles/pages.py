"""What callers meet on the titles line. Its SQL is ``store.py``, its calendar ``rules.py``, words ``wording.py``."""

from datetime import datetime, timedelta

from outreach.dialogue.kinds import Act, Article, Confirm, Menu, Option
from outreach.dialogue.page import (
    Back,
    Data,
    Forget,
    Goto,
    JSONValue,
    Move,
    Page,
    Phrase,
    Remind,
    Stay,
    Text,
    Turn,
)
from outreach.services.places import today
from outreach.services.titles import rules, store, wording
from outreach.services.titles.rules import Round
from outreach.services.titles.store import Entry, Paper
from outreach.store import people

MENU = Menu(
    "titles.menu",
    (
        Option("1", "titles.menu.initial", page="titles.round", data={"level": "initial"}),
        Option("2", "titles.menu.middle", page="titles.round", data={"level": "middle"}),
        Option("3", "titles.menu.mine", page="titles.mine"),
    ),
)

# --- A round ------------------------------------------------------------------------------------------------


def _prepare_round(turn: Turn) -> Data | Move:
    level = turn.data["level"]
    this = store.current(turn.db, level, today(turn.now))
    if this is None:
        return Goto("titles.none", {"level": level}, keep=False)
    return {"level": level, "round": this.id}


def _round(turn: Turn) -> Round:
    this = store.get(turn.db, turn.data["round"])
    assert this is not None, "rounds are never deleted"
    return this


def _about_round(turn: Turn) -> tuple[Phrase, ...]:
    return wording.opens_and_closes(turn.say, _round(turn), today(turn.now))


def _in_round(turn: Turn, value: JSONValue) -> Move:
    if value == "send":
        return _send(turn)
    return Goto(f"titles.{value}", dict(turn.data))


def _send(turn: Turn) -> Move:
    profile, this = turn.profile, _round(turn)
    if profile.number is None or not profile.textable:
        said = "titles.send.no_number" if profile.number is None else "titles.send.landline"
        return Stay(say=(turn.say(said),), only=True)
    who = profile.person_id or turn.call_id
    body = wording.list_text(turn.say, this, store.papers_of(turn.db, this.id))
    turn.effects.append(Text(f"titles:{this.id}:to:{who}:{today(turn.now)}", body))
    return Stay(say=(turn.say("titles.send.done"),))


ROUND = Menu(
    "titles.round",
    (
        Option("1", "titles.round.rules", value="rules"),
        Option("2", "titles.round.papers", value="papers"),
        Option("3", "titles.round.enter", value="enter"),
        Option("4", "titles.round.send", value="send"),
        Option("5", "titles.round.wish", value="wish"),
    ),
    lead=_about_round,
    choose=_in_round,
    prepare=_prepare_round,
)

NONE = Menu(
    "titles.none",
    (Option("1", "titles.none.wish", value="wish"),),
    lead=lambda turn: (
        turn.say("titles.none.yet", level=turn.say(f"titles.level.{turn.data['level']}").text),
    ),
    choose=lambda turn, _: Goto("titles.wish", dict(turn.data)),
)


def _rules(turn: Turn) -> tuple[Phrase, ...]:
    this = _round(turn)
    told = (turn.say("titles.rules.paragraph", words=words) for words in store.rules_of(turn.db, this.id))
    contact = turn.say("titles.contact", contact=this.contact, phone=this.phone)
    return (*told, *wording.dates(turn.say, this), contact, turn.say("titles.source", source=this.source))


RULES = Article("titles.rules", _rules)


def _papers(turn: Turn) -> tuple[Phrase, ...]:
    papers = store.papers_of(turn.db, turn.data["round"])
    return _one_by_one(turn, papers) or (turn.say("titles.papers.none"),)


def _one_by_one(turn: Turn, papers: list[Paper]) -> tuple[Phrase, ...]:
    return tuple(
        Phrase("titles.papers.at", turn.say("titles.papers.at", n=at, total=len(papers)).text + told.text)
        for at, told in enumerate((wording.paper(turn.say, found) for found in papers), 1)
    )


PAPERS = Article("titles.papers", _papers)

# --- Being told of the next one -----------------------------------------------------------------------------


def _wish(turn: Turn) -> Move:
    if (elsewhere := _known(turn, "titles.wish")) is not None:
        return elsewhere
    assert turn.profile.person_id is not None
    new = store.wish(turn.db, turn.profile.person_id, turn.data["level"], turn.now)
    return Back((turn.say("titles.wish.done" if new else "titles.wish.already"),), only=True)


WISH = Act("titles.wish", _wish)

# --- Taking part --------------------------------------------------------------------------------------------


def _known(turn: Turn, then: str) -> Move | None:
    """Whoever is to be reminded must be somebody we may keep, and can ring: else a counselor does it with them."""
    if turn.profile.person_id is not None:
        return None
    if turn.profile.number is None:
        return Goto("person.number", keep=False, say=(turn.say("titles.anonymous"),))
    return Goto("home.consent", {"then": then, "data": dict(turn.data)}, keep=False)


def occasion(entry_id: int) -> str:
    """What all reminders of one entry are kept under."""
    return f"titles:{entry_id}"


def remind(this: Round, entry: Entry, now: datetime) -> Remind:
    """The reminders that an entry needs from now on; takes the place of those it had."""
    at = rules.reminders(this, entry.handed_in, now)
    until = rules.remind_until(this, entry.handed_in)
    return Remind(occasion(entry.id), "titles.remind", {"entry": entry.id}, at, until, entry.person_id)


def _prepare_enter(turn: Turn) -> Data | Move:
    if (elsewhere := _known(turn, "titles.enter")) is not None:
        return elsewhere
    assert turn.profile.person_id is not None
    if store.latest(turn.db, turn.profile.person_id, turn.data["round"]):
        return Goto("titles.mine", keep=False, say=(turn.say("titles.enter.already"),))
    return _closed(turn) or turn.data


def _closed(turn: Turn) -> Move | None:
    stage = _round(turn).stage(today(turn.now))
    return None if stage in ("coming", "open") else Back((turn.say("titles.enter.closed"),))


def _enter(turn: Turn) -> Move:
    person_id = turn.profile.person_id
    assert person_id is not None
    if (closed := _closed(turn)) is not None:
        return closed
    entry_id = store.enter(turn.db, person_id, turn.data["round"], turn.now)
    entry = store.entry(turn.db, entry_id) if entry_id is not None else None
    if entry is None:
        return Goto("titles.mine", keep=False, say=(turn.say("titles.enter.already"),))
    people.give_consent(
        turn.db, person_id, "reminders", "titles.enter/1", turn.channel, turn.call_id, turn.now
    )
    turn.effects.append(remind(_round(turn), entry, turn.now))
    return Goto("titles.mine", keep=False, say=(turn.say("titles.enter.done"),))


ENTER = Confirm(
    "titles.enter",
    ask=lambda turn: (turn.say("titles.enter.ask", name=wording.title(turn.say, _round(turn))),),
    yes=_enter,
    no=lambda turn: Back((turn.say("titles.enter.not"),)),
    prepare=_prepare_enter,
)

# --- My round -----------------------------------------------------------------------------------------------


def _prepare_mine(turn: Turn) -> Data | Move:
    """The entry that is asked for, else the latest."""
    if "entry" in turn.data and _entry(turn) is not None:
        return {"entry": turn.data["entry"]}
    entry = store.latest(turn.db, turn.profile.person_id) if turn.profile.person_id is not None else None
    return {"entry": entry.id} if entry else Back((turn.say("titles.mine.none"),))


def _entry(turn: Turn) -> Entry | None:
    """The entry a page is about, if it is the caller's and still under way."""
    entry = store.entry(turn.db, turn.data["entry"])
    return entry if entry and entry.active and entry.person_id == turn.profile.person_id else None


def _state(turn: Turn) -> tuple[Phrase, ...]:
    entry = store.entry(turn.db, turn.data["entry"])
    this = store.get(turn.db, entry.round_id) if entry else None
    if entry is None or this is None or entry.person_id != turn.profile.person_id:
        return (turn.say("titles.over"),)
    papers = store.checklist(turn.db, entry.id)
    return wording.state(turn.say, entry, this, papers, today(turn.now))


MINE = Menu(
    "titles.mine",
    (
        Option("1", "titles.mine.check", value={"page": "titles.check"}),
        Option("2", "titles.mine.missing", value={"page": "titles.missing"}),
        Option("3", "titles.mine.again", value={"page": "titles.check", "all": True}),
        Option("4", "titles.mine.leave", value={"page": "titles.leave"}),
    ),
    lead=_state,
    choose=lambda turn, value: Goto(
        value["page"], {"entry": turn.data["entry"], "all": value.get("all", False)}
    ),
    prepare=_prepare_mine,
)


def _prepare_check(turn: Turn) -> Data | Move:
    """The papers still missing, or all of them; the list stays as it was while they are gone through."""
    if _entry(turn) is None:
        return Back((turn.say("titles.over"),))
    papers = store.checklist(turn.db, turn.data["entry"])
    wanted = papers if turn.data.get("all") else wording.missing(papers)
    if not wanted:
        return Back((turn.say("titles.check.nothing"),))
    return {"entry": turn.data["entry"], "papers": [found.id for found in wanted], "at": 0}


def _checked(turn: Turn) -> Paper | None:
    wanted = turn.data["papers"][turn.data["at"]]
    papers = store.checklist(turn.db, turn.data["entry"])
    return next((found for found in papers if found.id == wanted), None)


def _ask_check(turn: Turn) -> tuple[Phrase, ...]:
    found, total = _checked(turn), len(turn.data["papers"])
    if found is None:
        return (turn.say("titles.check.gone"),)
    told = turn.say("titles.papers.at", n=turn.data["at"] + 1, total=total)
    return told, turn.say("titles.check", name=found.name)


def _tick(turn: Turn, ready: bool) -> Move:
    entry, found = _entry(turn), _checked(turn)
    if entry is None:
        return Back((turn.say("titles.over"),))
    if found is not None:
        store.tick(turn.db, entry.id, found.id, ready, turn.now)
    if turn.data["at"] + 1 < len(turn.data["papers"]):
        return Stay({"at": turn.data["at"] + 1})
    return Back((turn.say("titles.check.done"),))


CHECK = Confirm(
    "titles.check",
    ask=_ask_check,
    yes=lambda turn: _tick(turn, True),
    no=lambda turn: _tick(turn, False),
    prepare=_prepare_check,
)


def _missing(turn: Turn) -> tuple[Phrase, ...]:
    papers = store.checklist(turn.db, turn.data["entry"]) if _entry(turn) else []
    return _one_by_one(turn, wording.missing(papers)) or (turn.say("titles.missing.none"),)


MISSING = Article("titles.missing", _missing)


def _leave(turn: Turn) -> Move:
    entry = _entry(turn)
    if entry is None or not store.leave(turn.db, entry.id, turn.now):
        return Back((turn.say("titles.over"),))
    turn.effects.append(Forget(occasion(entry.id)))
    return Goto("titles.menu", root=True, say=(turn.say("titles.leave.done"),))


LEAVE = Confirm(
    "titles.leave",
    ask=lambda turn: (turn.say("titles.leave"),),
    yes=_leave,
    no=lambda turn: Back((turn.say("titles.leave.not"),)),
    prepare=lambda turn: turn.data if _entry(turn) else Back((turn.say("titles.over"),)),
)

# --- The reminder -------------------------------------------------------------------------------------------

HEARD_LATELY = timedelta(days=7)
"""Whoever has confirmed one of the reminders of the last week is not rung about the same date again."""


def _prepare_remind(turn: Turn) -> Data | Move:
    """Nothing is left to say once the person has left, or the last date has passed."""
    entry = _entry(turn)
    this = store.get(turn.db, entry.round_id) if entry else None
    if entry is None or this is None or not rules.upcoming(this, entry.handed_in, today(turn.now)):
        return Back((turn.say("titles.remind.nothing"),))
    if turn.data.get("escalated") and store.heard_since(turn.db, entry.id, turn.now - HEARD_LATELY):
        return Back((turn.say("titles.remind.heard"),))
    return turn.data


def _remind_choose(turn: Turn, value: JSONValue) -> Move:
    if value == "missing":
        return Goto("titles.missing", {"entry": turn.data["entry"]})
    if (entry := _entry(turn)) is not None:
        store.heard(turn.db, entry.id, turn.now)
    return Back((turn.say("titles.remind.heard"),))


REMIND = Menu(
    "titles.remind",
    (
        Option("1", "titles.remind.ok", value="heard"),
        Option("2", "titles.remind.papers", value="missing"),
    ),
    lead=_state,
    last=lambda turn: (turn.say("titles.person"),),
    choose=_remind_choose,
    prepare=_prepare_remind,
)

PAGES: tuple[Page, ...] = (
    MENU, ROUND, NONE, RULES, PAPERS, WISH, ENTER, MINE, CHECK, MISSING, LEAVE, REMIND
)  # fmt: skip
