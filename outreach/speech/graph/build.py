"""Writes ``graph/`` of a model from its ``am/final.mdl``, ``phones.txt`` and words. All of it or nothing.

What libvosk reads there (V2 layout): ``HCLr.fst`` the decoding graph, ``Gr.fst`` free speech, ``words.txt``
the numbers that grammars use at run time, ``disambig_tid.int``, ``phones/word_boundary.int``.
"""

import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from outreach.speech.graph.decoding import decoding_graph
from outreach.speech.graph.fst import Fst, const_acceptor, olabel_lookahead, outputs_depth_first
from outreach.speech.graph.phones import load_phones
from outreach.speech.graph.readings import readings
from outreach.speech.graph.transitions import load_transitions
from outreach.speech.graph.words import (
    ADDED,
    BASE,
    Word,
    characters,
    check,
    load_added,
    merge,
    read_words,
    write_words,
)
from outreach.speech.recognizer import UNKNOWN

UNKNOWN_WEIGHT = 0.05  # of [unk] in free speech, where a word has 1
END_COST = 1.0  # of ending an utterance in free speech
ADDED_TITLE = "Added with `outreach models add-words`: word, weight in free speech, pinyin as said"


def build(model_dir: Path, words: Sequence[Word]) -> None:
    """Make ``model_dir/graph`` anew for exactly ``words`` and ``[unk]``. Under a second for a thousand words.

    Words without readings are read by pypinyin. A server that runs keeps the old graph until its next start.
    Raises ReadingError for a word that cannot be spelt and ModelError for a model that cannot be rebuilt;
    then the old graph is untouched.
    """
    words = merge(_read(word) for word in words)
    phones, transitions = load_phones(model_dir), load_transitions(model_dir)
    texts = [UNKNOWN, *(word.text for word in words)]
    drawn = {text: number for number, text in enumerate(texts, 1)}
    graph = decoding_graph(phones, transitions, words, drawn)
    final = {number: place for place, number in enumerate(outputs_depth_first(graph), 1)}
    graph.relabel_outputs(final)
    numbers = {text: final[number] for text, number in drawn.items()}
    ordered = [("<eps>", 0), *sorted(numbers.items(), key=lambda item: item[1])]
    files = {
        "HCLr.fst": olabel_lookahead(graph, len(numbers)),
        "Gr.fst": const_acceptor(_free_speech(words, numbers)),
        "words.txt": _lines(ordered),
        "disambig_tid.int": f"{transitions.count + 1}\n".encode(),
        "phones/word_boundary.int": _lines(phones.boundaries()),
    }
    _swap(model_dir, files)


def add_words(model_dir: Path, words: Sequence[Word]) -> tuple[Word, ...]:
    """Teach a model ``words``: builds ``graph/``, extends ``lexicon-added.txt``; the words with readings.

    Their single characters are added too, so that phrases made of them can be heard. A word that was added
    before is read as now given; one that the model was made with keeps its readings and gains these.
    Raises as ``build``; then nothing has changed.
    """
    new = merge(_read(word) for word in words)
    base, before = read_words(model_dir / BASE), load_added(model_dir)
    singles = characters(new, frozenset(word.text for word in (*base, *before, *new)))
    renewed = {word.text for word in new}
    added = (*(word for word in before if word.text not in renewed), *new, *singles)
    build(model_dir, (*base, *added))
    write_words(model_dir / ADDED, ADDED_TITLE, added)
    return new


def _read(word: Word) -> Word:
    check(word)
    return word if word.readings else replace(word, readings=readings(word.text))


def _free_speech(words: Sequence[Word], numbers: Mapping[str, int]) -> Fst:
    """What libvosk uses when no grammar is given: any words in any order, each at its weight."""
    weights = {UNKNOWN: UNKNOWN_WEIGHT} | {word.text: word.weight for word in words}
    total = sum(weights.values())
    language = Fst()
    state = language.add_state()
    language.set_final(state, END_COST)
    for text, weight in weights.items():
        number = numbers[text]
        language.add_arc(state, state, input=number, output=number, cost=-math.log(weight / total))
    return language


def _lines(pairs: Iterable[tuple[str | int, str | int]]) -> bytes:
    return "".join(f"{left} {right}\n" for left, right in pairs).encode()


def _swap(model_dir: Path, files: Mapping[str, bytes]) -> None:
    """Put a new ``graph/`` in place of the old.

    No system call of Python's exchanges two directories: it takes two renames. What a crash between them
    leaves behind is put right by the next build.
    """
    graph, fresh, old = (model_dir / name for name in ("graph", "graph.new", "graph.old"))
    shutil.rmtree(fresh, ignore_errors=True)
    for name, content in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if graph.exists():
        shutil.rmtree(old, ignore_errors=True)
        graph.rename(old)
    fresh.rename(graph)
    shutil.rmtree(old, ignore_errors=True)
