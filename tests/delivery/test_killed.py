"""A worker killed at every edge of the ledger and started again: nothing is lost, nothing sent twice.

The short version of the matrix in ``make bench``: real processes, the real store, the carrier on the wire.
"""

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("no SIGKILL here", allow_module_level=True)

from bench.kill import PLOTS, kill
from bench.killed import Edge

ROUNDS = 2
"""One in which reports arrive, one in which only the carrier's list can tell."""


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: str(plot[-1]))
def test_nothing_is_lost_and_nothing_sent_twice(database_url: str, plot: tuple[Edge, ...]) -> None:
    assert kill(database_url, plot, ROUNDS) == (0, 0, 0), "lost, twice, open"
