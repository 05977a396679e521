"""The dialogue in the terminal: as a call (what is typed is pressed or said), or as text messages."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime

from outreach.conversation import Conversation, Spoken
from outreach.dialogue.page import Dtmf, Heard, Hello, Mode, NoInput, Recorded, Returned, Utterance
from outreach.sms import segments
from outreach.sms.inbound import Inbox
from outreach.store import calls
from outreach.store.database import Database
from outreach.wire import CallIn, TextIn

SIGNS = frozenset("0123456789*#")
HELP = "键 0-9 * # 直接按；其他文字是说的话；空行是不出声；Ctrl-D 挂断。"


def heard(line: str, mode: Mode) -> Heard:
    """One typed line as the line would hear it."""
    typed = line.strip()
    if not typed:
        return NoInput()
    if set(typed) <= SIGNS:
        return Dtmf(typed.rstrip("#") if mode is Mode.DIGITS and typed != "#" else typed)
    return Utterance(typed)


async def talk(
    database: Database, conversation: Conversation, caller: str | None, clock: Callable[[], datetime]
) -> None:
    """Ring, and talk until goodbye or the end of input."""
    call_in = CallIn("terminal", secrets.token_hex(8), caller, None)
    call = await database.write(lambda db: calls.open_call(db, call_in, secrets.token_hex(16), clock()))
    print(HELP)
    spoken = await _turn(conversation, call.id, Hello())
    while spoken.leaving is None or spoken.leaving.dial:
        if spoken.leaving and spoken.leaving.dial:
            print("   [转接，没有人接]")
            spoken = await _turn(conversation, call.id, Returned("no_answer"))
            continue
        try:
            line = await asyncio.to_thread(input, "> ")
        except EOFError:
            break
        if spoken.reply.screen.mode is Mode.RECORD and line.strip() and not set(line.strip()) <= SIGNS:
            spoken = await _turn(conversation, call.id, Recorded("", 0))
            continue
        spoken = await _turn(conversation, call.id, heard(line, spoken.reply.screen.mode))
    await database.write(lambda db: calls.end(db, call.id, "completed", clock()))


async def write(inbox: Inbox, sender: str) -> None:
    """Text messages from ``sender`` until the end of input; each answer as it would be sent, and its size."""
    print("每行一条短信；空行是空的短信；Ctrl-D 结束。")
    while True:
        try:
            line = await asyncio.to_thread(input, "> ")
        except EOFError:
            return
        for answer in await inbox.receive(TextIn("terminal", secrets.token_hex(16), sender, line)):
            size = segments.size(answer)
            print("\n".join(f"   {part}" for part in answer.split("\n")))
            print(f"   [{size.parts} 条，{size.units} 字，{size.encoding}]")


async def _turn(conversation: Conversation, call_id: str, said: Heard) -> Spoken:
    spoken = await conversation.call_turn(call_id, said)
    assert spoken is not None, "no turn was named"
    for phrase in spoken.reply.phrases:
        print(f"   {phrase.text}")
    return spoken
