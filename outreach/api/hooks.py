"""Tells other systems what happened: signed, each event until it is taken or a day is over (standardwebhooks.com).

The receiver answers 2xx; anything else is told again later. 410 switches the subscription off, as does a subscriber
who takes nothing for as long as the ladder lasts. A receiver may hear of an event twice (we cannot know whether it
was taken when the line breaks): its ``webhook-id`` is the same then.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import httpx
import orjson
import structlog
from standardwebhooks import Webhook

from outreach.store import webhooks
from outreach.store.database import Database
from outreach.store.webhooks import Send

log = structlog.get_logger()

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
LEASE_SECONDS: Final = 60.0
AT_ONCE: Final = 10
LADDER: Final = tuple(timedelta(minutes=wait) for wait in (1, 5, 30, 120, 300, 600, 840))
"""After each attempt that was not taken: a little over a day in all, as the standard advises."""
GONE: Final = 410


class Hooks:
    """Tells what is due. Any number may share a database."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``transport``: for tests. Closed by ``close``."""
        self._database = database
        self._clock = clock
        # no redirects: what is signed for one address is not for another
        self._client = httpx.AsyncClient(timeout=TIMEOUT, transport=transport, follow_redirects=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def drain(self) -> int:
        """Tell everything that is due; how many were told. Raises DatabaseError."""
        told = 0
        while await self._database.read(lambda db: webhooks.is_due(db, self._clock())):
            sends = await self._database.write(
                lambda db: webhooks.claim(db, self._clock(), LEASE_SECONDS, AT_ONCE)
            )
            if not sends:  # another node has all of it
                break
            for send in sends:  # in the order in which it happened
                await self._tell(send)
                told += 1
        return told

    async def _tell(self, send: Send) -> None:
        answer, status = await self._ask(send)
        if 200 <= status < 300:
            await self._database.write(lambda db: webhooks.taken(db, send, answer))
            return
        log.info("webhook_not_taken", webhook=send.webhook_id, of=send.event_id, answer=answer)
        if status != GONE and send.attempts <= len(LADDER):
            due_at = self._clock() + LADDER[send.attempts - 1]
            await self._database.write(lambda db: webhooks.again(db, send, answer, due_at))
            return
        await self._database.write(lambda db: webhooks.give_up(db, send, answer))
        await self._database.write(lambda db: webhooks.switch(db, send.webhook_id, False, answer))
        log.warning("webhook_switched_off", webhook=send.webhook_id, answer=answer)

    async def _ask(self, send: Send) -> tuple[str, int]:
        now = self._clock()
        name = f"evt_{send.event_id}"
        body = orjson.dumps(
            {"type": send.kind, "timestamp": send.at.isoformat(), "data": dict(send.data)}
        ).decode()
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(send.secret).sign(name, now, body),
        }
        try:
            response = await self._client.post(send.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__, 0
        return str(response.status_code), response.status_code
