"""``outreach import|export|backup|restore``. Thin: a server that knows these commands loads nothing for them."""

from pathlib import Path
from typing import Annotated

import typer


def import_file(
    file: Annotated[Path | None, typer.Argument(help="CSV, TSV, XLSX or JSON")] = None,
    into: Annotated[
        str, typer.Option(help="people, employers, openings, training, providers, rounds, events")
    ] = "",
    column: Annotated[
        list[str] | None, typer.Option(help="field=header or number; field= for none; may be repeated")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check only, write nothing")] = False,
    good_rows: Annotated[bool, typer.Option("--good-rows", help="leave out the refused lines")] = False,
    refused: Annotated[Path | None, typer.Option(help="where the refused lines go")] = None,
    undo: Annotated[int | None, typer.Option(help="take the import of this number back")] = None,
) -> None:
    """Import a spreadsheet: a dry run first, then all of it, or its good rows. An import can be undone."""
    from outreach.exchange import terminal

    terminal.import_file(file, into, column or [], dry_run, good_rows, refused, undo)


def export(
    names: Annotated[list[str], typer.Argument(help="LIST FILE, or with --all: FILE")],
    everything: Annotated[bool, typer.Option("--all", help="the whole database as a SQLite file")] = False,
    personal: Annotated[bool, typer.Option("--personal", help="with personal columns")] = False,
) -> None:
    """Export a list as CSV, TSV, XLSX or JSON, or the whole database as a plain SQLite file with search."""
    from outreach.exchange import terminal

    terminal.export(names, everything, personal)


def back_up(file: Annotated[Path, typer.Argument(help="a new file")]) -> None:
    """Back up the whole database to a SQLite file, also while the line is served."""
    from outreach.exchange import terminal

    terminal.back_up(file)


def restore(file: Annotated[Path, typer.Argument(help="a backup")]) -> None:
    """Fill an empty database from a backup; one that holds anything is left alone."""
    from outreach.exchange import terminal

    terminal.restore(file)
