"""How an import shares the database with people who are on the telephone.

Each batch is one short transaction; after it the import rests as long as the batch took, so that another process
finds the write lock free at least half of the time (waiting for it is polling, and not fair: ``store.sqlite``).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

SHORTEST_REST_SECONDS: Final = 0.004

Rest = Callable[[], AbstractContextManager[None]]


@contextmanager
def politely() -> Iterator[None]:
    """Rest after the block as long as it took."""
    begun = time.monotonic()
    yield
    time.sleep(max(SHORTEST_REST_SECONDS, time.monotonic() - begun))
