"""What callers meet on the policies line. Its SQL is ``store.py``, its wording ``rules.py``."""

from outreach.dialogue.kinds import Article, Browse, Item, Menu, Option
from outreach.dialogue.page import Choice, Goto, JSONValue, Move, Page, Phrase, Screen, Stay, Text, Turn
from outreach.services.places import today
from outreach.services.policies import rules, store

MENU = Menu(
    "policies.menu",
    tuple(
        Option(str(key), f"policies.topic.{topic}", page="policies.list", data={"topic": topic})
        for key, topic in enumerate(rules.TOPICS, 1)
    ),
)


def _item(turn: Turn, policy_id: int) -> Item | None:
    policy = store.get(turn.db, policy_id)
    return Item((turn.say("policies.title", title=policy.title),)) if policy else None


def _send(turn: Turn, policy_id: int) -> Move:
    policy, profile = store.get(turn.db, policy_id), turn.profile
    assert policy is not None, "Browse acts only on what is still offered"
    if profile.number is None or not profile.textable:
        said = "policies.send.no_number" if profile.number is None else "policies.send.landline"
        return Stay(say=(turn.say(said),), only=True)
    who = profile.person_id or turn.call_id
    purpose = f"policy:{policy_id}:to:{who}:{today(turn.now)}"
    turn.effects.append(Text(purpose, rules.text(turn.say, policy)))
    return Stay(say=(turn.say("policies.send.done"),), only=True)


def _empty(turn: Turn) -> Screen:
    return Screen(
        (turn.say("policies.list.empty"),), choices=(Choice("1", "all", turn.say.words("policies.all")),)
    )


def _hear_empty(_turn: Turn, _value: JSONValue) -> Move:
    return Goto("policies.list", {"topic": ""}, keep=False)


LIST = Browse(
    "policies.list",
    find=lambda turn: {"items": store.find(turn.db, turn.data["topic"])},
    item=_item,
    take=lambda _turn, policy_id: Goto("policies.read", {"policy": policy_id}),
    send=_send,
    empty=_empty,
    hear_empty=_hear_empty,
)


def _read(turn: Turn) -> tuple[Phrase, ...]:
    policy = store.get(turn.db, turn.data["policy"])
    return rules.paragraphs(turn.say, policy) if policy else (turn.say("policies.gone"),)


READ = Article("policies.read", _read)

PAGES: tuple[Page, ...] = (MENU, LIST, READ)
