"""Numbers nobody can guess, drawn by the database: what serves callers knows no chance of its own.

SQLite's ``randomblob`` and PostgreSQL's ``gen_random_uuid`` are both seeded by the operating system.
"""

from sqlalchemy import Connection, text

_DRAW = {
    "sqlite": text("SELECT lower(hex(randomblob(8)))"),
    # of a version 4 UUID the last twelve digits are all random
    "postgresql": text("SELECT right(replace(gen_random_uuid()::text, '-', ''), 12)"),
}


def digits(db: Connection, length: int) -> str:
    """A number of ``length`` digits (at most 9), its first not 0; each about equally likely."""
    drawn = int(str(db.execute(_DRAW[db.dialect.name]).scalar_one()), 16)
    lowest = 10 ** (length - 1)
    return str(lowest + drawn % (9 * lowest))
