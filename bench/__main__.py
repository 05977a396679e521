"""``python -m bench [NAME…] [--quick]``: measures, and prints figure, measured, limit, ratio."""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Final

import uvloop

from bench import (
    campaigns,
    clip,
    frame,
    hearing,
    imports,
    kill,
    latency,
    ledger,
    memory,
    nine,
    people,
    reports,
    texts,
    turns,
    webhook,
)
from bench.effort import FULL, QUICK, Effort
from bench.machine import description
from bench.row import Row, table

FIGURES: Final[Mapping[str, Callable[[Effort], list[Row]]]] = {
    "frame": frame.measure,
    "latency": latency.measure,
    "turns": turns.measure,
    "memory": memory.measure,
    "webhook": webhook.measure,
    "texts": texts.measure,
    "imports": imports.measure,
    "hearing": hearing.measure,
    "clip": clip.measure,
    "nine": nine.measure,
    "people": people.measure,
    "ledger": ledger.measure,
    "campaigns": campaigns.measure,
    "reports": reports.measure,
    "kill": kill.measure,
}


def main() -> None:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *FIGURES], metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--quick", action="store_true", help="a minute instead of five")
    asked = parser.parse_args()
    uvloop.install()
    rows: list[Row] = []
    for name in asked.names or FIGURES:
        print(f"{name} … ", end="", flush=True)
        begun = time.perf_counter()
        rows += FIGURES[name](QUICK if asked.quick else FULL)
        print(f"{time.perf_counter() - begun:.0f} s", flush=True)
    print(f"\n{description()}\n\n{table(rows)}")
    missed = sum(not row.kept for row in rows)
    print(f"\n{missed} of {sum(row.limit is not None for row in rows)} limits missed")


if __name__ == "__main__":
    main()
