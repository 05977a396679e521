"""``outreach token …`` and ``outreach webhook …``: who may ask, and who is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from outreach.api.access import SCOPES
from outreach.config import Config
from outreach.store import tokens as token_rows
from outreach.store import webhooks as webhook_rows
from outreach.store.database import Database

tokens = typer.Typer(help="Tokens with which other systems use the API.", no_args_is_help=True)
webhooks = typer.Typer(help="Addresses that are told when something happens.", no_args_is_help=True)


def _database() -> Database:
    return Database.open(Config().database)


def _write(work: Callable[[Connection], bool]) -> None:
    """Do it, or say that there is nothing of this number."""
    database = _database()
    done = database.write_now(work)
    database.close_now()
    if not done:
        typer.echo("there is none of this number", err=True)
        raise typer.Exit(1)


@tokens.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="which system it is for")],
    scope: Annotated[list[str], typer.Option(help=f"one or more of: {', '.join(SCOPES)}")],
    days: Annotated[
        int | None, typer.Option(min=1, help="how long it is in force; left out: until revoked")
    ] = None,
) -> None:
    """Make a token, and show it this one time."""
    if unknown := sorted(set(scope) - set(SCOPES)):
        typer.echo(f"there is no scope {', '.join(unknown)}: use {', '.join(SCOPES)}", err=True)
        raise typer.Exit(2)
    now = datetime.now(UTC)
    ends = now + timedelta(days=days) if days else None
    database = _database()
    token = database.write_now(lambda db: token_rows.make(db, name, scope, now, ends))
    database.close_now()
    typer.echo(token)
    typer.echo("keep it now: it cannot be shown again", err=True)


@tokens.command("list")
def list_tokens() -> None:
    """All tokens: id, name, scopes, and whether they are in force."""
    database = _database()
    now = datetime.now(UTC)
    for one in database.read_now(token_rows.all_tokens):
        ended = one.revoked_at or (one.expires_at if one.expires_at and one.expires_at <= now else None)
        state = f"ended {ended:%Y-%m-%d}" if ended else "in force"
        used = f"{one.used_at:%Y-%m-%d}" if one.used_at else "never"
        typer.echo(f"{one.id}\t{one.name}\t{' '.join(sorted(one.scopes))}\t{state}\tlast used {used}")
    database.close_now()


@tokens.command("revoke")
def revoke_token(token_id: int) -> None:
    """End a token at once."""
    _write(lambda db: token_rows.revoke(db, token_id, datetime.now(UTC)))


@webhooks.command("add")
def add_webhook(
    url: Annotated[str, typer.Argument(help="where events are sent, https://…")],
    kind: Annotated[list[str], typer.Option(help="as task.application, opening.*, or *")],
) -> None:
    """Tell an address what happens; prints the secret that its messages are signed with."""
    if not url.startswith(("https://", "http://")):
        typer.echo(f"{url} is no web address: it begins with https://", err=True)
        raise typer.Exit(2)
    database = _database()
    made = database.write_now(lambda db: webhook_rows.subscribe(db, url, kind, datetime.now(UTC)))
    database.close_now()
    typer.echo(f"{made.id}\t{made.secret}")


@webhooks.command("list")
def list_webhooks() -> None:
    """All addresses: id, address, kinds, and whether they are told."""
    database = _database()
    for one in database.read_now(webhook_rows.subscriptions):
        state = "on" if one.active else f"off: {one.why or 'by hand'}"
        typer.echo(f"{one.id}\t{one.url}\t{' '.join(one.kinds)}\t{state}")
    database.close_now()


@webhooks.command("on")
def switch_on(webhook_id: int) -> None:
    """Tell it again, what waited first."""
    _write(lambda db: webhook_rows.switch(db, webhook_id, True))


@webhooks.command("off")
def switch_off(webhook_id: int) -> None:
    """Tell it nothing for now; what happens from now on is not kept for it."""
    _write(lambda db: webhook_rows.switch(db, webhook_id, False))


@webhooks.command("remove")
def remove(webhook_id: int) -> None:
    """Forget an address."""
    _write(lambda db: webhook_rows.end(db, webhook_id))
