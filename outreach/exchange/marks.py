"""Has a record been touched? A hash of the whole row, taken when it is written and compared before it is undone."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from outreach.exchange.judging import plain


def mark(row: Mapping[str, Any]) -> str:
    """Of one row."""
    kept = json.dumps({name: plain(value) for name, value in row.items()}, sort_keys=True)
    return hashlib.blake2b(kept.encode(), digest_size=8).hexdigest()


def parts_mark(db: Connection, table: Table, link: str, record_id: int) -> str:
    """Of all rows that hang on a record."""
    rows = db.execute(select(table).where(table.c[link] == record_id)).mappings()
    return hashlib.blake2b("".join(sorted(map(mark, map(dict, rows)))).encode(), digest_size=8).hexdigest()
