"""Every conversation under scenarios/, on every database."""

from pathlib import Path

import pytest

from outreach.store.database import Database
from tests.scenario import SCENARIOS, Talk

FILES = sorted(SCENARIOS.rglob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SCENARIOS)) for path in FILES])
def test_conversation(path: Path, database: Database) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith(("<", "?")) for line in lines), "a conversation that checks nothing"
    Talk(database, path.name).play(iter(lines))
