"""What counselors meet when they ring from their own telephone: a PIN, then today's list and what can be done of it.

Callers' keys are as they are: for these numbers one page comes before the main menu. Whatever is behind the PIN is
shown in the call in which it was given, and in no other: ``gate``.
"""

from sqlalchemy import Connection

from outreach.dialogue.kinds import Browse, Confirm, Form, Item, Menu, Option
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import (
    Back,
    Choice,
    Data,
    Gate,
    Goto,
    JSONValue,
    Later,
    Move,
    Page,
    Phrase,
    Screen,
    Stay,
    Turn,
)
from outreach.dialogue.pick import Pick
from outreach.services.places import LOCAL
from outreach.services.staff import connecting, store
from outreach.services.staff.store import Task
from outreach.store import bridges, staff, tries, unanswered
from outreach.store.audit import Audit
from outreach.store.unanswered import Unanswered

INSIDE = frozenset({"staff.menu", "staff.list", "staff.task", "staff.pause", "staff.pausing"})
"""Pages behind the PIN."""


def door(db: Connection, number: str) -> str | None:
    """Where whoever rings from this number begins; None: as all callers do."""
    return "staff.door" if staff.at(db, number) else None


def gate(others: Gate) -> Gate:
    """Shows what is behind the PIN in the call in which it was given; what else is asked, ``others`` know."""

    def ask(turn: Turn, page: str) -> Goto | None:
        if page in INSIDE and (turn.channel == "sms" or turn.data.get("call") != turn.call_id):
            return Goto("home.menu", root=True, say=(turn.say("staff.telephone"),))
        return others(turn, page)

    return ask


# --- The door -----------------------------------------------------------------------------------------------


def _known(turn: Turn) -> Data | Move:
    who = staff.at(turn.db, turn.profile.number or "")
    if who is None or turn.channel == "sms":
        return Goto("home.menu", root=True, say=(turn.say("staff.telephone"),))
    return {"who": who.user_id}


DOOR = Menu(
    "staff.door",
    (Option("1", "staff.door.work", page="staff.pin"), Option("2", "staff.door.line", value="line")),
    choose=lambda _turn, _value: Goto("home.menu", root=True),
    prepare=_known,
)


def _check(turn: Turn, digits: str) -> JSONValue:
    return digits if len(digits) == staff.PIN_DIGITS else turn.say("staff.pin.short")


def _entered(turn: Turn, data: Data) -> Move:
    who = staff.at(turn.db, turn.profile.number or "")
    if who is None:
        return Goto("home.menu", root=True)
    asker, about = tries.telephone(turn.profile.number, turn.call_id), f"staff:{who.user_id}"
    if tries.limited(turn.db, asker, about, turn.now):
        return Goto("home.menu", root=True, say=(turn.say("staff.pin.limited"),))
    if not staff.right(who, data["answers"]["pin"]):
        tries.failed(turn.db, asker, about, turn.now)
        return Stay({"answers": {}, "heard": None}, say=(turn.say("staff.pin.wrong"),))
    Audit(turn.db, who.user_id, turn.now, "telephone").record("sign_in", "users", who.user_id)
    return Goto("staff.menu", {"user": who.user_id, "call": turn.call_id}, root=True)


PIN = Form(
    "staff.pin",
    (FormField("pin", "staff.pin", check=_check, max_digits=staff.PIN_DIGITS),),
    done=_entered,
    prepare=lambda turn: turn.data if staff.at(turn.db, turn.profile.number or "") else Back(),
)


def _inside(turn: Turn) -> Data:
    return {"user": turn.data["user"], "call": turn.data["call"]}


def _audit(turn: Turn) -> Audit:
    return Audit(turn.db, turn.data["user"], turn.now, "telephone")


MENU = Menu(
    "staff.menu",
    (
        Option("1", "staff.menu.list", value="staff.list"),
        Option("2", "staff.menu.pause", value="staff.pause"),
        Option("3", "staff.door.line", value="home.menu"),
    ),
    choose=lambda turn, page: (
        Goto("home.menu", root=True) if page == "home.menu" else Goto(page, _inside(turn))
    ),
)

# --- Today's list -------------------------------------------------------------------------------------------


def _find(turn: Turn) -> Data:
    """Tasks, then who has not said whether they come: a task's id, or about what and its id."""
    who = staff.get(turn.db, turn.data["user"])
    if who is None:
        return {"items": []}
    near = unanswered.near(turn.db, turn.now, store.LISTED)
    silent = [
        [one.about, one.id] for one in near if store.unanswered_of(turn.db, one.about, one.id, turn.now)
    ]
    return {"items": [*store.to_do(turn.db, who), *silent]}


def _silent(turn: Turn, value: JSONValue) -> Unanswered | None:
    return store.unanswered_of(turn.db, value[0], value[1], turn.now) if isinstance(value, list) else None


