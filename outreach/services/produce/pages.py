"""What callers meet on the produce line. Its SQL is ``store.py``, its wording ``rules.py``."""

from outreach.dialogue.kinds import Browse, Confirm, Form, Item, Menu, Option, Record
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import (
    Alert,
    Back,
    Choice,
    Data,
    Goto,
    JSONValue,
    Move,
    Page,
    Phrase,
    Recorded,
    Screen,
    Stay,
    Text,
    Turn,
)
from outreach.services.places import today
from outreach.services.produce import rules, store
from outreach.services.produce.rules import Offer, Wanted
from outreach.store import people
from outreach.store.schema import COUNTIES

_COUNTY_OPTIONS = tuple(Option(str(n), f"county.{name}", value=name) for n, name in enumerate(COUNTIES, 1))
_KIND_OPTIONS = tuple(
    Option(str(n), f"produce.kind.{kind}", value=kind) for n, kind in enumerate(rules.KINDS, 1)
)


def _wanted(data: Data) -> Wanted:
    return Wanted(data.get("county", ""), data.get("kind", ""))


def listen(wanted: Wanted) -> Goto:
    """To the list; one step back from it is the line's menu, which remembers what was wanted."""
    data = {"county": wanted.county, "kind": wanted.kind}
    return Goto("produce.list", data, root=True, through=("home.more", "produce.menu"))


def _known(turn: Turn, then: str) -> Move | None:
    """Who sells or buys must be somebody a counselor can reach."""
    if turn.profile.person_id is not None:
        return None
    if turn.profile.number is None:
        return Goto("person.number", keep=False, say=(turn.say("produce.anonymous"),))
    return Goto("home.consent", {"then": then, "data": dict(turn.data)}, keep=False)


MENU = Menu(
    "produce.menu",
    (
        Option("1", "produce.menu.hear", value="list"),
        Option("2", "produce.menu.sell", value="sell"),
        Option("3", "produce.menu.mine", value="mine"),
        Option("4", "produce.menu.county", value="county"),
        Option("5", "produce.menu.kind", value="kind"),
    ),
    choose=lambda turn, value: (
        listen(Wanted()) if value == "list" else Goto(f"produce.{value}", dict(turn.data))
    ),
)

COUNTY = Menu(
    "produce.county",
    (*_COUNTY_OPTIONS, Option("5", "county.all", value="")),
    choose=lambda turn, county: listen(Wanted(county, turn.data.get("kind", ""))),
)

KIND = Menu(
    "produce.kind",
    _KIND_OPTIONS,
    choose=lambda turn, kind: listen(Wanted(turn.data.get("county", ""), kind)),
)

# --- Hearing what is for sale -------------------------------------------------------------------------------


def _offer(turn: Turn, offer_id: int) -> Offer | None:
    return store.get(turn.db, offer_id, today(turn.now))


def _item(turn: Turn, offer_id: int) -> Item | None:
    offer = _offer(turn, offer_id)
    if offer is None:
        return None
    contact = rules.contact(turn.say, offer)
    return Item((*rules.headline(turn.say, offer), *contact), rules.slowly(contact))


def _send(turn: Turn, offer_id: int) -> Move:
    offer, profile = _offer(turn, offer_id), turn.profile
    assert offer is not None, "Browse acts only on what is still offered"
    if profile.number is None or not profile.textable:
        said = "produce.send.no_number" if profile.number is None else "produce.send.landline"
        return Stay(say=(turn.say(said),), only=True)
    who = profile.person_id or turn.call_id
    purpose = f"produce:{offer_id}:to:{who}:{today(turn.now)}"
    turn.effects.append(Text(purpose, rules.text(turn.say, offer)))
    return Stay(say=(turn.say("produce.send.done"),), only=True)


def _empty(turn: Turn) -> Screen:
    choices = (
        Choice("1", "all", turn.say.words("produce.all")),
        Choice("2", "sell", turn.say.words("produce.menu.sell")),
    )
    return Screen((turn.say("produce.list.empty"),), choices=choices)


def _hear_empty(_turn: Turn, value: JSONValue) -> Move:
    return listen(Wanted()) if value == "all" else Goto("produce.sell", keep=False)


def _by_word(turn: Turn) -> tuple[Choice, ...]:
    """In the list, saying a county or a kind narrows it; the keys for that are one step back."""
    counties = (Choice("", {"county": name}, turn.say.words(f"county.{name}")) for name in COUNTIES)
    kinds = (Choice("", {"kind": kind}, turn.say.words(f"produce.kind.{kind}")) for kind in rules.KINDS)
    return (*counties, *kinds)


LIST = Browse(
    "produce.list",
    find=lambda turn: {"items": store.find(turn.db, _wanted(turn.data), today(turn.now))},
    item=_item,
    take=lambda _turn, offer_id: Goto("produce.want", {"offer": offer_id}),
    send=_send,
    empty=_empty,
    hear_empty=_hear_empty,
    by_word=_by_word,
    hear_word=lambda turn, value: listen(_wanted({**turn.data, **value})),
)


def _prepare_want(turn: Turn) -> Data | Move:
    """The number at once where the seller agreed to that; else a counselor brings the two together."""
    offer = _offer(turn, turn.data["offer"])
    if offer is None:
        return Back((turn.say("list.gone"),), only=True)
    if contact := rules.contact(turn.say, offer):
        return Back((turn.say("produce.ring"), *rules.slowly(contact), turn.say("list.go_on")), only=True)
    return _known(turn, "produce.want") or turn.data


