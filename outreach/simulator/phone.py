"""``outreach phone``: a telephone in the terminal, to call a running line by a script of steps or by hand."""

import asyncio
import sys
import threading
import zlib
from collections import deque
from pathlib import Path
from typing import Annotated, Final

import typer

from outreach.config import FAKE_TWILIO, Config
from outreach.simulator import demo_account, transcript
from outreach.simulator.caller import Sounds, StepFailed, make_call, perform, sounds_for
from outreach.simulator.captions import Captions, follow
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Line
from outreach.simulator.playback import Clip
from outreach.simulator.script import FORMS, ScriptError, Speak, Step, parse, typed
from outreach.simulator.voice import Voice, VoiceError, say
from outreach.simulator.wav import write_stereo

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
CALLER: Final = "+8613800001234"
ANONYMOUS: Final = "anonymous"


def phone(
    steps: Annotated[
        list[str] | None, typer.Argument(metavar="STEP…", help=f"none: by hand. {FORMS}")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="the line's public address; default: this machine's")
    ] = None,
    caller: Annotated[str, typer.Option("--from", help="the caller's number, or anonymous")] = CALLER,
    record: Annotated[Path | None, typer.Option(help="stereo WAV to write: caller left, line right")] = None,
    transcript_file: Annotated[Path | None, typer.Option("--transcript", help="JSON lines to write")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=100.0, help="times as fast as life")] = 1.0,
    token: Annotated[str | None, typer.Option(help="the line's auth token; default: as configured")] = None,
) -> None:
    """Call the line as a Twilio caller would. Exit code 1: a step failed or the line broke the protocol."""
    try:
        script = [parse(step) for step in steps or []]
    except ScriptError as error:
        typer.echo(error, err=True)
        raise typer.Exit(USAGE) from None
    line = line_for(Config(), url, token)
    call = FakeCall(line, None if caller == ANONYMOUS else caller, speed)
    _print_prompts(call)
    captions, failure = asyncio.run(_by_script(call, script) if script else _by_hand(call))
    if record is not None:
        write_stereo(record, bytes(call.heard.caller), bytes(call.heard.line))
    if transcript_file is not None:
        transcript.write(transcript_file, call, captions)
    raise typer.Exit(_verdict(call, failure))


def line_for(config: Config, url: str | None = None, token: str | None = None) -> Line:
    """The line to call: at ``url``, or as configured on this machine. Without an account it is the demo's."""
    here = f"http://{config.host}:{config.port}"
    public = (url or config.public).rstrip("/")
    secret = token or config.twilio_auth_token.get_secret_value().partition(",")[0].strip()
    account = config.twilio_account_sid or demo_account.ACCOUNT_SID
    return Line(
        voice_url=f"{public}/twilio/voice",
        auth_token=secret or demo_account.AUTH_TOKEN,
        account_sid=account,
        called=config.twilio_from or demo_account.NUMBER,
        status_url=f"{public}/twilio/voice/status",
        via=here if url is None and config.public_url else None,
        api_url=f"{public}{FAKE_TWILIO}" if account == demo_account.ACCOUNT_SID else None,
    )


async def _by_script(call: FakeCall, steps: list[Step]) -> tuple[Captions, str | None]:
    try:
        sounds = await sounds_for(steps, _voice(call))
    except (VoiceError, StepFailed) as error:
        return Captions(call), str(error)
    captions, failure = await make_call(call, steps, sounds)
    if captions.problem is not None:
        typer.echo(f"no texts: {captions.problem}", err=True)
    return captions, failure


async def _by_hand(call: FakeCall) -> tuple[Captions, str | None]:
    typer.echo("keys are pressed, anything else is said; Ctrl-D hangs up")
    captions = Captions(call)
    lines = _typed_lines()
    async with asyncio.TaskGroup() as group:
        ringing = group.create_task(call.run())
        following = group.create_task(follow(call, captions))
        typing = group.create_task(_type(call, captions, lines))
        await asyncio.wait({ringing, typing}, return_when=asyncio.FIRST_COMPLETED)
        typing.cancel()
        await call.hang_up()
        await ringing
        following.cancel()
    return captions, None


async def _type(call: FakeCall, captions: Captions, lines: "asyncio.Queue[str | None]") -> None:
    voice = _voice(call)
    while (line := await lines.get()) is not None:
        step = typed(line)
        if step is None:
            continue
        try:
            sounds: Sounds = {step: await say(step.text, voice)} if isinstance(step, Speak) else {}
            await perform(call, captions, step, sounds)
        except (VoiceError, StepFailed) as error:
            typer.echo(f"  {error}", err=True)


def _typed_lines() -> "asyncio.Queue[str | None]":
    """Lines of the terminal; None at their end."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    # A daemon: a line that nobody finishes must not keep the program alive after the call.
    threading.Thread(target=read, daemon=True).start()
    return lines


def _voice(call: FakeCall) -> Voice:
    return Voice.of(zlib.crc32((call.caller or ANONYMOUS).encode()))


def _print_prompts(call: FakeCall) -> None:
    """Print each prompt as it plays, as soon as its words are known, or at its end without them."""
    begun: deque[Clip] = deque()

    def show(_heard: bytes, _at: float) -> None:
        while begun and (begun[0].caption is not None or begun[0].over):
            clip = begun.popleft()
            typer.echo(f"{clip.began_at or 0.0:7.2f}  {transcript.spoken(clip)}")

    call.on_clip.append(begun.append)
    call.on_media.append(show)


def _verdict(call: FakeCall, failure: str | None) -> int:
    if not call.reached:
        typer.echo(
            f"{call.errors[0]}. Start the line with `make demo`, or name its address with --url.", err=True
        )
        return USAGE
    for error in call.errors:
        typer.echo(f"protocol: {error}", err=True)
    if failure is not None:
        typer.echo(f"failed: {failure}", err=True)
    return FAILED if call.errors or failure is not None else OK
