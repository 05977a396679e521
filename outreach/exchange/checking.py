"""The dry run: read a file line by line, judge the lines, and keep them as an import that can be applied.

Reading takes the time, and takes it outside any transaction; what is kept goes to the database in batches.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from outreach.exchange import headers, staging
from outreach.exchange.batches import Rest, politely
from outreach.exchange.fields import Target
from outreach.exchange.headers import Guess, Layout
from outreach.exchange.judging import judge
from outreach.exchange.lines import FileRefused, Source
from outreach.exchange.reading import Cell
from outreach.exchange.sources import open_source
from outreach.exchange.staging import Remark, Row, Verdict
from outreach.exchange.understanding import Understood, blank, kept, key_of, understand
from outreach.exchange.words import Word
from outreach.store.database import Database
from outreach.store.people import GANSU

BATCH: Final = 500


def look(path: Path, target: Target, columns: Mapping[str, str] | None = None) -> tuple[Source, Layout]:
    """How the file would be read: headers and columns, with a person's corrections. Raises FileRefused."""
    source = open_source(path)
    layout = headers.find(source, target)
    guesses = headers.chosen(layout, columns or {}, target)
    missing = [field.zh for field in target.fields if _must(field.required, field.name, guesses)]
    if missing:
        raise FileRefused(Word("column_missing", {"names": "、".join(missing)}))
    used = {guess.column for guess in guesses}
    unread = [name for column, name in enumerate(layout.names) if name and column not in used]
    remarks = [*source.remarks, *layout.remarks]
    if unread:
        remarks.append(Word("unread_columns", {"names": "、".join(unread)}))
    return source, Layout(layout.first, layout.names, guesses, tuple(remarks))


def check(
    database: Database,
    source: Source,
    layout: Layout,
    target: Target,
    *,
    file_name: str,
    made_by: str,
    clock: Callable[[], datetime],
    import_id: int | None = None,
    progress: Callable[[int], None] = lambda _lines: None,
    rest: Rest = politely,
) -> int:
    """The dry run; the id of the import, in state "checked".

    ``import_id``: one that was begun already, else it is begun here. ``progress`` hears the lines read so far.
    """
    begun = clock()
    if import_id is None:
        import_id = database.write_now(
            lambda db: staging.begin(db, target.name, file_name, source.kind, layout, made_by, begun)
        )
    number = import_id
    lines, read = _understood(source, layout, target, begun), 0
    while batch := list(islice(lines, BATCH)):
        rows = database.read_now(lambda db, batch=batch: _judged(db, number, target, batch))  # type: ignore[misc]
        with rest():
            database.write_now(lambda db, rows=rows: staging.add(db, number, rows))  # type: ignore[misc]
        read += len(batch)
        progress(read)

    def finish(db: Connection) -> None:
        staging.count(db, number, clock())
        staging.move(db, number, ("reading",), "checked", clock())

    database.write_now(finish)
    return number


def _must(required: bool, name: str, guesses: Sequence[Guess]) -> bool:
    return required and all(guess.field != name for guess in guesses)


_Seen = tuple[int, Sequence[Cell], Understood]


def _understood(source: Source, layout: Layout, target: Target, now: datetime) -> Iterator[_Seen]:
    """Every line that holds anything; a file that breaks off ends in a refused line that says so."""
    day, number = now.astimezone(GANSU).date(), layout.first
    try:
        for line in source.rows():
            number = line.number
            if number >= layout.first and not blank(line):
                yield number, line.cells, understand(line, layout.guesses, target, day)
    except FileRefused as broken:
        yield number + 1, (), Understood({}, (("", broken.why),), ())


def _judged(db: Connection, import_id: int, target: Target, batch: Sequence[_Seen]) -> list[Row]:
    good = [(number, seen.values) for number, _, seen in batch if not seen.refused]
    judged = dict(zip([number for number, _ in good], judge(db, target, [v for _, v in good]), strict=True))
    keys = {number: key_of(target, values) for number, values in good}
    first = staging.seen(db, import_id, list(keys.values()))
    rows = []
    for number, cells, seen in batch:
        if seen.refused:
            rows.append(Row(number, "refused", cells=kept(cells), remarks=seen.refused + seen.remarks))
            continue
        key, one = keys[number], judged[number]
        verdict: Verdict = one.verdict
        remarks: tuple[Remark, ...] = seen.remarks + one.remarks
        if (earlier := first.setdefault(key, number)) != number:
            verdict, remarks = "repeated", (*remarks, ("", Word("repeats", {"line": earlier})))
        before = dict(one.before) if one.before and verdict == "changed" else None
        rows.append(
            Row(
                number,
                verdict,
                key,
                kept(cells) if verdict in ("refused", "repeated") else None,
                seen.values,
                remarks,
                before,
                one.record_id,
            )
        )
    return rows
