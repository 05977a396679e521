"""How much is measured: a full run takes an hour, most of it ``kill``; a quick one minutes, the tests' seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes of all figures.

    ``calls``: live at once. ``against``: Pipecat's calls, of which a core serves some 60. ``soak``: short calls, after
    each number of which memory is read. ``speed``: of the callers' time; but for 1 no figure of time means anything.
    """

    calls: int = 100
    against: int = 40
    window_seconds: float = 10.0
    repeats: int = 3
    talk_seconds: float = 45.0
    warm_rounds: int = 2
    turns_each: int = 100
    soak: tuple[int, ...] = (1_000, 2_000, 5_000, 10_000)
    requests: int = 4_000
    words: int = 200
    kills: int = 200
    reminders: int = 10_000
    waiting: tuple[int, int] = (10_000, 1_000_000)
    import_lines: int = 100_000
    dry_lines: int = 1_000_000
    people: int = 1_000_000
    delivered: int = 10_000_000
    speed: float = 1.0


FULL = Effort()
QUICK = Effort(
    window_seconds=5.0,
    repeats=2,
    talk_seconds=20.0,
    turns_each=30,
    soak=(100, 250, 500),
    requests=1_000,
    words=40,
    kills=5,
    reminders=2_000,
    waiting=(10_000, 200_000),
    import_lines=20_000,
    dry_lines=50_000,
    people=100_000,
    delivered=1_000_000,
)