def _words(turn: Turn, task: Task) -> tuple[Phrase, ...]:
    at = task.created_at.astimezone(LOCAL)
    when = turn.say("staff.task.at", month=at.month, day=at.day, clock=f"{at:%H:%M}")
    whose = turn.say("staff.task.tail", tail=task.phone[-4:]) if task.phone else turn.say("staff.task.nobody")
    what = turn.say(f"staff.kind.{task.kind}")
    mine = (turn.say("staff.task.mine"),) if task.mine else ()
    return (what, when, Phrase(whose.key, whose.text, personal=True), *mine)


def _item(turn: Turn, value: JSONValue) -> Item | None:
    if isinstance(value, list):
        one = _silent(turn, value)
        if one is None:
            return None
        at = one.at.astimezone(LOCAL)
        when = turn.say("staff.task.at", month=at.month, day=at.day, clock=f"{at:%H:%M}")
        said = turn.say("staff.silent", what=one.what)
        whose = turn.say("staff.task.tail", tail=one.tail) if one.tail else turn.say("staff.task.nobody")
        return Item((said, when, Phrase(whose.key, whose.text, personal=True)))
    task = store.get(turn.db, value, turn.data["user"])
    return Item(_words(turn, task)) if task else None


def _take(turn: Turn, value: JSONValue) -> Move:
    one = _silent(turn, value)
    task_id = store.ring_up(_audit(turn), one) if one else value
    return Goto("staff.task", {**_inside(turn), "task": task_id})


LIST = Browse(
    "staff.list",
    find=_find,
    item=_item,
    take=_take,
    send=lambda turn, _: Stay(say=(turn.say("list.no_numbers"),), only=True),
    empty=lambda turn: Screen(
        (turn.say("staff.list.empty"),),
        choices=(Choice("1", "menu", turn.say.words("staff.list.menu")),),
    ),
    hear_empty=lambda _turn, _value: Back(),
    keys="staff.list.keys",
    gone="staff.task.gone",
)


def _task(turn: Turn) -> Task | None:
    return store.get(turn.db, turn.data["task"], turn.data["user"])


def _do(turn: Turn, what: JSONValue) -> Move:
    task = _task(turn)
    if task is None:
        return Back((turn.say("staff.task.gone"),))
    match what:
        case "connect":
            if task.phone is None:
                return Stay(say=(turn.say("staff.task.nobody"),), only=True)
            store.take(_audit(turn), task)
            bridge_id = bridges.add(turn.db, task.id, turn.data["user"], turn.now)
            return Goto("staff.connect", {**_inside(turn), "bridge": bridge_id})
        case "hear":
            if task.recording_id is None or task.file is None:
                return Stay(say=(turn.say("staff.task.no_message"),), only=True)
            store.listen(_audit(turn), task.recording_id)
            lost = turn.say("staff.task.lost")
            return Stay(say=(Phrase(lost.key, lost.text, personal=True, sound=task.file),), only=True)
    store.finish(_audit(turn), task.id)
    return Back((turn.say("staff.task.done"),))


TASK = Menu(
    "staff.task",
    (
        Option("1", "staff.task.connect", value="connect"),
        Option("2", "staff.task.hear", value="hear"),
        Option("3", "staff.after.done", value="done"),
    ),
    choose=_do,
    prepare=lambda turn: turn.data if _task(turn) else Back((turn.say("staff.task.gone"),)),
)

# --- Pausing a campaign --------------------------------------------------------------------------------------


def _running(turn: Turn) -> Data | Move:
    found = store.running(turn.db)
    return {**turn.data, "found": found} if found else Back((turn.say("staff.pause.none"),))


def _name(turn: Turn, campaign_id: int) -> str:
    return store.campaign(turn.db, campaign_id) or turn.say("staff.pause.over").text


PAUSE = Pick(
    "staff.pause",
    find=_running,
    label=lambda turn, campaign_id: (_name(turn, campaign_id), ()),
    take=lambda turn, campaign_id: Goto("staff.pausing", {**_inside(turn), "campaign": campaign_id}),
)


def _pause(turn: Turn) -> Move:
    """At once is within a few seconds: the scheduler takes back what has not left, as at the console."""
    campaign_id, user_id = turn.data["campaign"], turn.data["user"]
    data = {"campaign": campaign_id, "user": user_id}
    turn.effects.append(Later(f"campaign:{campaign_id}:pause", "campaigns.pause", data, turn.now))
    return Goto("staff.menu", _inside(turn), root=True, say=(turn.say("staff.pause.done"),))


PAUSING = Confirm(
    "staff.pausing",
    ask=lambda turn: (turn.say("staff.pause.ask", name=_name(turn, turn.data["campaign"])),),
    yes=_pause,
    prepare=lambda turn: (
        turn.data if store.campaign(turn.db, turn.data["campaign"]) else Back((turn.say("staff.pause.gone"),))
    ),
)

PAGES: tuple[Page, ...] = (DOOR, PIN, MENU, LIST, TASK, PAUSE, PAUSING, *connecting.PAGES)
