"""What callers meet on the jobs line. Its SQL is ``store.py``, its wording ``rules.py``."""

from outreach.dialogue.kinds import Act, Browse, Confirm, Form, Item, Menu, Option
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import (
    Alert,
    Back,
    Choice,
    Data,
    Goto,
    JSONValue,
    Move,
    NoMatch,
    Page,
    Phrase,
    Screen,
    Stay,
    Text,
    Turn,
)
from outreach.services.jobs import rules, store
from outreach.services.jobs.rules import Application, Filter, Opening
from outreach.services.places import today
from outreach.store import people
from outreach.store.schema import COUNTIES

GROUPS = ("massage", "hospital", "public", "other")
_COUNTY_OPTIONS = tuple(Option(str(n), f"county.{name}", value=name) for n, name in enumerate(COUNTIES, 1))
_GROUP_OPTIONS = tuple(Option(str(n), f"jobs.group.{name}", value=name) for n, name in enumerate(GROUPS, 1))


def _filter(data: Data) -> Filter:
    return Filter(data.get("county", ""), data.get("group", ""))


def listen(wanted: Filter) -> Goto:
    """To the listing; one step back from it is the jobs menu, which remembers the filter."""
    data = {"county": wanted.county, "group": wanted.group}
    return Goto("jobs.list", data, root=True, through=("jobs.menu",))


# --- The menus: what to hear --------------------------------------------------------------------------------


def _filtered(turn: Turn) -> tuple[Phrase, ...]:
    wanted = _filter(turn.data)
    names = [turn.say(f"county.{wanted.county}").text] if wanted.county else []
    names += [turn.say(f"jobs.group.{wanted.group}").text] if wanted.group else []
    return (turn.say("jobs.filtered", what=turn.say("list.comma").text.join(names)),) if names else ()


def _menu(turn: Turn, value: JSONValue) -> Move:
    if value == "newest":
        return listen(Filter())
    return Goto(f"jobs.{value}", dict(turn.data))


MENU = Menu(
    "jobs.menu",
    (
        Option("1", "jobs.menu.newest", value="newest"),
        Option("2", "jobs.menu.county", value="county"),
        Option("3", "jobs.menu.kind", value="kind"),
        Option("4", "jobs.menu.saved", page="jobs.saved"),
        Option("5", "jobs.menu.alert", page="jobs.alert"),
    ),
    lead=_filtered,
    choose=_menu,
)

COUNTY = Menu(
    "jobs.county",
    (*_COUNTY_OPTIONS, Option("5", "county.all", value="")),
    choose=lambda turn, county: listen(Filter(county, turn.data.get("group", ""))),
)

KIND = Menu(
    "jobs.kind",
    (*_GROUP_OPTIONS, Option("5", "jobs.group.all", value="")),
    choose=lambda turn, group: listen(Filter(turn.data.get("county", ""), group)),
)


# --- The listing --------------------------------------------------------------------------------------------


def _find(turn: Turn) -> Data:
    if "only" in turn.data:  # the one that a campaign is about
        return {"items": [turn.data["only"]], "new": 0}
    profile = turn.profile
    items, new = store.find(
        turn.db,
        _filter(turn.data),
        today(turn.now),
        profile.last_call_at,
        None if turn.data.get("county") else profile.county,
    )
    return {"items": items, "new": new, "hint": "jobs.list.lead"}


def _offered(turn: Turn, opening_id: int) -> Opening | None:
    opening = store.get(turn.db, opening_id)
    return opening if opening and opening.offered(today(turn.now)) else None


def _item(turn: Turn, opening_id: int) -> Item | None:
    opening = _offered(turn, opening_id)
    if opening is None:
        return None
    new = turn.data["at"] < turn.data.get("new", 0)
    marks = (turn.say("jobs.list.new"),) if new else ()
    words = (*marks, *rules.headline(turn.say, opening), *rules.details(turn.say, opening))
    return Item(words, rules.slowly(rules.numbers(turn.say, opening)))


def _send(turn: Turn, opening_id: int) -> Move:
    opening = _offered(turn, opening_id)
    assert opening is not None, "Browse acts only on what is still offered"
    profile = turn.profile
    if profile.number is None:
        return Goto("jobs.number", {"then": "send", "opening": opening_id})
    if not profile.textable:
        return Stay(say=(turn.say("jobs.send.landline"), *rules.details(turn.say, opening)), only=True)
    who = profile.person_id or turn.call_id
    turn.effects.append(
        Text(f"opening:{opening_id}:to:{who}:{today(turn.now)}", rules.summary(turn.say, opening))
    )
    return Stay(say=(turn.say("jobs.send.done"),), only=True)


def _empty(turn: Turn) -> Screen:
    choices = (
        Choice("1", "all", turn.say.words("jobs.group.all")),
        Choice("2", "alert", turn.say.words("jobs.menu.alert")),
    )
    return Screen((turn.say("jobs.list.empty"),), choices=choices)


def _hear_empty(_turn: Turn, value: JSONValue) -> Move:
    return listen(Filter()) if value == "all" else Goto("jobs.alert")


