"""What follows a reminder that was not confirmed: a call on the day before, then the person's counselor. Pure.

Whether it was confirmed is the page's to say, when the time has come: one that leads elsewhere has nothing left to
ask. So a rung that turns out to be needless costs a look and nobody's peace.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final, Literal

from outreach.delivery.policy import LOCAL

CALL_AT: Final = time(14, 30)
"""The beginning of the afternoon's hours: whoever was reminded in the morning has had time to answer."""
COUNSELOR_AT: Final = time(17, 0)
"""Time for two calls before it, and for a counselor's own after it."""


def day_before(
    at: Sequence[datetime], until: datetime
) -> list[tuple[datetime, Literal["voice", "counselor"]]]:
    """The rungs after reminders at ``at`` of what ends ``until``. None where nobody was reminded before them.

    What is offered and runs out within the day (a freed seat) is not escalated: it goes to the next in line.
    """
    day = until.astimezone(LOCAL).date() - timedelta(days=1)
    call = datetime.combine(day, CALL_AT, LOCAL)
    if not any(moment < call for moment in at):
        return []
    return [(call, "voice"), (datetime.combine(day, COUNSELOR_AT, LOCAL), "counselor")]
