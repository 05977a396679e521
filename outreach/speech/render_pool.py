"""Worker processes that answer one JSON line with another: started, watched, replaced. Knows no engine."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from outreach.speech.synthesizer import SynthesisError

LONGEST_ANSWER_BYTES = 64 * 1024 * 1024
"""A line from a worker; a minute of speech is 640 kB of it."""
ENDING_SECONDS = 2.0
PROJECT = Path(__file__).parents[2]

Answer = dict[str, str]
Request = Mapping[str, str | int]

log = structlog.get_logger(__name__)


class _Worker:
    """One process. After any failure it is of no more use: its next line may answer another question."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self.served = 0

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: Request) -> Answer:
        """The answer to ``request``. Raises EOFError, ValueError as ``hear``."""
        try:
            self._stdin.write(json.dumps(dict(request)).encode() + b"\n")
            await self._stdin.drain()
        except ConnectionError as error:
            raise EOFError from error
        self.served += 1
        return await self.hear()

    async def hear(self) -> Answer:
        """Its next line. Raises EOFError when the process has died, ValueError when the line is no answer."""
        line = await self._stdout.readline()
        if not line:
            raise EOFError
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("not an answer")
        return answer

    async def end(self) -> None:
        """Let it end by itself, having answered all; it has a folder to clear away. Killed if it does not."""
        self._stdin.close()
        try:
            async with asyncio.timeout(ENDING_SECONDS):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        if self.alive:
            self._process.kill()
        await self._process.wait()


class RenderPool:
    """Up to ``workers`` processes of ``command``, started when first needed, one request at a time each.

    ``deadline_seconds``: for one answer, after which the worker is killed. ``recycle_after``: answers after
    which it is replaced.
    """

    def __init__(
        self, command: Sequence[str], *, workers: int, deadline_seconds: float, recycle_after: int
    ) -> None:
        self._command = tuple(command)
        self._deadline_seconds = deadline_seconds
        self._recycle_after = recycle_after
        self._closed = False
        self._workers: set[_Worker] = set()
        # last in, first out: a second process starts only when two answers are wanted at once
        self._slots: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._slots.put_nowait(None)

    async def ask(self, request: Request) -> Answer:
        """A worker's answer. Raises SynthesisError when there is none.

        A worker that is found dead, or dies over the request, is replaced and asked once more.
        """
        worker = await self._slots.get()
        kept: _Worker | None = None
        try:
            if worker is not None:
                try:
                    answer = await self._answer(worker, request)
                except EOFError:
                    worker = None
                else:
                    kept = worker
                    return answer
            worker = await self._started()
            try:
                answer = await self._answer(worker, request)
            except EOFError as error:
                raise SynthesisError("the speech worker died", retry=True) from error
            kept = worker
            return answer
        finally:
            old = kept if kept is not None and kept.served >= self._recycle_after else None
            self._slots.put_nowait(
                None if old else kept
            )  # before any wait: a cancelled one would lose the slot
            if old is not None:
                self._workers.discard(old)
                await old.end()

    async def close(self) -> None:
        """End the workers; whoever waits for an answer gets a SynthesisError."""
        self._closed = True
        await asyncio.gather(*(worker.end() for worker in tuple(self._workers)))

    async def _answer(self, worker: _Worker, request: Request) -> Answer:
        """Raises EOFError when the worker has died, SynthesisError for the rest; then it is gone."""
        done = False
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer = await worker.ask(request)
            done = True
        except TimeoutError as error:
            raise SynthesisError("the speech worker missed its deadline", retry=True) from error
        except ValueError as error:
            raise SynthesisError("the speech worker answered nonsense", retry=True) from error
        finally:
            if not done:  # cancelled, too: its answer would be taken for the next one
                await self._drop(worker, "failed")
        return answer

    async def _started(self) -> _Worker:
        """A new worker that has said it is ready. Raises SynthesisError."""
        if self._closed:
            raise SynthesisError("the synthesiser has been closed")
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_ANSWER_BYTES,
            cwd=PROJECT,  # so that "-m outreach…" is found, installed or not
            start_new_session=True,  # Ctrl-C is for the server, which then ends its workers
        )
        worker = _Worker(process)
        self._workers.add(worker)
        ready = False
        try:
            async with asyncio.timeout(self._deadline_seconds):
                hello = await worker.hear()
            ready = "ready" in hello
        except (EOFError, ValueError, TimeoutError) as error:
            raise SynthesisError("the speech worker does not start", retry=True) from error
        finally:
            if not ready:
                await self._drop(worker, "never began")
        if not ready:
            raise SynthesisError(f"the speech engine does not start: {hello.get('error')}", retry=True)
        return worker

    async def _drop(self, worker: _Worker, reason: str) -> None:
        self._workers.discard(worker)
        log.warning("speech worker killed", reason=reason, served=worker.served)
        await worker.kill()
