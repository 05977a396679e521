"""Imports, exports and backups in the terminal, with progress bars. Loaded by these commands, never by a server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from outreach.config import Config
from outreach.exchange import applying, backup, checking, mending, plain, staging, undoing, writing
from outreach.exchange.fields import Target
from outreach.exchange.lines import FileRefused
from outreach.exchange.lists import LISTS
from outreach.exchange.staging import Import, WrongState
from outreach.exchange.targets import TARGETS
from outreach.exchange.terminal_words import TEXTS
from outreach.exchange.words import Language, say
from outreach.store.database import Database
from outreach.store.errors import DatabaseError

REFUSED, TROUBLE = 1, 2
"""Exit codes: lines or the file were refused; the machine, a name or a setting is at fault."""
MADE_BY: Final = "command line"
SHOWN: Final = 20
"""Lines of each verdict that the terminal shows; the rest is in the file of refused lines."""
PLAIN_KINDS: Final = (".db", ".sqlite", ".sqlite3")


def import_file(
    file: Path | None,
    into: str,
    columns: list[str],
    dry_run: bool,
    good_rows: bool,
    refused: Path | None,
    undo: int | None,
) -> None:
    """``outreach import``. Raises typer.Exit with one of the codes above."""
    desk = _Desk(Config())
    with desk.opened() as database:
        if undo is not None:
            _undo(desk, database, undo)
        elif file is None or into not in TARGETS:
            raise desk.trouble("no_target", names="、".join(TARGETS))
        else:
            _import(desk, database, file, into, dict(map(_pair, columns)), dry_run, good_rows, refused)


def export(names: list[str], everything: bool, personal: bool) -> None:
    """``outreach export``."""
    desk = _Desk(Config())
    if len(names) != (1 if everything else 2):
        raise desk.trouble("no_list", name=" ".join(names), names="、".join(LISTS))
    path = Path(names[-1])
    if path.exists():
        raise desk.trouble("there", file=path)
    with desk.opened() as database:
        if everything:
            _export_all(desk, database, path, personal)
        else:
            _export_list(desk, database, names[0], path, personal)
    if not personal:
        desk.tell("personal_out")


def back_up(file: Path) -> None:
    """``outreach backup``."""
    desk = _Desk(Config())
    try:
        with desk.bar("writing") as advance:
            backup.backup(desk.config.database, file, lambda _what, done, total: advance(done, total))
    except FileExistsError:
        raise desk.trouble("there", file=file) from None
    except OSError as error:
        raise desk.trouble("cannot_write", file=file, why=error.strerror) from None
    desk.tell("backed_up", file=file)


def restore(file: Path) -> None:
    """``outreach restore``."""
    desk = _Desk(Config())
    if not file.is_file():
        raise desk.trouble("no_file", file=file)
    try:
        with desk.bar("writing") as advance:
            backup.restore(file, desk.config.database, lambda _what, done, total: advance(done, total))
    except backup.RestoreRefused as refused:
        raise DatabaseError(str(refused)) from None
    desk.tell("restored", file=file)


class _Desk:
    """Settings, language and the terminal of one command."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.language: Language = "zh-CN" if config.language.startswith("zh") else "en"
        self.screen = Console(stderr=True)

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The configured database."""
        database = Database.open(self.config.database)
        try:
            yield database
        finally:
            database.close_now()

    def text(self, code: str, **fill: object) -> str:
        """One sentence in the house's language."""
        return TEXTS[code][0 if self.language == "zh-CN" else 1].format(**fill)

    def tell(self, code: str, **fill: object) -> None:
        """Print it."""
        typer.echo(self.text(code, **fill))

    def trouble(self, code: str, **fill: object) -> typer.Exit:
        """Print it as an error, and end."""
        typer.echo(f"outreach: {self.text(code, **fill)}", err=True)
        return typer.Exit(TROUBLE)

    @contextmanager
    def bar(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A progress bar; what is yielded hears how much is done, of how much (0: not known)."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description} {task.completed:,.0f}"),
            BarColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.screen, transient=True) as progress:
            task = progress.add_task(self.text(what), total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total or None)


def _clock() -> datetime:
    return datetime.now(UTC)


def _pair(given: str) -> tuple[str, str]:
    field, _, header = given.partition("=")
    return field, header