def _by_word(turn: Turn) -> tuple[Choice, ...]:
    """In the list, saying a county or a kind narrows it; the keys for that are one step back."""
    counties = (Choice("", {"county": name}, turn.say.words(f"county.{name}")) for name in COUNTIES)
    groups = (Choice("", {"group": name}, turn.say.words(f"jobs.group.{name}")) for name in GROUPS)
    save = Choice("", {"do": "save"}, turn.say.words("jobs.save"))
    return (save, *counties, *groups)


def _hear_word(turn: Turn, value: JSONValue) -> Move:
    if value == {"do": "save"}:
        return _save(turn, turn.data["items"][turn.data["at"]], back=False)
    return listen(_filter({**turn.data, **value}))


LIST = Browse(
    "jobs.list",
    find=_find,
    item=_item,
    take=lambda _turn, opening_id: Goto("jobs.apply", {"opening": opening_id}),
    send=_send,
    empty=_empty,
    hear_empty=_hear_empty,
    by_word=_by_word,
    hear_word=_hear_word,
)


def _saved_empty(turn: Turn) -> Screen:
    return Screen(
        (turn.say("jobs.saved.empty"),), choices=(Choice("1", "all", turn.say.words("jobs.group.all")),)
    )


SAVED = Browse(
    "jobs.saved",
    find=lambda turn: {"items": store.saved(turn.db, turn.profile.person_id or 0, today(turn.now))},
    item=_item,
    take=lambda _turn, opening_id: Goto("jobs.apply", {"opening": opening_id}),
    send=_send,
    empty=_saved_empty,
    hear_empty=_hear_empty,
)


# --- Applying -----------------------------------------------------------------------------------------------


def _known(turn: Turn, then: str) -> Move | None:
    """Applying and saving need somebody to keep it for: consent first, and a number where there is none."""
    profile, opening = turn.profile, turn.data["opening"]
    if profile.person_id is not None:
        return None
    if profile.number is None:
        return Goto("jobs.number", {"then": then, "opening": opening}, keep=False)
    return Goto("home.consent", {"then": f"jobs.{then}", "data": {"opening": opening}}, keep=False)


def _prepare_apply(turn: Turn) -> Data | Move:
    if (elsewhere := _known(turn, "apply")) is not None:
        return elsewhere
    assert turn.profile.person_id is not None
    if store.applied(turn.db, turn.profile.person_id, turn.data["opening"]):
        return Back((turn.say("jobs.apply.already"),), only=True)
    return turn.data


def _ask_apply(turn: Turn) -> tuple[Phrase, ...]:
    opening = store.get(turn.db, turn.data["opening"])
    if opening is None:
        return (turn.say("list.gone"),)
    return (turn.say("jobs.apply.ask", employer=opening.employer, title=opening.title),)


def _apply(turn: Turn) -> Move:
    opening, person_id = _offered(turn, turn.data["opening"]), turn.profile.person_id
    if opening is None:
        return Back((turn.say("list.gone"),), only=True)
    assert person_id is not None
    application = store.apply(turn.db, person_id, opening.id, turn.now)
    if application is None:
        return Back((turn.say("jobs.apply.already"),), only=True)
    # an application withdrawn and taken up again is another occasion: its counselor is told again
    occasion = f"application:{application}:{turn.now:%Y%m%d%H%M%S}"
    turn.effects.append(Alert("application", occasion, opening_id=opening.id))
    said = [turn.say("jobs.apply.done"), *rules.slowly(rules.numbers(turn.say, opening))]
    if turn.profile.textable:
        turn.effects.append(Text(occasion, rules.summary(turn.say, opening)))
        said.append(turn.say("jobs.apply.sent"))
    return Back((*said, turn.say("list.go_on")), only=True)


def _save(turn: Turn, opening_id: int, back: bool) -> Move:
    if turn.profile.person_id is None:
        return Goto("jobs.save", {"opening": opening_id}, keep=not back)
    new = store.save(turn.db, turn.profile.person_id, opening_id, turn.now)
    said = (turn.say("jobs.save.done" if new else "jobs.save.already"), turn.say("list.go_on"))
    return Back(said, only=True) if back else Stay(say=said, only=True)


APPLY = Confirm(
    "jobs.apply",
    ask=_ask_apply,
    yes=_apply,
    no=lambda turn: Back((turn.say("jobs.apply.not"), turn.say("list.go_on")), only=True),
    prepare=_prepare_apply,
    other=("jobs.save", lambda turn: _save(turn, turn.data["opening"], back=True)),
)


SAVE = Act("jobs.save", lambda turn: _known(turn, "save") or _save(turn, turn.data["opening"], back=True))


# --- One application of the caller's own ----------------------------------------------------------------------


def _application(turn: Turn) -> tuple[Application, Opening] | None:
    person_id = turn.profile.person_id
    if person_id is None:
        return None
    return store.application(turn.db, turn.data["application"], person_id)


def _prepare_application(turn: Turn) -> Data | Move:
    return turn.data if _application(turn) else Back((turn.say("jobs.application.gone"),))


