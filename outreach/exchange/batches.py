"""How an import shares the database with people who are on the telephone.

Each batch is one short transaction; after it the import rests as long as the batch took, within limits: another process
polls for the write lock every 2 ms (``store.sqlite``; it is not fair), so some milliseconds are several chances.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

SHORTEST_REST_SECONDS, LONGEST_REST_SECONDS = 0.004, 0.010

Rest = Callable[[], AbstractContextManager[None]]


@contextmanager
def politely() -> Iterator[None]:
    """Rest after the block, about as long as it took."""
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    time.sleep(min(max(took, SHORTEST_REST_SECONDS), LONGEST_REST_SECONDS))
