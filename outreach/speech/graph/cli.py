"""The command ``outreach models add-words``; registered in ``outreach/__main__.py``."""

from pathlib import Path
from typing import Annotated

import typer

from outreach.config import Config
from outreach.speech.graph.build import add_words as teach
from outreach.speech.graph.phones import ReadingError
from outreach.speech.graph.readings import spoken
from outreach.speech.graph.words import Word
from outreach.speech.lexicon import ModelError

WORDS_HELP = "a word, or with its pinyin: '重听' '朵什镇=duo3 shi2 zhen4'"
MODEL_HELP = "the model's directory; without it, the one the line listens with"


def add_words(
    words: Annotated[list[str], typer.Argument(metavar="WORD…", help=WORDS_HELP)],
    model: Annotated[Path | None, typer.Option(help=MODEL_HELP)] = None,
) -> None:
    """Teach the recogniser words. No training: it takes under a second, and counts from the next start."""
    model_dir = model or Config.model_validate({}).model_dir
    try:
        for word in teach(model_dir, [parse(argument) for argument in words]):
            typer.echo(f"{word.text}  {' / '.join(' '.join(reading) for reading in word.readings)}")
    except (ReadingError, ModelError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo("Restart the server to listen for them. If the pinyin is wrong, say it again as WORD=pinyin.")


def parse(argument: str) -> Word:
    """``朵什镇=duo3 shi2 zhen4`` as a word; sandhi is added. Readings are checked by ``add_words``."""
    text, _, pinyin = argument.partition("=")
    reading = tuple(pinyin.split())
    return Word(text, spoken(text, reading) if len(reading) == len(text) else (reading,) if reading else ())
