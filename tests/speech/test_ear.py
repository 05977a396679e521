"""One call's ear: with a real recogniser in real threads, and with jobs that run when the test says so."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from outreach.config import PROJECT
from outreach.speech.ear import Ear
from outreach.speech.mulaw import RATE, silence
from outreach.speech.recognizer import Hypothesis, Recognizer
from outreach.speech.vosk import VoskRecognizer
from tests.speech.clips import COMMANDS, MENU, clips, frames, noise, on_the_line

Job = tuple[Future[Any], Callable[[], Any]]


class ByHand(Executor):
    """Jobs wait until the test runs them, so that every order of events can be had without waiting."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        job: Future[Any] = Future()
        self.jobs.append((job, lambda: function(*args, **kwargs)))
        return job

    async def run_one(self) -> None:
        job, work = self.jobs.pop(0)
        try:
            job.set_result(work())
        except ValueError as error:
            job.set_exception(error)
        for _ in range(3):  # the result crosses to the loop by call_soon_threadsafe
            await asyncio.sleep(0)

    async def run_all(self) -> None:
        while self.jobs:
            await self.run_one()


class Scripted:
    """A recogniser that answers with the number of its question, and remembers what it was fed."""

    def __init__(self, failing: int = 0) -> None:
        self.fed: list[tuple[int, int]] = []
        self.asked: list[tuple[str, ...]] = []
        self.failing = failing

    def question(self, phrases: Sequence[str]) -> "ScriptedQuestion":
        self.asked.append(tuple(phrases))
        return ScriptedQuestion(self, len(self.asked))

    def missing(self, phrases: Sequence[str]) -> list[str]:
        return []


class ScriptedQuestion:
    def __init__(self, recognizer: Scripted, number: int) -> None:
        self.recognizer, self.number = recognizer, number

    def feed(self, mulaw: bytes) -> None:
        if self.number == self.recognizer.failing:
            raise ValueError("no")
        self.recognizer.fed.append((self.number, len(mulaw)))

    def finish(self) -> Hypothesis:
        return Hypothesis(f"{self.number}")


class Call:
    """An ear and what it told."""

    def __init__(self, recognizer: Recognizer, executor: Executor) -> None:
        self.told: list[str] = []
        self.utterance = asyncio.Event()
        self.ear = Ear(
            recognizer,
            executor,
            on_speech=lambda: self.told.append("speech"),
            on_utterance=self._heard,
            on_error=lambda error: self.told.append(f"error {error}"),
        )

    def _heard(self, hypothesis: Hypothesis) -> None:
        self.told.append(hypothesis.text)
        self.utterance.set()

    def say(self, sound: bytes) -> None:
        for frame in frames(sound):
            self.ear.hear(frame)


def by_hand(test: Callable[[Call, Scripted, ByHand], Coroutine[Any, Any, None]], failing: int = 0) -> None:
    async def run() -> None:
        executor, recognizer = ByHand(), Scripted(failing)
        await test(Call(recognizer, executor), recognizer, executor)

    asyncio.run(run())


WORD = on_the_line(clips("报名")[0])


def test_a_real_caller_is_heard_once_a_word() -> None:
    async def run() -> None:
        with ThreadPoolExecutor(2) as pool:
            call = Call(VoskRecognizer(PROJECT / "models" / "demo-zh"), pool)
            for word in COMMANDS:
                call.told.clear()
                call.utterance.clear()
                call.ear.ask(MENU, end_silence_seconds=1.2)
                call.say(on_the_line(clips(word)[0]))
                await asyncio.wait_for(call.utterance.wait(), 10)
                assert call.told == ["speech", word]
            assert call.ear.recognition_seconds > 0
            assert call.ear.sound_seconds > len(COMMANDS)
            call.ear.close()

    asyncio.run(run())


def test_silence_and_noise_start_no_job() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.ear.ask(["对"], 1.2)
        call.say(silence(3) + noise(-45, 5))
        assert (call.told, executor.jobs, recognizer.asked) == ([], [], [])

    by_hand(test)


