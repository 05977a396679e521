"""From a kind of service to a time that is free: providers, services, days, parts of a day, times.

The same pages move a booking: then their data has its id under "booking", and it keeps its time until another is
taken. What is offered is kept in the pages' data; whether it is still free, ``taking.py`` asks the tables.
"""

from collections.abc import Mapping
from datetime import date, datetime

from outreach.dialogue.kinds import Browse, Item, Menu, Option
from outreach.dialogue.page import Choice, Data, Goto, JSONValue, Move, Page, Phrase, Screen, Stay, Text, Turn
from outreach.dialogue.pick import Label, Pick
from outreach.services.bookings import rules, store, wording
from outreach.services.bookings.rules import Half, Slot
from outreach.services.bookings.store import Provider, Service
from outreach.services.places import today
from outreach.store.schema import COUNTIES


def slot_data(slot: Slot) -> Data:
    """A slot as pages keep it."""
    return {"who": slot.practitioner_id, "at": slot.starts_at.isoformat()}


def slot_of(data: Data) -> Slot:
    """The other way round."""
    return Slot(data["who"], datetime.fromisoformat(data["at"]))


def wanted(data: Data) -> Data:
    """What is passed on from page to page: what is to be booked, or which booking is to be moved."""
    return {name: data[name] for name in ("service", "booking") if name in data}


def slots(turn: Turn, what: Service, moved: int | None = None) -> list[Slot]:
    """What is free for this caller, the nearest first, with whom they know where that can be.

    ``moved``: a booking of theirs whose time is theirs to take again, but no news to them.
    """
    plan, person_id = store.plan(turn.db, what.provider_id), turn.profile.person_id
    taken = store.taken(turn.db, what.provider_id, turn.now, but=moved)
    busy: frozenset[datetime] = frozenset()
    if person_id is not None:
        busy = store.busy(turn.db, person_id, turn.now, but=moved)
        plan = rules.preferring(plan, store.usual(turn.db, person_id, what.provider_id))
    old = store.get(turn.db, moved) if moved is not None else None
    found = rules.free(plan, taken, old.minutes if old else what.minutes, turn.now, busy)
    return [slot for slot in found if old is None or slot.starts_at != old.starts_at]


def again(data: Data, *say: Phrase) -> Goto:
    """Ask for the time once more, with what is free now."""
    return Goto("bookings.when", wanted(data), root=True, through=("bookings.menu",), say=say)


def _service(turn: Turn) -> Service:
    what = store.service(turn.db, turn.data["service"], retired=True)
    assert what is not None, "services are never deleted"
    return what


# --- Providers ----------------------------------------------------------------------------------------------


def listen(group: str, county: str = "") -> Goto:
    """To those of a group; one step back from them is the menu."""
    return Goto(
        "bookings.providers", {"group": group, "county": county}, root=True, through=("bookings.menu",)
    )


def _find_providers(turn: Turn) -> Data:
    kinds, profile = rules.GROUPS[turn.data["group"]], turn.profile
    only = turn.data.get("county", "")
    return {"items": store.find(turn.db, kinds, profile.county, profile.person_id, only)}


def _nearest(turn: Turn, provider: Provider) -> Phrase:
    """When there is time for the first of what they offer."""
    first = store.services(turn.db, provider.id)[0]
    free = slots(turn, first)
    if not free:
        return turn.say("bookings.provider.full")
    return turn.say("bookings.provider.nearest", moment=wording.moment(turn.say, free[0].starts_at, turn.now))


def _provider_item(turn: Turn, provider_id: int) -> Item | None:
    provider = store.provider(turn.db, provider_id)
    if provider is None or not store.services(turn.db, provider_id):
        return None
    say, day = turn.say, today(turn.now)
    name = say("bookings.provider.name", name=provider.name)
    place = say("bookings.item.place", place=wording.place(say, provider))
    opens = rules.opens(store.plan(turn.db, provider_id), day)
    shut = () if opens else (say("bookings.provider.shut_today"),)
    phone = wording.phone(say, provider)
    return Item((name, place, *shut, _nearest(turn, provider)), wording.slowly((phone,)))


def _send_provider(turn: Turn, provider_id: int) -> Move:
    provider, profile = store.provider(turn.db, provider_id), turn.profile
    assert provider is not None, "Browse acts only on what it has just read"
    if not profile.textable:
        return Stay(say=(turn.say("bookings.send.cannot"), wording.phone(turn.say, provider)), only=True)
    body = turn.say(
        "bookings.provider.text",
        name=provider.name,
        place=wording.place(turn.say, provider),
        phone=provider.phone,
    ).text
    who = profile.person_id or turn.call_id
    turn.effects.append(Text(f"booking:provider:{provider_id}:to:{who}:{today(turn.now)}", body))
    return Stay(say=(turn.say("jobs.send.done"),), only=True)


def _none(turn: Turn) -> Screen:
    back = Choice("1", "call_back", turn.say.words("person.line.back"))
    return Screen((turn.say("bookings.providers.empty"),), choices=(back,))


PROVIDERS = Browse(
    "bookings.providers",
    find=_find_providers,
    item=_provider_item,
    take=lambda _turn, provider_id: Goto("bookings.service", {"provider": provider_id}),
    send=_send_provider,
    empty=_none,
    hear_empty=lambda _turn, _value: Goto("person.back"),
    by_word=lambda turn: tuple(
        Choice("", {"county": name}, turn.say.words(f"county.{name}")) for name in COUNTIES
    ),
    hear_word=lambda turn, value: listen(turn.data["group"], value["county"]),
    keys="bookings.providers.keys",
)

