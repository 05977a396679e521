"""Practice (law 12): two minutes in which keys can be tried and nothing counts. By text: a short explanation.

Only 0 is what it is everywhere: whoever presses it wants a person, in the middle of practice most of all.
"""

from outreach.dialogue.kinds import Browse, Form, Item, Menu, Option
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import Back, Data, Move, Page, Screen, Stay, Turn

THINGS = ("flour", "potatoes", "rugs")


def _prepare(turn: Turn) -> Data | Move:
    return turn.data if turn.channel == "voice" else Back((turn.say("tour.text"),))


MENU = Menu(
    "tour.menu",
    (
        Option("1", "tour.menu.choose", page="tour.choose"),
        Option("2", "tour.menu.list", page="tour.list"),
        Option("3", "tour.menu.digits", page="tour.digits"),
        Option("4", "tour.menu.speed", page="mine.speed"),
        Option("5", "tour.menu.end", value="end"),
    ),
    choose=lambda turn, _: Back((turn.say("tour.end"),)),
    prepare=_prepare,
)

CHOOSE = Menu(
    "tour.choose",
    tuple(Option(str(key), f"tour.work.{key}", value=key) for key in range(1, 6)),
    choose=lambda turn, key: Stay(
        say=(turn.say("tour.chosen", what=turn.say.words(f"tour.work.{key}")[0]),), only=True
    ),
)


def _item(turn: Turn, thing: str) -> Item:
    number = turn.say("tour.list.number")
    return Item((turn.say(f"tour.list.{thing}"),), (number, number))


LIST = Browse(
    "tour.list",
    find=lambda _: {"items": list(THINGS)},
    item=_item,
    take=lambda turn, _: Stay(say=(turn.say("tour.list.taken"), turn.say("list.go_on")), only=True),
    send=lambda turn, _: Stay(say=(turn.say("tour.list.sent"), turn.say("list.go_on")), only=True),
    empty=lambda turn: Screen((turn.say("tour.end"),)),
    hear_empty=lambda _turn, _value: Back(),
    keys="tour.list.keys",
)


def _check(turn: Turn, digits: str) -> object:
    return digits or turn.say("tour.digits.none")


DIGITS = Form(
    "tour.digits",
    (FormField("digits", "tour.digits", check=_check, max_digits=12, read_back="tour.digits.heard"),),
    done=lambda turn, _: Back((turn.say("tour.digits.done"),)),
)

PAGES: tuple[Page, ...] = (MENU, CHOOSE, LIST, DIGITS)
