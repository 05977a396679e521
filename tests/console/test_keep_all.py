"""Every kind of record with the demonstration's data: list, record, form and its own pages, in both languages."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.console.keep.entities import ENTITIES
from outreach.console.keep.entity import Entity
from outreach.demo import seed
from tests.console.house import House
from tests.console.test_keep import house as house

LEFT_EMPTY = {"employers", "visits", "milestones"}
"""The demonstration has none of these."""


def first_of(house: House, entity: Entity) -> int | None:
    """The id of the first record."""
    found: int | None = house.database.read_now(lambda db: db.scalar(select(func.min(entity.table.c.id))))
    return found


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_of_every_kind(house: House, tmp_path: Path, language: str) -> None:
    house.database.write_now(lambda db: seed(db, house.now))
    browser = house.signed_in("admin")
    browser.get("/console")
    browser.post("/console/language", {"language": language, "next": "/console"})
    for name, entity in ENTITIES.items():
        first = first_of(house, entity)
        pages = [f"/console/keep/{name}", *([f"/console/keep/{name}/new"] if entity.adds else [])]
        assert (first is None) == (name in LEFT_EMPTY), name
        if first is not None:
            below = ("", "/edit", *(f"/{link.name}" for link in entity.links))
            pages += [f"/console/keep/{name}/{first}{page}" for page in below]
        for path in pages:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert f'<html lang="{language}"' in answer.text, path
            assert answer.text.count("<h1") == 1, path
            assert ">None<" not in answer.text, path