def test_speech_is_told_before_anything_is_recognised() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.ear.ask(["对"], 1.2)
        call.say(WORD)
        assert call.told == ["speech"]
        assert recognizer.asked == []
        await executor.run_all()
        assert call.told == ["speech", "1"]
        assert recognizer.asked == [("对",)]

    by_hand(test)


def test_one_job_at_a_time_and_all_sound_in_order() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.ear.ask(["对"], 1.2)
        for frame in frames(WORD):
            call.ear.hear(frame)
            assert len(executor.jobs) <= 1
            if len(recognizer.fed) < 3 and executor.jobs:
                await executor.run_one()
        await executor.run_all()
        assert call.told == ["speech", "1"]
        assert len(recognizer.fed) >= 4
        assert sum(size for _, size in recognizer.fed) == round(call.ear.sound_seconds * RATE)
        assert all(size >= 800 for _, size in recognizer.fed[:-1])

    by_hand(test)


def test_a_new_question_drops_the_speech_going_on_and_the_rest_of_it() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        long = clips("我想听招聘")[0]
        call.ear.ask(["对"], 1.2)
        call.say(silence(0.6) + long[:8000])
        assert call.told == ["speech"]
        call.ear.ask(["不对"], 1.2)
        call.say(long[8000:] + silence(1.5))
        await executor.run_all()
        assert call.told == ["speech"]
        call.say(WORD)
        await executor.run_all()
        assert call.told == ["speech", "speech", "2"]
        assert recognizer.asked[-1] == ("不对",)

    by_hand(test)


def test_a_result_that_comes_after_the_next_question_is_dropped() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.ear.ask(["对"], 1.2)
        call.say(WORD)
        call.ear.ask(["不对"], 1.2)
        await executor.run_all()
        assert call.told == ["speech"]
        call.say(WORD)
        await executor.run_all()
        assert call.told[1:] == ["speech", "2"]

    by_hand(test)


def test_two_utterances_to_one_question_come_in_order() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.ear.ask(["对"], 0.5)
        call.say(WORD)
        call.say(WORD)
        await executor.run_all()
        assert call.told == ["speech", "speech", "1", "2"]

    by_hand(test)


def test_without_phrases_it_is_deaf() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.say(WORD)
        call.ear.ask([], 1.2)
        call.say(WORD)
        assert (call.told, executor.jobs) == ([], [])

    by_hand(test)


def test_a_recogniser_that_fails_is_told_and_the_next_word_is_heard() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.ear.ask(["对"], 0.5)
        call.say(WORD[: len(WORD) // 2])
        await executor.run_all()
        assert call.told == ["speech", "error no"]
        call.say(silence(1) + WORD)
        await executor.run_all()
        assert call.told == ["speech", "error no", "speech", "2"]

    by_hand(test, failing=1)


def test_after_closing_nobody_is_called_back() -> None:
    async def test(call: Call, recognizer: Scripted, executor: ByHand) -> None:
        call.ear.ask(["对"], 1.2)
        call.say(WORD)
        call.ear.close()
        await executor.run_all()
        call.say(WORD)
        assert (call.told, executor.jobs) == (["speech"], [])

    by_hand(test)


@pytest.mark.parametrize("asked_inside", [False, True])
def test_on_speech_may_ask_and_close(asked_inside: bool) -> None:
    async def run() -> None:
        executor = ByHand()
        told: list[str] = []

        def on_speech() -> None:
            told.append("speech")
            if asked_inside:
                ear.ask(["不对"], 1.2)
            else:
                ear.close()

        ear = Ear(
            Scripted(), executor, on_speech, lambda h: told.append(h.text), lambda e: told.append("error")
        )
        ear.ask(["对"], 1.2)
        for frame in frames(WORD):
            ear.hear(frame)
        await executor.run_all()
        assert told == ["speech"]

    asyncio.run(run())