def _about_application(turn: Turn) -> tuple[Phrase, ...]:
    found = _application(turn)
    if found is None:
        return (turn.say("jobs.application.gone"),)
    application, opening = found
    return (*rules.application(turn.say, application, opening), *rules.numbers(turn.say, opening))


def _in_application(turn: Turn, value: JSONValue) -> Move:
    found = _application(turn)
    if found is None:
        return Back((turn.say("jobs.application.gone"),))
    application, opening = found
    if value == "withdraw":
        if application.state not in store.WITHDRAWABLE:
            return Stay(say=(turn.say("jobs.withdraw.late"),))
        return Goto("jobs.withdraw", dict(turn.data))
    if value == "numbers" or not turn.profile.textable:
        return Stay(say=rules.slowly(rules.numbers(turn.say, opening)))
    purpose = f"application:{turn.data['application']}:again:{today(turn.now)}"
    turn.effects.append(Text(purpose, rules.summary(turn.say, opening)))
    return Stay(say=(turn.say("jobs.send.done"),), only=True)


APPLICATION = Menu(
    "jobs.application",
    (
        Option("1", "jobs.application.withdraw", value="withdraw"),
        Option("2", "jobs.application.numbers", value="numbers"),
        Option("3", "jobs.application.send", value="send"),
    ),
    lead=_about_application,
    choose=_in_application,
    prepare=_prepare_application,
)


def _ask_withdraw(turn: Turn) -> tuple[Phrase, ...]:
    found = _application(turn)
    if found is None:
        return (turn.say("jobs.application.gone"),)
    return (turn.say("jobs.withdraw.ask", employer=found[1].employer, title=found[1].title),)


def _withdraw(turn: Turn) -> Move:
    if _application(turn) is None:
        return Back((turn.say("jobs.application.gone"),))
    done = store.withdraw(turn.db, turn.data["application"], turn.now)
    return Back((turn.say("jobs.withdraw.done" if done else "jobs.withdraw.late"),))


WITHDRAW = Confirm("jobs.withdraw", ask=_ask_withdraw, yes=_withdraw)


# --- A number, from callers whose own was not sent ------------------------------------------------------------


def _check_number(turn: Turn, digits: str) -> JSONValue:
    if len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789":
        return digits
    return turn.say("jobs.number.wrong")


def _number_given(turn: Turn, data: Data) -> Move:
    number = f"+86{data['answers']['number']}"
    if data["then"] == "send":
        opening = _offered(turn, data["opening"])
        if opening is None:
            return Back((turn.say("list.gone"),), only=True)
        purpose = f"opening:{opening.id}:to:{turn.call_id}:{today(turn.now)}"
        turn.effects.append(Text(purpose, rules.summary(turn.say, opening), to=number))
        return Back((turn.say("jobs.send.done"), turn.say("list.go_on")), only=True)
    then = {"then": f"jobs.{data['then']}", "data": {"opening": data["opening"]}, "number": number}
    return Goto("home.consent", then, keep=False)


NUMBER = Form(
    "jobs.number",
    (FormField("number", "jobs.number", check=_check_number, read_back="jobs.number.heard"),),
    done=_number_given,
)


# --- Being told of new ones ---------------------------------------------------------------------------------


def _prepare_alert(turn: Turn) -> Data | Move:
    if turn.profile.person_id is not None:
        return {}
    if turn.profile.number is None:
        return Back((turn.say("jobs.alert.anonymous"),), only=True)
    return Goto("home.consent", {"then": "jobs.alert", "data": {}}, keep=False)


def _alert_known(turn: Turn, data: Data) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return NoMatch()
    answers = data["answers"]
    new = store.subscribe(turn.db, person_id, Filter(answers["county"], answers["group"]), turn.now)
    # news of jobs goes to nobody without it, and 退订 by text ends it
    people.give_consent(turn.db, person_id, "jobs", "jobs.alert/1", turn.channel, turn.call_id, turn.now)
    return Back((turn.say("jobs.alert.done" if new else "jobs.alert.already"),))


ALERT = Form(
    "jobs.alert",
    (
        FormField(
            "county", "jobs.alert.county", options=(*_COUNTY_OPTIONS, Option("5", "county.all", value=""))
        ),
        FormField(
            "group", "jobs.alert.group", options=(*_GROUP_OPTIONS, Option("5", "jobs.group.all", value=""))
        ),
    ),
    done=_alert_known,
    prepare=_prepare_alert,
)


def _unsubscribe(turn: Turn) -> Move:
    store.unsubscribe(turn.db, turn.profile.person_id or 0)
    return Back((turn.say("jobs.unsubscribe.done"),))


UNSUBSCRIBE = Confirm("jobs.unsubscribe", ask=lambda turn: (turn.say("jobs.unsubscribe"),), yes=_unsubscribe)


START = Act("jobs.start", lambda _: listen(Filter()))
"""The line's front door: straight to the newest openings, the menus one step back (docs/decisions/0006)."""

PAGES: tuple[Page, ...] = (
    START, MENU, COUNTY, KIND, LIST, SAVED, APPLY, SAVE, APPLICATION, WITHDRAW, NUMBER, ALERT, UNSUBSCRIBE
)  # fmt: skip
