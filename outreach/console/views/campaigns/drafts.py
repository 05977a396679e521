"""Finding a campaign, changing it, moving it: what all its pages do alike, each change audited."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from outreach.campaigns import life, store
from outreach.campaigns.checks import Finding
from outreach.campaigns.life import MoveError, Verb
from outreach.campaigns.store import Campaign
from outreach.console.language import said
from outreach.console.views.campaigns import words
from outreach.console.visit import Refused, Visit
from outreach.store.audit import Audit

PATH: Final = "/console/campaigns"
ONE: Final = PATH + "/{campaign_id:int}"
T = TypeVar("T")


class Wrong(Exception):
    """Something is known that would keep it from reaching anybody."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.key)
        self.finding = finding


async def find(visit: Visit, campaign_id: int) -> Campaign:
    """The campaign. Raises Refused(404)."""
    try:
        return await visit.read(lambda db: store.get(db, campaign_id))
    except LookupError:
        raise Refused(404, "") from None


async def changeable(visit: Visit, campaign_id: int) -> Campaign:
    """The campaign, which may still be changed. Raises Refused."""
    campaign = await find(visit, campaign_id)
    if "edit" not in life.may(campaign.state):
        state = words.state(visit, campaign.state)
        raise Refused(409, said("现在是“{state}”，不能再改。可以复制一份，改那一份。", state=state))
    return campaign


async def save(visit: Visit, campaign: Campaign, **changes: Any) -> None:
    """Change a draft, unless somebody else has meanwhile. Raises Refused."""
    draft = replace(campaign.draft, **changes)
    seen = str(visit.fields.get("version", ""))

    def work(audit: Audit) -> None:
        if str(store.get(audit.db, campaign.id).version) != seen:
            raise Refused(409, "")
        store.edit(audit.db, campaign.id, draft, visit.user.login, visit.now, audit)

    await written(visit, work)


async def move(visit: Visit, campaign_id: int, verb: Verb, **more: Any) -> None:
    """Lead it to its next state. Raises Refused."""
    by, now = visit.user.login, visit.now
    await written(visit, lambda audit: store.move(audit.db, campaign_id, verb, by, now, audit=audit, **more))


async def written(visit: Visit, work: Callable[[Audit], T]) -> T:
    """Do it; what cannot be done is told in words. Raises Refused."""
    try:
        return await visit.write(work)
    except MoveError as error:
        raise Refused(409, words.refusal(visit, error)) from None
    except Wrong as wrong:
        raise Refused(409, words.finding(visit, wrong.finding)) from None
    except LookupError:
        raise Refused(404, "") from None


def path_of(campaign: Campaign | int) -> str:
    """Where it is."""
    return f"{PATH}/{campaign if isinstance(campaign, int) else campaign.id}"


def crumbs(campaign: Campaign) -> list[tuple[str, str]]:
    """From the list to it."""
    return [(said("群发活动"), PATH), (campaign.draft.name, path_of(campaign))]
