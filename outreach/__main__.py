"""The command line. Each command is thin: it reads its settings, calls one function, and says in words what failed."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from outreach.api.commands import tokens, webhooks
from outreach.campaign_cli import app as campaign
from outreach.config import Config
from outreach.console.user_cli import cli as user
from outreach.exchange import cli as exchange
from outreach.logs import set_up
from outreach.simulator.phone import phone
from outreach.speech.graph.cli import add_words
from outreach.speech.models import models

app = typer.Typer(
    help="The telephone hotline of Wuwei: serve it, ring it, look after it.", no_args_is_help=True
)
app.add_typer(models, name="models")
app.add_typer(tokens, name="token")
app.add_typer(webhooks, name="webhook")
app.add_typer(user, name="user")
app.add_typer(campaign, name="campaign")
models.command("add-words")(add_words)
app.command()(phone)
app.command("import")(exchange.import_file)
app.command("export")(exchange.export)
app.command("backup")(exchange.back_up)
app.command("restore")(exchange.restore)

DEMO_DIR = Path("data/demo")
PROBLEM = 2
"""Exit code when a setting or the machine is at fault: the message says what to do."""


@app.command()
def serve() -> None:
    """Answer calls until stopped. Settings: environment variables OUTREACH_… (docs/operate.md)."""
    from outreach.serving import serve as run

    config = Config()
    set_up(config.log_json)
    run(config)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="port to listen on")] = 8000,
    browser: Annotated[bool, typer.Option(help="open the browser phone")] = True,
) -> None:
    """A line to try: demo data, a browser phone, the list of live calls. Nothing leaves this machine."""
    from outreach.serving import demo as run

    set_up(as_json=False)
    run(port, browser, DEMO_DIR)


@app.command()
def talk(
    caller: Annotated[
        str, typer.Option("--from", help="number to ring from, or: anonymous")
    ] = "+8613893500001",
    sms: Annotated[
        bool, typer.Option("--sms", help="as text messages, with the parts each answer takes")
    ] = False,
) -> None:
    """The dialogue in the terminal: keys, or what you would say; or what you would write."""
    from outreach.serving import talk as run

    set_up(as_json=False, level=logging.WARNING)  # the terminal is for the conversation
    run(Config(), None if caller == "anonymous" else caller, sms)


@app.command()
def rehearse(
    days: Annotated[int, typer.Option(min=1, max=60, help="how many days from now")] = 7,
    seed: Annotated[int, typer.Option(help="draws the same people and answers again")] = 1,
    live: Annotated[
        bool, typer.Option("--live", help="a copy of the house's own data, not the demo's")
    ] = False,
    language: Annotated[str, typer.Option(help="of the diary")] = "zh-CN",
) -> None:
    """The coming days among simulated people, on a copy of the data: who is reminded of what, and how it ends."""
    from outreach.rehearse import diary

    set_up(as_json=False, level=logging.WARNING)
    for line in diary(Config(), days, seed, live, language):
        typer.echo(line)


@app.command()
def doctor() -> None:
    """Check model, voice, database, clock, disk and public address; say what to do about each trouble."""
    from outreach.doctor import examine

    findings = examine(Config())
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.well else 'BAD '} {finding.what}: {finding.says}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run a command; a trouble that we can name is one sentence and exit code 2, never a traceback."""
    from pydantic import ValidationError

    from outreach.dialogue.prompts import PromptError
    from outreach.serving import StartError
    from outreach.speech.synthesizer import SynthesisError
    from outreach.speech.vosk import ModelError
    from outreach.store.errors import DatabaseError

    try:
        app()
    except (DatabaseError, ModelError, PromptError, SynthesisError, StartError) as trouble:
        print(f"outreach: {trouble}", file=sys.stderr)
        sys.exit(PROBLEM)
    except ValidationError as wrong:
        for error in wrong.errors():
            name = "_".join(str(part) for part in error["loc"]).upper()
            print(f"outreach: the setting OUTREACH_{name} is wrong: {error['msg']}", file=sys.stderr)
        sys.exit(PROBLEM)


if __name__ == "__main__":
    main()
