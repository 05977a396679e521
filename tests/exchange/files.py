"""Files as counselors send them, made for a test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from outreach.exchange import applying, checking, staging, undoing
from outreach.exchange.staging import Import, Row
from outreach.exchange.targets import TARGETS
from outreach.store.database import Database

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""Ten in the morning in Wuwei."""


def clock() -> datetime:
    return NOW


@contextmanager
def at_once() -> Iterator[None]:
    """No rest between batches."""
    yield


def csv_file(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
    return path


def checked(
    database: Database, path: Path, into: str = "people", columns: Mapping[str, str] | None = None
) -> Import:
    """The dry run of a file."""
    target = TARGETS[into]
    source, layout = checking.look(path, target, columns)
    import_id = checking.check(
        database, source, layout, target, file_name=path.name, made_by="test", clock=clock, rest=at_once
    )
    return found(database, import_id)


def applied(database: Database, import_id: int, good_rows: bool = False) -> Import:
    return applying.apply(database, import_id, good_rows=good_rows, clock=clock, rest=at_once)


def undone(database: Database, import_id: int) -> Import:
    return undoing.undo(database, import_id, clock=clock, rest=at_once)


def found(database: Database, import_id: int) -> Import:
    one = database.read_now(lambda db: staging.get(db, import_id))
    assert one is not None
    return one


def rows(database: Database, import_id: int) -> Sequence[Row]:
    return database.read_now(lambda db: staging.lines(db, import_id, count=10_000))


Check = Callable[[Path], Import]
