"""Reads the transition model at the head of Kaldi's ``final.mdl``: which transition-ids spell a phone.

Format: Kaldi, hmm/transition-model.cc and hmm-topology.cc (``Read``), binary mode, seen at commit f40076610.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from outreach.speech.lexicon import ModelError

BINARY = b"\0B"


@dataclass(frozen=True, slots=True)
class State:
    """One emitting HMM state: the transition-ids that go on and that stay."""

    forward: int
    stay: int


@dataclass(frozen=True, slots=True)
class Transitions:
    """Every phone's HMM, states in order, and the number of transition-ids (they count from 1)."""

    states: Mapping[int, tuple[State, ...]]
    count: int


def load_transitions(model_dir: Path) -> Transitions:
    """Read ``am/final.mdl``. Raises ModelError for a file that is no left-to-right model in binary."""
    path = model_dir / "am" / "final.mdl"
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"{path} cannot be read ({error}): fetch the model again") from error


def _read(file: BinaryIO) -> Transitions:
    if file.read(2) != BINARY:
        raise ValueError("not in Kaldi's binary form")
    _expect(file, "<TransitionModel>", "<Topology>")
    _numbers(file)  # the phones; the triples name them again
    _numbers(file)  # phone -> entry; the triples say as much
    for _ in range(_number(file)):
        _check_entry(file)
    _expect(file, "</Topology>", "<Triples>")
    states: dict[int, tuple[State, ...]] = {}
    count = 0
    for _ in range(_number(file)):
        phone, _state, _pdf = _number(file), _number(file), _number(file)
        # ids count up over the triples, one for each transition: to itself, then on
        states[phone] = (*states.get(phone, ()), State(stay=count + 1, forward=count + 2))
        count += 2
    _expect(file, "</Triples>")
    return Transitions(states, count)


def _check_entry(file: BinaryIO) -> None:
    """Each state must lead to itself, then to the next; the last one to none."""
    states = _number(file)
    for state in range(states):
        _number(file)  # pdf-class
        targets = [_target(file) for _ in range(_number(file))]
        if targets != ([state, state + 1] if state < states - 1 else []):
            raise ValueError(
                f"its HMM state {state} leads to {targets}; only left-to-right models can be rebuilt"
            )


def _target(file: BinaryIO) -> int:
    target = _number(file)
    file.read(5)  # the probability: a size byte and a float
    return target


def _expect(file: BinaryIO, *tokens: str) -> None:
    for token in tokens:
        if (found := file.read(len(token) + 1)) != f"{token} ".encode():
            raise ValueError(f"{found!r} where {token} belongs")


def _number(file: BinaryIO) -> int:
    size, value = struct.unpack("<bi", file.read(5))
    if size != 4:
        raise ValueError(f"a number of {size} bytes where 4 belong")
    return int(value)


def _numbers(file: BinaryIO) -> None:
    file.seek(4 * _number(file), 1)
