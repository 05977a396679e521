"""One served line for all quiet tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.wire.serving import Served, in_process


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real line with demo data, real recognition and real speech, on SQLite."""
    data = tmp_path_factory.mktemp("line")
    with in_process(data, f"sqlite:///{data / 'outreach.db'}") as served:
        yield served
