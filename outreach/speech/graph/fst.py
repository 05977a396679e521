"""Weighted transducers, and just enough of OpenFst's binary formats to write the graphs that libvosk reads.

Formats: OpenFst 1.7 (const-fst.h, matcher-fst.h, add-on.h, label-reachable.h, interval-set.h), little-endian.
Knows nothing of speech.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

MAGIC, ADD_ON_MAGIC = 0x7EB2FDD6, 0x1A9FD15A
EXPANDED, ACCEPTOR, NOT_ACCEPTOR = 1, 0x10000, 0x20000  # fst/properties.h
INPUT_SORTED, OUTPUT_SORTED = 0x10000000, 0x40000000
EPSILON = 0
NO_START = -1


class Arc(NamedTuple):
    """One arc: labels (0 is epsilon), cost (a negative logarithm) and the state it leads to."""

    input: int
    output: int
    cost: float
    target: int


class Fst:
    """A transducer under construction. State 0 is the start."""

    def __init__(self) -> None:
        self.arcs: list[list[Arc]] = []
        self.finals: dict[int, float] = {}

    def add_state(self) -> int:
        """A new state's number."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def add_arc(
        self, source: int, target: int, *, input: int = EPSILON, output: int = EPSILON, cost: float = 0.0
    ) -> None:
        """Join two states."""
        self.arcs[source].append(Arc(input, output, cost, target))

    def set_final(self, state: int, cost: float = 0.0) -> None:
        """The search may end here."""
        self.finals[state] = cost

    def relabel_outputs(self, numbers: Mapping[int, int]) -> None:
        """Give every output label but epsilon its new number."""
        self.arcs = [
            [arc._replace(output=numbers[arc.output]) if arc.output else arc for arc in arcs]
            for arcs in self.arcs
        ]


def outputs_depth_first(fst: Fst) -> list[int]:
    """Output labels in depth-first order: numbered so, what a state can reach is a few intervals."""
    seen: set[int] = set()
    order: dict[int, None] = {}
    todo = [0]
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        order.update(dict.fromkeys(arc.output for arc in fst.arcs[state] if arc.output))
        todo += [arc.target for arc in reversed(fst.arcs[state]) if not arc.output]
    return list(order)


def const_acceptor(fst: Fst) -> bytes:
    """A ConstFst file of an acceptor, sorted on its labels."""
    return _const(fst, _input, ACCEPTOR | INPUT_SORTED | OUTPUT_SORTED)


def olabel_lookahead(fst: Fst, labels: int) -> bytes:
    """A MatcherFst file: a ConstFst, and per state the intervals of output labels it reaches over epsilons.

    The output labels must be numbered 1 to ``labels``; ``labels + 1`` stands for "can finish here". libvosk
    composes it with a grammar at run time, label numbers being those of ``words.txt``.
    """
    finish = labels + 1
    # an add-on: yes; of the input side: no; of the output side: yes; reach_input: no; keep_relabel: no
    parts = [struct.pack("<5Biq", 1, 0, 1, 0, 0, finish, len(fst.arcs))]
    for reached in _reach(fst, finish):
        intervals = list(_intervals(reached))
        parts += [struct.pack("<q", len(intervals)), *(struct.pack("<ii", *ends) for ends in intervals)]
        parts.append(struct.pack("<i", len(reached)))
    outer = _header("olabel_lookahead", 1, EXPANDED | NOT_ACCEPTOR | OUTPUT_SORTED, NO_START, 0, 0)
    inner = _const(fst, _output, NOT_ACCEPTOR | OUTPUT_SORTED)
    return outer + struct.pack("<I", ADD_ON_MAGIC) + inner + b"".join(parts)


def _input(arc: Arc) -> int:
    return arc.input


def _output(arc: Arc) -> int:
    return arc.output


def _const(fst: Fst, label: Callable[[Arc], int], properties: int) -> bytes:
    states: list[bytes] = []
    arcs: list[bytes] = []
    for state, leaving in enumerate(fst.arcs):
        epsilons = sum(not arc.input for arc in leaving), sum(not arc.output for arc in leaving)
        final = fst.finals.get(state, math.inf)
        states.append(struct.pack("<f4I", final, len(arcs), len(leaving), *epsilons))
        arcs += [struct.pack("<iifi", *arc) for arc in sorted(leaving, key=label)]
    header = _header("const", 2, EXPANDED | properties, 0, len(states), len(arcs))
    return b"".join((header, *states, *arcs))


def _header(kind: str, version: int, properties: int, start: int, states: int, arcs: int) -> bytes:
    numbers = struct.pack("<iiQqqq", version, 0, properties, start, states, arcs)
    return struct.pack("<I", MAGIC) + _string(kind) + _string("standard") + numbers


def _string(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()


def _reach(fst: Fst, finish: int) -> list[set[int]]:
    """Per state, the output labels met first on some path. A fixed point, so loops of epsilons do no harm."""
    reach = [{arc.output for arc in arcs if arc.output} for arcs in fst.arcs]
    for state in fst.finals:
        reach[state].add(finish)
    sources: list[list[int]] = [[] for _ in fst.arcs]
    for state, arcs in enumerate(fst.arcs):
        for arc in arcs:
            if not arc.output and arc.target != state:
                sources[arc.target].append(state)
    todo = list(range(len(fst.arcs)))
    while todo:
        target = todo.pop()
        for source in sources[target]:
            if not reach[target] <= reach[source]:
                reach[source] |= reach[target]
                todo.append(source)
    return reach


def _intervals(labels: set[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive labels, as half-open intervals."""
    begin = previous = None
    for label in sorted(labels):
        if begin is None or previous is None:
            begin = label
        elif label != previous + 1:
            yield begin, previous + 1
            begin = label
        previous = label
    if begin is not None and previous is not None:
        yield begin, previous + 1
