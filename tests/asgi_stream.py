"""Asks an ASGI app for an answer that does not end by itself, reads pieces of it as they come, and leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose head has come."""

    status: int
    headers: dict[str, str]
    pieces: "asyncio.Queue[bytes]"
    serving: "asyncio.Task[None]"

    async def piece(self) -> bytes:
        """The next piece of its body."""
        async with asyncio.timeout(100):
            return await self.pieces.get()


@asynccontextmanager
async def streaming(app: FastAPI, path: str, cookie: str = "") -> AsyncIterator[Answer]:
    """GET ``path``; after the block the client has gone, and the app has noticed."""
    left = asyncio.Event()
    head: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            head.set_result(message)
        else:
            pieces.put_nowait(message["body"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            (b"accept", b"text/event-stream"),
            (b"cookie", cookie.encode()),
        ],
    }
    serving = asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(100):
            started = await head
        headers = {name.decode(): value.decode() for name, value in started["headers"]}
        yield Answer(started["status"], headers, pieces, serving)
    finally:
        left.set()
        async with asyncio.timeout(100):
            await serving
