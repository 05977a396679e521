"""The testers' side channel: what a live call says and understands, which no carrier's wire tells. JSON lines.

Open to all in demo mode; else only to whoever can sign like the carrier. Nothing can be changed from here.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import StreamingResponse

from outreach.carriers.twilio.signature import HEADER, verify
from outreach.config import Config
from outreach.ivr.live import LiveCalls

PATH: Final = "/phone/calls/{carrier_call_id}/events"
CALL_ID: Final = "^[A-Za-z0-9_-]{1,64}$"
"""Carriers' call ids need no quoting in a URL, so the path that is signed is the path that came."""
CONTENT_TYPE: Final = "application/x-ndjson"


def router(config: Config, live: LiveCalls) -> APIRouter:
    """``GET /phone/calls/{carrier_call_id}/events``: all events of the call from its start, until it ends."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH)
    async def events(
        request: Request, carrier_call_id: Annotated[str, Path(pattern=CALL_ID)]
    ) -> StreamingResponse:
        if not config.demo and not _signed(config, request):
            raise HTTPException(403, "refused: signature")
        return StreamingResponse(_lines(live, carrier_call_id), media_type=CONTENT_TYPE)

    return routes


def _signed(config: Config, request: Request) -> bool:
    query = request.scope["query_string"].decode("latin-1")
    return verify(config, request.scope["path"], query, (), request.headers.get(HEADER))


async def _lines(live: LiveCalls, carrier_call_id: str) -> AsyncIterator[bytes]:
    async for event in live.watch(carrier_call_id):
        yield orjson.dumps(event) + b"\n"
