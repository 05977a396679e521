"""An import beside live calls: how long it takes, what memory it holds, and what the callers notice of it.

The import is ``outreach import`` in a process of its own on the serving process's file, as a counselor's is too
(``exchange.jobs``). Callers press keys all the while; how late the server's event loop ran is what it says itself.
"""

import asyncio
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Final

from bench import line
from bench.crowd import listeners, session
from bench.effort import Effort
from bench.latency import ROUND_FRAMES, talk
from bench.machine import highest_mb
from bench.row import Row, percentile
from bench.served import Served, our_line

SECONDS_LIMIT, MEMORY_LIMIT_MB, FRAME_LIMIT_MS = 30.0, 200.0, 40.0
COUNTIES: Final = "凉州", "民勤县", "古浪", "天祝藏族自治县"
MILLI = 1e3
LAG: Final = "outreach_loop_lag_seconds "


def measure(effort: Effort) -> list[Row]:
    """Beside calls; then, without any, a dry run of as many lines as a spreadsheet can have."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    async with session() as door:
        with our_line(listening=True) as ours:
            folder = ours.log.parent
            file = _file(folder / "people.csv", effort.import_lines)
            async with listeners(door, ours, effort, speak=True) as crowd:
                await talk(crowd, effort.warm_rounds * ROUND_FRAMES, effort)
                before = await asyncio.to_thread(_lag, ours)
                for caller in crowd:
                    caller.waits.clear()
                running = asyncio.create_task(asyncio.to_thread(_import, ours, file))
                lags = asyncio.create_task(_lags(ours, running))
                while not running.done():
                    await talk(crowd, ROUND_FRAMES, effort)
                seconds, used = await running
                latest = await lags
                waits = [wait * MILLI for caller in crowd for wait in caller.waits["key answered"]]
            rows = [
                Row(
                    f"import of {effort.import_lines:,} people, {effort.calls} calls",
                    seconds,
                    "s",
                    SECONDS_LIMIT,
                ),
                Row("  memory of the import, at most", used, "MB", MEMORY_LIMIT_MB),
                Row(
                    "  server's event loop, latest 99th percentile", max(latest) * MILLI, "ms", FRAME_LIMIT_MS
                ),
                Row("  the same before it began", before * MILLI, "ms"),
                Row("  key answered meanwhile, p95", percentile(waits or [0.0], 95), "ms"),
            ]
            many = _file(folder / "many.csv", effort.dry_lines)
            seconds, used = await asyncio.to_thread(_import, ours, many, "--dry-run")
    return [
        *rows,
        Row(f"dry run of {effort.dry_lines:,} people", seconds, "s"),
        Row("  memory, at most", used, "MB", MEMORY_LIMIT_MB),
    ]


def _file(path: Path, lines: int) -> Path:
    """People as a county office lists them: some numbers with spaces, some counties as addresses."""
    with path.open("w", encoding="gb18030", newline="") as file:
        file.write("序号,姓名,联系电话,所属区县\r\n")
        for number in range(lines):
            phone = f"139{number:08}"
            if number % 10 == 0:
                phone = f"{phone[:3]} {phone[3:7]} {phone[7:]}"
            file.write(f"{number + 1},张{number},{phone},{COUNTIES[number % 4]}\r\n")
    return path


def _import(ours: Served, file: Path, *more: str) -> tuple[float, float]:
    """Seconds, and the most memory it held."""
    settings = line.config(ours.port, ours.log.parent)
    environment = os.environ | {
        "OUTREACH_DATA_DIR": str(settings.data_dir),
        "OUTREACH_DATABASE_URL": settings.database_url,
    }
    words = [sys.executable, "-m", "outreach", "import", str(file), "--into", "people", *more]
    begun = time.perf_counter()
    child = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)
    used = 0.0
    while child.poll() is None:
        used = max(used, highest_mb(child.pid))
        time.sleep(0.05)
    if child.returncode:
        raise RuntimeError(f"the import ended with {child.returncode}")
    return time.perf_counter() - begun, used


async def _lags(ours: Served, running: "asyncio.Task[tuple[float, float]]") -> list[float]:
    """The server's own figure, once a second while the import runs."""
    found = [await asyncio.to_thread(_lag, ours)]
    while not running.done():
        await asyncio.wait([running], timeout=1.0)
        found.append(await asyncio.to_thread(_lag, ours))
    return found


def _lag(ours: Served) -> float:
    with urllib.request.urlopen(f"{ours.url}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    return next(float(one.removeprefix(LAG)) for one in text.splitlines() if one.startswith(LAG))