# --- What -----------------------------------------------------------------------------------------------------


def _find_services(turn: Turn) -> Data | Move:
    found = store.services(turn.db, turn.data["provider"])
    if len(found) == 1:
        return Goto("bookings.when", {"service": found[0].id}, keep=False)
    return {"found": [what.id for what in found]}


def _service_label(turn: Turn, service_id: JSONValue) -> Label:
    what = store.service(turn.db, service_id)
    return (wording.service(turn.say, what) if what else turn.say("bookings.service.gone").text), ()


SERVICE = Pick(
    "bookings.service",
    find=_find_services,
    label=_service_label,
    take=lambda _turn, service_id: Goto("bookings.when", {"service": service_id}),
)

# --- When -----------------------------------------------------------------------------------------------------


def _find_days(turn: Turn) -> Data | Move:
    """The nearest time, then every day on which something is free."""
    what = store.service(turn.db, turn.data["service"], retired="booking" in turn.data)
    provider = store.provider(turn.db, what.provider_id) if what else None
    if what is None or provider is None:
        return Goto("bookings.menu", root=True, say=(turn.say("bookings.gone"),))
    free = slots(turn, what, turn.data.get("booking"))
    if not free:
        return Goto(
            "bookings.full", {"group": rules.group_of(provider.kind), **wanted(turn.data)}, keep=False
        )
    days = list(dict.fromkeys(half.day.isoformat() for half in rules.halves(free)))
    return {"found": [slot_data(free[0]), *(days if len(free) > 1 else ())]}


def _day_label(turn: Turn, value: JSONValue) -> Label:
    if isinstance(value, Mapping):
        moment = wording.moment(turn.say, slot_of(value).starts_at, turn.now)
        nearest = turn.say("bookings.nearest", moment=moment)
        return nearest.text, turn.say.words("bookings.nearest")
    day = date.fromisoformat(value)
    return wording.day(turn.say, day, turn.now), wording.day_words(turn.say, day, turn.now)


def _about_time(turn: Turn) -> tuple[Phrase, ...]:
    """What is booked; and the time that is kept, where it is about another one."""
    what = turn.say("bookings.when.what", service=_service(turn).name)
    if "booking" not in turn.data or (booking := store.get(turn.db, turn.data["booking"])) is None:
        return (what,)
    kept = wording.moment(turn.say, booking.starts_at, turn.now)
    return (turn.say("bookings.when.kept", moment=kept),)


def _chosen(turn: Turn, slot: Data) -> Goto:
    page = "bookings.move" if "booking" in turn.data else "bookings.confirm"
    return Goto(page, {**wanted(turn.data), "slot": slot})


WHEN = Pick(
    "bookings.when",
    find=_find_days,
    label=_day_label,
    take=lambda turn, value: (
        _chosen(turn, value)
        if isinstance(value, Mapping)
        else Goto("bookings.part", {**wanted(turn.data), "day": value})
    ),
    lead=_about_time,
)


def _on_day(turn: Turn) -> list[Slot]:
    day = date.fromisoformat(turn.data["day"])
    free = slots(turn, _service(turn), turn.data.get("booking"))
    return [slot for slot in free if rules.half(slot.starts_at).day == day]


def _find_parts(turn: Turn) -> Data | Move:
    """Parts of the day in which something is free; straight to the times when it is only one."""
    parts = [half.part for half in rules.halves(_on_day(turn))]
    match parts:
        case []:
            return again(turn.data, turn.say("bookings.day_full"))
        case [part]:
            data = {**wanted(turn.data), "day": turn.data["day"], "part": part}
            return Goto("bookings.time", data, keep=False)
    return {"found": parts}


PART = Pick(
    "bookings.part",
    find=_find_parts,
    label=lambda turn, part: (
        turn.say(f"bookings.part.{part}").text,
        turn.say.words(f"bookings.part.{part}"),
    ),
    take=lambda turn, part: Goto(
        "bookings.time", {**wanted(turn.data), "day": turn.data["day"], "part": part}
    ),
    lead=lambda turn: (
        turn.say(
            "bookings.part.day",
            day=wording.day(turn.say, date.fromisoformat(turn.data["day"]), turn.now),
        ),
    ),
)


def _find_times(turn: Turn) -> Data | Move:
    half = Half(date.fromisoformat(turn.data["day"]), turn.data["part"])
    found = [slot_data(slot) for slot in _on_day(turn) if rules.half(slot.starts_at) == half]
    return {"found": found} if found else again(turn.data, turn.say("bookings.day_full"))


def _time_label(turn: Turn, slot: JSONValue) -> Label:
    at = slot_of(slot).starts_at
    return wording.clock(turn.say, at), wording.clock_words(turn.say, at)


TIME = Pick("bookings.time", find=_find_times, label=_time_label, take=_chosen)

FULL = Menu(
    "bookings.full",
    (
        Option("1", "bookings.full.others", value="others"),
        Option("2", "person.line.back", page="person.back"),
    ),
    choose=lambda turn, _: listen(turn.data["group"]),
)
"""Nothing is free as far ahead as can be booked."""

PAGES: tuple[Page, ...] = (PROVIDERS, SERVICE, WHEN, PART, TIME, FULL)
