"""``outreach user``: who may sign in at the console, from the terminal. The first administrator is made here."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast, get_args

import typer
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from outreach.config import Config
from outreach.console import passwords, users
from outreach.console.access import Role
from outreach.console.passwords import easy
from outreach.store import staff
from outreach.store.audit import Audit
from outreach.store.database import Database
from outreach.store.schema import counselors

T = TypeVar("T")

cli = typer.Typer(help="Who may sign in at the console.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="the name to sign in with")]
Ask = Annotated[bool, typer.Option("--ask", help="ask for the password instead of making one")]


@cli.command()
def add(
    login: Login,
    role: Annotated[str, typer.Argument(help="admin, counselor, viewer or tester")],
    name: Annotated[str, typer.Option(help="what the others call them; empty: as they sign in")] = "",
    counselor: Annotated[str, typer.Option(help="their telephone on the duty roster")] = "",
    ask: Ask = False,
) -> None:
    """Let somebody sign in. Their password is asked for, or made and shown once."""
    known = _role(role)
    password = _password(ask)

    def work(db: Connection) -> None:
        counselor_id = None
        if counselor:
            found = select(counselors.c.id).where(counselors.c.phone == counselor)
            counselor_id = db.execute(found).scalar_one_or_none()
            if counselor_id is None:
                raise LookupError(f"nobody on the duty roster has the number {counselor}")
        users.add(
            _audit(db),
            login=login,
            name=name or login,
            password_hash=passwords.hashed(password),
            role=known,
            counselor_id=counselor_id,
        )

    try:
        _write(work)
    except IntegrityError:
        _fail(f"{login} is taken already: outreach user list")
    except LookupError as unknown:
        _fail(str(unknown))
    _tell(login, password, ask)


@cli.command("list")
def list_() -> None:
    """Everybody who may, or once could, sign in."""
    for user in _open(lambda database: database.read_now(users.everybody)):
        typer.echo(f"{user.login}\t{user.role}\t{'' if user.active else 'off'}\t{user.name}")


@cli.command()
def passwd(login: Login, ask: Ask = False) -> None:
    """A new password, without a dynamic code; wherever they are signed in, they no longer are."""
    password = _password(ask)
    made = passwords.hashed(password)
    _change(login, password_hash=made, totp_secret=None, totp_step=None)
    _tell(login, password, ask)


@cli.command()
def pin(
    login: Login, off: Annotated[bool, typer.Option("--off", help="they ring in no more")] = False
) -> None:
    """Set the PIN with which somebody rings in from their own telephone; it is asked for."""
    typed: str | None = None
    if not off:
        typed = typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
        if not (len(typed) == staff.PIN_DIGITS and typed.isascii() and typed.isdecimal()) or easy(typed):
            _fail(f"{staff.PIN_DIGITS} digits, neither all alike nor in a row")

    def work(db: Connection) -> bool:
        user = users.by_login(db, login)
        if user is None:
            raise LookupError(login)
        staff.set_pin(_audit(db), user.id, typed)
        return staff.get(db, user.id) is not None

    try:
        reachable = _write(work)
    except LookupError:
        _fail(f"there is no user {login}: outreach user list")
    typer.echo(
        f"{login}: done." if reachable else f"{login}: done, but has no telephone on the duty roster yet."
    )


@cli.command()
def role(login: Login, to: Annotated[str, typer.Argument(help="admin, counselor, viewer or tester")]) -> None:
    """Give somebody another role."""
    _change(login, role=_role(to))
    typer.echo(f"{login} is {to} now.")


@cli.command()
def off(login: Login) -> None:
    """Let somebody sign in no more, and sign them out at once. What they did stays theirs."""
    _change(login, active=False)
    typer.echo(f"{login} can sign in no more.")


def _change(login: str, **values: Any) -> None:
    def work(db: Connection) -> None:
        user = users.by_login(db, login)
        if user is None:
            raise LookupError(login)
        users.change(_audit(db), user.id, **values)

    try:
        _write(work)
    except LookupError:
        _fail(f"there is no user {login}: outreach user list")


def _audit(db: Connection) -> Audit:
    return Audit(db, None, datetime.now(UTC), "terminal")


def _write(work: Callable[[Connection], T]) -> T:
    return _open(lambda database: database.write_now(work))


def _open(work: Callable[[Database], T]) -> T:
    config = Config()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database.open(config.database)
    try:
        return work(database)
    finally:
        database.close_now()


def _password(ask: bool) -> str:
    if not ask:
        return passwords.readable()
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(typed) < passwords.LEAST_LENGTH:
        _fail(f"too short: {passwords.LEAST_LENGTH} characters at least")
    return typed


def _tell(login: str, password: str, ask: bool) -> None:
    typer.echo(f"{login}: done." if ask else f"{login}: the password is {password} (shown this once)")


def _role(text: str) -> Role:
    if text not in get_args(Role):
        _fail(f"{text} is no role: {', '.join(get_args(Role))}")
    return cast(Role, text)


def _fail(why: str) -> None:
    typer.echo(f"outreach: {why}", err=True)
    raise typer.Exit(2)