def _ask_want(turn: Turn) -> tuple[Phrase, ...]:
    offer = _offer(turn, turn.data["offer"])
    return (turn.say("produce.want.ask", words=offer.words) if offer else turn.say("list.gone"),)


def _want(turn: Turn) -> Move:
    offer, person_id = _offer(turn, turn.data["offer"]), turn.profile.person_id
    assert person_id is not None
    if offer is None:
        return Back((turn.say("list.gone"),), only=True)
    if not store.wish(turn.db, person_id, offer.id, turn.now):
        return Back((turn.say("produce.want.already"), turn.say("list.go_on")), only=True)
    turn.effects.append(Alert("produce", f"produce:{offer.id}:wanted:{person_id}"))
    return Back((turn.say("produce.want.done"), turn.say("list.go_on")), only=True)


WANT = Confirm(
    "produce.want",
    ask=_ask_want,
    yes=_want,
    no=lambda turn: Back((turn.say("produce.want.not"), turn.say("list.go_on")), only=True),
    prepare=_prepare_want,
)

# --- Selling ------------------------------------------------------------------------------------------------

SELL = Form(
    "produce.sell",
    (
        FormField("kind", "produce.sell.kind", options=_KIND_OPTIONS),
        FormField("county", "produce.sell.county", options=_COUNTY_OPTIONS),
        FormField(
            "share",
            "produce.sell.share",
            options=(
                Option("1", "produce.share.yes", value=True),
                Option("2", "produce.share.no", value=False),
            ),
        ),
    ),
    done=lambda turn, data: Goto("produce.tell", dict(data["answers"]), keep=False),
    prepare=lambda turn: _known(turn, "produce.sell") or {},
)


def _left(turn: Turn, file: str | None, written: str | None, seconds: int = 0) -> Move:
    person_id, data = turn.profile.person_id, turn.data
    if person_id is None:  # consent was withdrawn in mid-conversation
        return Back((turn.say("consent.needed"),), only=True)
    offer_id = store.add(
        turn.db,
        person_id,
        kind=data["kind"],
        county=data["county"],
        share_phone=data["share"],
        file=file,
        written=written,
        now=turn.now,
    )
    if file:
        people.give_consent(
            turn.db, person_id, "recordings", "produce.tell/1", turn.channel, turn.call_id, turn.now
        )
    turn.effects.append(Alert("produce", f"produce:{offer_id}", recording=file, seconds=seconds))
    return Goto("produce.menu", root=True, through=("home.more",), say=(turn.say("produce.tell.done"),))


def _recorded(turn: Turn, left: Recorded) -> Move:
    return _left(turn, left.file, None, left.seconds)


TELL = Record("produce.tell", done=_recorded, write=lambda turn, words: _left(turn, None, words))

# --- My offers ----------------------------------------------------------------------------------------------


def _own(turn: Turn, offer_id: int) -> Offer | None:
    person_id = turn.profile.person_id
    return store.own(turn.db, offer_id, person_id) if person_id is not None else None


def _my_item(turn: Turn, offer_id: int) -> Item | None:
    offer = _own(turn, offer_id)
    if offer is None:
        return None
    state = offer.state if offer.state != "offered" or offer.offered(today(turn.now)) else "expired"
    return Item((*rules.headline(turn.say, offer), turn.say(f"produce.state.{state}")))


def _mine_empty(turn: Turn) -> Screen:
    choices = (Choice("1", "sell", turn.say.words("produce.menu.sell")),)
    return Screen((turn.say("produce.mine.empty"),), choices=choices)


MINE = Browse(
    "produce.mine",
    find=lambda turn: {
        "items": store.of_person(turn.db, turn.profile.person_id)
        if turn.profile.person_id is not None
        else []
    },
    item=_my_item,
    take=lambda _turn, offer_id: Goto("produce.withdraw", {"offer": offer_id}),
    send=lambda turn, _: Stay(say=(turn.say("list.no_numbers"),), only=True),
    empty=_mine_empty,
    hear_empty=_hear_empty,
)


def _prepare_withdraw(turn: Turn) -> Data | Move:
    offer = _own(turn, turn.data["offer"])
    if offer is None or offer.state not in ("received", "offered"):
        return Back((turn.say("produce.withdraw.over"), turn.say("list.go_on")), only=True)
    return turn.data


def _withdraw(turn: Turn) -> Move:
    assert turn.profile.person_id is not None
    done = store.withdraw(turn.db, turn.data["offer"], turn.profile.person_id, turn.now)
    said = turn.say("produce.withdraw.done" if done else "produce.withdraw.over")
    return Back((said, turn.say("list.go_on")), only=True)


WITHDRAW = Confirm(
    "produce.withdraw",
    ask=lambda turn: (turn.say("produce.withdraw"),),
    yes=_withdraw,
    no=lambda turn: Back((turn.say("produce.withdraw.not"), turn.say("list.go_on")), only=True),
    prepare=_prepare_withdraw,
)

PAGES: tuple[Page, ...] = (MENU, COUNTY, KIND, LIST, WANT, SELL, TELL, MINE, WITHDRAW)
