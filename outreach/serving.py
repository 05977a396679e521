"""Runs the web server: for real, and as the demo. The measured settings of the socket are here and nowhere else."""

import asyncio
import gc
import socket
import threading
import webbrowser
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import uvicorn
from pydantic import SecretStr

from outreach.app import Parts, build, create_app
from outreach.config import Config
from outreach.demo import seed
from outreach.demo.users import PASSWORDS
from outreach.ivr import playlist
from outreach.simulator import demo_account
from outreach.simulator.talk import talk as talk_in_terminal
from outreach.simulator.talk import write as write_in_terminal
from outreach.speech.synthesizer import NORMAL_SPEED
from outreach.store.database import Database

DEMO_PORTS_TRIED = 20
OPEN_AFTER_SECONDS = 3.0
DEMO_LAG_LIMIT_MS = 1000
"""A desk computer is late for reasons of its own; a visitor wants to be heard all the same."""
SOCKET: Final[Mapping[str, Any]] = {
    # least CPU per 20 ms frame (docs/decisions/0004)
    "loop": "uvloop",
    "ws": "websockets-sansio",
    "ws_per_message_deflate": False,
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "timeout_graceful_shutdown": 5,
}


class StartError(Exception):
    """The server cannot start; the message says why and what to do."""


def serve(config: Config, parts: Parts | None = None) -> None:
    """Serve until stopped. Raises what ``build`` raises, before the port is opened, and StartError."""
    if not config.demo and not config.twilio_auth_token.get_secret_value():
        raise StartError(
            "no carrier can ring: set OUTREACH_TWILIO_ACCOUNT_SID and OUTREACH_TWILIO_AUTH_TOKEN, or try: outreach demo"
        )
    asyncio.run(_try_out(config))
    if not _free(config.host, config.port):
        raise StartError(f"port {config.port} on {config.host} is taken: set OUTREACH_PORT to another")
    app = create_app(config, parts)
    settle()
    uvicorn.run(app, host=config.host, port=config.port, **SOCKET)


def settle() -> None:
    """Take what is loaded by now for permanent: looking through it for garbage halts every call for 80 ms."""
    gc.collect()
    gc.freeze()


async def _try_out(config: Config) -> None:
    """Build everything once and let go of it: what is missing is said before anybody can ring."""
    async with build(config, Parts(render_ahead=False)) as built:
        prompts = built.house.languages[config.language]
        greeting = playlist.clips(
            (prompts.bound[2, "voice"]("home.hello"),), prompts, NORMAL_SPEED, frozenset()
        )
        for clip in greeting:
            await built.house.clips.fetch(clip)


def talk(config: Config, caller: str | None, by_text: bool) -> None:
    """The dialogue in the terminal, on the configured database. Raises StartError: nobody writes anonymously."""
    if by_text and caller is None:
        raise StartError("text messages have a sender: name one with --from")

    async def run() -> None:
        async with build(config, Parts(render_ahead=False, listen=not by_text)) as built:
            if by_text and caller is not None:
                await write_in_terminal(built.inbox, caller)
                return
            await talk_in_terminal(built.house.database, built.house.conversation, caller, built.house.clock)

    asyncio.run(run())


def demo(port: int, browser: bool, directory: Path) -> None:
    """Seed demo data once, serve, and open the browser phone."""
    host = "127.0.0.1"
    port = next((free for free in range(port, port + DEMO_PORTS_TRIED) if _free(host, free)), 0)
    if not port:
        raise StartError(f"no free port found: try outreach demo --port {port + 1000}")
    config = Config(
        data_dir=directory,
        database_url="",
        host=host,
        port=port,
        public_url="",
        demo=True,
        lag_limit_ms=DEMO_LAG_LIMIT_MS,
        log_json=False,
        twilio_account_sid=demo_account.ACCOUNT_SID,
        twilio_auth_token=SecretStr(demo_account.AUTH_TOKEN),
        twilio_from=demo_account.NUMBER,
    )
    directory.mkdir(parents=True, exist_ok=True)
    database = Database.open(config.database)
    try:
        database.write_now(lambda db: seed(db, datetime.now(UTC)))
    finally:
        asyncio.run(database.close())
    print(f"\n  浏览器电话 browser phone   {config.public}/phone")
    print(f"  控制台     console         {config.public}/console")
    for login, password in PASSWORDS.items():
        print(f"                             {login} / {password}")
    print(
        f"  命令行拨打 from a terminal .venv/bin/outreach phone --url {config.public} say:招聘 key:6 key:2 say:对\n"
    )
    if browser:
        # by the time a browser has started, the server answers; without a browser the printed address remains
        threading.Timer(OPEN_AFTER_SECONDS, webbrowser.open, (f"{config.public}/phone",)).start()
    serve(config)


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
