"""The peer: Pipecat's minimal Twilio pipeline, transport in to transport out: ``python -m bench.peer PORT``.

The pipeline has Pipecat's defaults, as its own Twilio examples have; the web server has our settings, which are
quicker than its defaults. It plays without end; ``GET /frames`` tells what it has received. Without RTVI and turn
tracking, which nobody needs on a telephone, it takes a third less.
"""

import json
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.frames.frames import Frame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

from outreach.serving import SOCKET

RATE = 8000
SECOND = bytes(range(256)) * (RATE * 2 // 256)
PLAYED_SECONDS = 300
app = FastAPI()
received = 0


class Counting(TwilioFrameSerializer):
    """Twilio's messages, counted."""

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """One message as a frame."""
        global received
        received += 1
        return await super().deserialize(data)


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


@app.get("/frames")
async def frames() -> int:
    return received


@app.websocket("/media")
async def media(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()
    start = json.loads(await websocket.receive_text())
    serializer = Counting(start["streamSid"], params=Counting.InputParams(auto_hang_up=False))
    transport = FastAPIWebsocketTransport(
        websocket,
        FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer
        ),
    )
    worker = PipelineWorker(
        Pipeline([transport.input(), transport.output()]),
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
    )

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator, unused-ignore]
    async def gone(_transport: FastAPIWebsocketTransport, _socket: WebSocket) -> None:
        await worker.cancel()

    await worker.queue_frames([OutputAudioRawFrame(SECOND, RATE, 1) for _ in range(PLAYED_SECONDS)])
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    logger.remove()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), **SOCKET)
