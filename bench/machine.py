"""What Linux says of the machine and of a process: its CPU time and its memory."""

import os
import platform
from contextlib import suppress
from pathlib import Path

MB = 1024.0  # kB


def description() -> str:
    """Cores, processor, Python and how busy it all is: without these no figure means anything."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}; load {load}"


def cpu_seconds(pid: int) -> float:
    """CPU time of all living threads of a process. Their number should not change between two readings."""
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end while we look
            nanoseconds += int((task / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def resident_mb(pid: int) -> float:
    """Memory that a process holds, the pages it shares with others included (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / MB
    raise ProcessLookupError(pid)


def highest_mb(pid: int) -> float:
    """The most memory that a process has held so far (VmHWM); 0 once it is gone.

    (What ``wait4`` says of a child counts what its parent held when the child was made.)
    """
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / MB
    return 0.0
