"""The decoding graph (Kaldi's HCL): transition-ids in, words out. Pure; it knows nothing of free speech.

Shape: from the root, silence or none; then a prefix tree of phones; at its leaves a disambiguation symbol
puts out the word and leads back to the root. Beside the tree hangs ``[unk]``: any syllables at a price.
"""

import math
from collections.abc import Mapping, Sequence

from outreach.speech.graph.fst import Fst
from outreach.speech.graph.phones import BARE, INITIALS, SILENCE, Phones
from outreach.speech.graph.transitions import Transitions
from outreach.speech.graph.words import Word
from outreach.speech.recognizer import UNKNOWN

SYLLABLE_COST, UNKNOWN_COST = 8.0, 2.0
"""``[unk]``, for each syllable and once. Chosen on development speakers; 7 to 10 are much alike: a step up is
2 to 4 points better on known words and as many worse in rejection. Never below 4.6, what libvosk asks for one
more word in a grammar of a dozen: digit strings would turn into one ``[unk]``."""
SILENCE_COST = math.log(2)  # before a word, silence is as likely as none


def decoding_graph(
    phones: Phones, transitions: Transitions, words: Sequence[Word], numbers: Mapping[str, int]
) -> Fst:
    """The graph of ``words`` and ``[unk]``; ``numbers`` are their output labels. Raises ReadingError."""
    return _Graph(phones, transitions).draw(words, numbers)


class _Graph:
    """The transducer while it is drawn."""

    def __init__(self, phones: Phones, transitions: Transitions) -> None:
        self._fst = Fst()
        self._phones = phones
        self._transitions = transitions
        self._word_end = transitions.count + 1  # a disambiguation symbol: words may sound alike

    def draw(self, words: Sequence[Word], numbers: Mapping[str, int]) -> Fst:
        root, start = self._fst.add_state(), self._fst.add_state()
        self._fst.add_arc(root, start, cost=SILENCE_COST)
        self._fst.add_arc(self._phone(root, self._phones.ids[SILENCE], SILENCE_COST), start)
        self._fst.set_final(start)
        self._tree(words, numbers, start, root)
        self._unknown(numbers[UNKNOWN], start, root)
        return self._fst

    def _tree(self, words: Sequence[Word], numbers: Mapping[str, int], start: int, root: int) -> None:
        nodes: dict[tuple[int, int], int] = {}
        for word in words:
            for reading in word.readings:
                node = start
                for phone in self._phones.spell(reading):
                    if (node, phone) not in nodes:
                        nodes[node, phone] = self._phone(node, phone)
                    node = nodes[node, phone]
                self._fst.add_arc(node, root, input=self._word_end, output=numbers[word.text])

    def _unknown(self, label: int, start: int, root: int) -> None:
        """Any syllables: ``first`` one, ``initial`` heard, ``more`` to come, ``end``."""
        first, initial, more, end = (self._fst.add_state() for _ in range(4))
        self._fst.add_arc(start, first, cost=UNKNOWN_COST)
        self._fst.add_arc(end, root, input=self._word_end, output=label)
        for unit in INITIALS:
            self._join(first, initial, f"{unit}_B", SYLLABLE_COST)
            self._join(more, initial, f"{unit}_I", SYLLABLE_COST)
        for unit in BARE:
            self._join(first, more, f"{unit}_B", SYLLABLE_COST)
            self._join(first, end, f"{unit}_S", SYLLABLE_COST)
            self._join(more, more, f"{unit}_I", SYLLABLE_COST)
            self._join(more, end, f"{unit}_E", SYLLABLE_COST)
        for unit in self._phones.finals():
            self._join(initial, more, f"{unit}_I")
            self._join(initial, end, f"{unit}_E")

    def _join(self, source: int, target: int, name: str, cost: float = 0.0) -> None:
        self._fst.add_arc(self._phone(source, self._phones.ids[name], cost), target)

    def _phone(self, source: int, phone: int, cost: float = 0.0) -> int:
        """Append a phone; the state where it ends. Kaldi's ``--reorder=true``: on, then the target's loop."""
        for state in self._transitions.states[phone]:
            target = self._fst.add_state()
            self._fst.add_arc(source, target, input=state.forward, cost=cost)
            self._fst.add_arc(target, target, input=state.stay)
            source, cost = target, 0.0
        return source
