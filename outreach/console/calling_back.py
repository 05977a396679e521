"""Call back by one button: the counselor's own telephone is rung, and a key there connects them with the person.

The call is one of the ledger's, of scope ``service``: it was asked for this moment, so no hours and no allowance hold
it up; after ``bridges.RINGING`` it is of no use any more. The rest is the line's (``services/staff/connecting.py``).
"""

from outreach.console import tasks
from outreach.console.language import said
from outreach.delivery import outbox, policy, sending
from outreach.store import bridges, staff
from outreach.store.audit import Audit


class NotCallableError(Exception):
    """Nobody can be rung; ``why``: a sentence for whoever pressed the button."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def ask(audit: Audit, task_id: int) -> int:
    """Have the user's telephone rung about a task, which is theirs from now on; the bridge's id.

    Raises NotCallableError, tasks.Taken when it is another's or done, LookupError when there is none.
    """
    db, now = audit.db, audit.now
    user_id = audit.user_id
    who = staff.get(db, user_id) if user_id is not None else None
    if who is None or not sending.callable_(who.phone):
        raise NotCallableError(said("您的账户没有对应值班表上的人，或者值班表上没有能拨的电话。请找管理员。"))
    tasks.take(audit, task_id, who.user_id)
    task = tasks.get(db, task_id)
    if task is None or task.number is None or not sending.callable_(task.number):
        raise NotCallableError(said("没有能拨的号码。"))
    bridge_id = bridges.add(db, task_id, who.user_id, now)
    audit.record("task.call", "tasks", task_id, after={"bridge": bridge_id})
    outbox.queue_call(
        db,
        purpose=bridges.purpose(bridge_id),
        person_id=None,
        address=who.phone,
        page="staff.bridge",
        data={"bridge": bridge_id},
        scope=policy.SERVICE,
        now=now,
        expires_at=now + bridges.RINGING,
        same_day=policy.day_of(now),
        fallback=False,
    )
    return bridge_id