def _import(
    desk: _Desk,
    database: Database,
    file: Path,
    into: str,
    columns: dict[str, str],
    dry_run: bool,
    good_rows: bool,
    refused: Path | None,
) -> None:
    target = TARGETS[into]
    try:
        source, layout = checking.look(file, target, columns)
    except FileRefused as why:
        typer.echo(f"outreach: {file.name}: {say(why.why, desk.language)}", err=True)
        raise typer.Exit(REFUSED) from None
    except OSError:
        raise desk.trouble("no_file", file=file) from None
    with desk.bar("reading") as advance:
        import_id = checking.check(
            database, source, layout, target,
            file_name=file.name, made_by=MADE_BY, clock=_clock, progress=lambda lines: advance(lines, 0),
        )  # fmt: skip
    one = _found(database, import_id)
    _report(desk, database, one)
    mend = (
        (refused or file.with_name(f"{file.stem}-refused-{import_id}{mending.suffix(one)}"))
        if one.refused
        else None
    )
    if mend:
        database.read_now(lambda db: mending.write_refused(db, one, mend, desk.language))
        desk.tell("refused_file", file=mend)
    if dry_run or (one.refused and not good_rows):
        database.write_now(lambda db: staging.move(db, import_id, ("checked",), "dropped", _clock()))
        desk.tell("apply_later") if dry_run else desk.tell("good_rows", file=mend)
        raise typer.Exit(REFUSED if one.refused else 0)
    with desk.bar("writing") as advance:
        after = applying.apply(
            database,
            import_id,
            good_rows=good_rows,
            clock=_clock,
            progress=lambda done: advance(done, one.to_write),
        )
    if after.state == "failed":
        desk.tell("failed")
        raise typer.Exit(REFUSED)
    desk.tell("done", done=after.done, id=import_id)


def _report(desk: _Desk, database: Database, one: Import) -> None:
    target = TARGETS[one.target]
    desk.tell("columns")
    for guess in one.layout.guesses:
        desk.tell(
            "guess",
            column=one.layout.names[guess.column],
            field=target.field(guess.field).zh,
            sure=guess.sure,
        )
    for remark in one.layout.remarks:
        typer.echo(f"  {say(remark, desk.language)}")
    numbers = {
        name: getattr(one, name) for name in ("lines", "fresh", "changed", "same", "repeated", "refused")
    }
    desk.tell("numbers", **numbers)
    for verdict, heading in (("changed", "changes"), ("refused", "refusals"), ("fresh", "remarks")):
        _lines(desk, database, one, verdict, heading)  # type: ignore[arg-type]


def _lines(desk: _Desk, database: Database, one: Import, verdict: staging.Verdict, heading: str) -> None:
    target = TARGETS[one.target]
    rows = database.read_now(lambda db: staging.lines(db, one.id, verdict, count=SHOWN))
    said = [(row.line, why) for row in rows if (why := _why(desk, row, target))]
    if said:
        desk.tell(heading)
    for line, why in said:
        desk.tell("line", line=line, why=why)
    if said and (more := getattr(one, verdict) - len(rows)) > 0:
        desk.tell("more", count=more)


def _why(desk: _Desk, row: staging.Row, target: Target) -> str:
    changes = [
        desk.text(
            "change", field=target.field(name).zh, before=before or "—", after=(row.understood or {})[name]
        )
        for name, before in (row.before or {}).items()
    ]
    return "；".join(filter(None, (*changes, mending.reasons(row, target, desk.language))))


def _undo(desk: _Desk, database: Database, import_id: int) -> None:
    try:
        with desk.bar("undoing") as advance:
            after = undoing.undo(database, import_id, clock=_clock, progress=lambda back: advance(back, 0))
    except WrongState as wrong:
        raise desk.trouble("wrong_state", id=import_id, state=wrong.state) from None
    desk.tell("undone", id=import_id)
    if after.kept:
        desk.tell("kept", kept=after.kept)
        target = TARGETS[after.target]
        rows = database.read_now(lambda db: staging.kept_lines(db, import_id, SHOWN))
        for row in rows:
            desk.tell("line", line=row.line, why=mending.reasons(row, target, desk.language))


def _found(database: Database, import_id: int) -> Import:
    one = database.read_now(lambda db: staging.get(db, import_id))
    assert one is not None
    return one


def _export_list(desk: _Desk, database: Database, name: str, path: Path, personal: bool) -> None:
    if name not in LISTS:
        raise desk.trouble("no_list", name=name, names="、".join(LISTS))
    listing = LISTS[name]
    header = listing.header(personal, desk.language)
    try:
        count = database.read_now(lambda db: writing.write(path, header, listing.rows(db, personal)))
    except writing.UnknownKind:
        raise desk.trouble("kind", kinds=" ".join(writing.WRITERS)) from None
    except OSError as error:
        raise desk.trouble("cannot_write", file=path, why=error.strerror) from None
    desk.tell("exported", count=count, file=path)


def _export_all(desk: _Desk, database: Database, path: Path, personal: bool) -> None:
    if path.suffix.lower() not in PLAIN_KINDS:
        raise desk.trouble("kind", kinds=" ".join(PLAIN_KINDS))
    try:
        with desk.bar("writing") as advance:
            database.read_now(
                lambda db: plain.write_plain(
                    db, path, _clock(), personal, lambda _table, rows: advance(rows, 0)
                )
            )
    except OSError as error:
        raise desk.trouble("cannot_write", file=path, why=error.strerror) from None
    desk.tell("all_exported", file=path)
