"""What is to be rendered of the policies before anybody rings."""

from collections.abc import Iterator

from sqlalchemy import Connection

from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.policies import rules, store


def phrases(db: Connection, prompts: Prompts) -> Iterator[Phrase]:
    """Everything a caller can hear of every answer that is offered."""
    say = prompts.bound[2, "voice"]
    for policy in filter(None, (store.get(db, policy_id) for policy_id in store.find(db, ""))):
        yield say("policies.title", title=policy.title)
        yield from rules.paragraphs(say, policy)
