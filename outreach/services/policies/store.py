"""The SQL of the policies line."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, insert, select

from outreach.services.policies.rules import Policy
from outreach.store.tables.community import policies, policy_paragraphs


def find(db: Connection, topic: str) -> list[int]:
    """Ids of what is offered on a topic ("": on all), in their order."""
    query = select(policies.c.id).where(policies.c.offered)
    if topic:
        query = query.where(policies.c.topic == topic)
    return list(db.execute(query.order_by(policies.c.topic, policies.c.position, policies.c.id)).scalars())


def get(db: Connection, policy_id: int) -> Policy | None:
    """One answer, while it is offered."""
    row = db.execute(select(policies).where(policies.c.id == policy_id, policies.c.offered)).one_or_none()
    if row is None:
        return None
    query = select(policy_paragraphs.c.words).where(policy_paragraphs.c.policy_id == policy_id)
    words = db.execute(query.order_by(policy_paragraphs.c.position)).scalars()
    return Policy(row.id, row.topic, row.title, row.source, row.source_on, tuple(words))


def add(
    db: Connection,
    *,
    topic: str,
    title: str,
    paragraphs: Sequence[str],
    source: str,
    source_on: date,
    position: int = 0,
) -> int:
    """Enter an answer; its id. Raises IntegrityError for one that is there already, or an unknown topic."""
    values = {"topic": topic, "title": title, "source": source, "source_on": source_on, "position": position}
    policy_id = int(db.execute(insert(policies).values(values).returning(policies.c.id)).scalar_one())
    for at, words in enumerate(paragraphs, 1):
        db.execute(insert(policy_paragraphs).values(policy_id=policy_id, position=at, words=words))
    return policy_id
