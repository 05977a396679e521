"""``outreach campaign``: words, never tracebacks."""

import pytest
from typer.testing import CliRunner

from outreach.campaign_cli import app
from outreach.campaigns import store
from outreach.store.database import Database
from tests.campaigns.office import NOW, draft


@pytest.fixture(autouse=True)
def _house(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", sqlite_url)
    database = Database.open(sqlite_url)
    database.write_now(lambda db: store.create(db, draft(), "马丽", NOW))
    database.close_now()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("list", 0, "1  培训通知  草稿"),
        ("show 1", 0, "没有人符合条件。"),
        ("show 7", 1, "there is no such campaign"),
        ("report 7", 1, "there is no such campaign"),
        ("pause 7", 1, "there is no such campaign"),
        ("pause 1", 1, "现在是“草稿”，不能“暂停”。"),
        ("cancel 1", 0, "已经发出0条"),
        ("rehearse 1", 1, "没有人符合条件。"),
        ("rehearse 7", 1, "there is no campaign 7"),
    ],
)
def test_what_is_said(words: str, code: int, said: str) -> None:
    result = CliRunner().invoke(app, words.split())
    assert said in result.output
    assert result.exit_code == code
