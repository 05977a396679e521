"""How much is measured: a full run takes some five minutes, a quick one under one, the tests' seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes of all figures. ``calls`` live at once; ``against``: beside Pipecat, which serves some 40 a core."""

    calls: int = 100
    against: int = 20
    window_seconds: float = 20.0
    repeats: int = 3
    talk_seconds: float = 45.0
    turns_each: int = 100
    soak: tuple[int, ...] = (1_000, 2_000, 5_000, 10_000)
    requests: int = 4_000
    words: int = 200


FULL = Effort()
QUICK = Effort(
    window_seconds=6.0,
    repeats=1,
    talk_seconds=20.0,
    turns_each=30,
    soak=(100, 250, 500),
    requests=1_000,
    words=40,
)
