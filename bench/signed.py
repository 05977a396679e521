"""An endpoint that checks the signature of a text message and does nothing: ``python -m bench.signed PORT``.

Checked by our own dependency and served with our own settings, so that the ratio is the price of a turn.
"""

import sys
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Response

from bench.line import config
from outreach.carriers.twilio.signature import Fields, verified_form
from outreach.carriers.twilio.texts import SMS
from outreach.serving import SOCKET, settle

if __name__ == "__main__":
    port = int(sys.argv[1])
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    form = verified_form(config(port, Path()))

    @app.get("/readyz")
    async def readyz() -> dict[str, str]:
        return {"status": "ready"}

    @app.post(SMS)
    async def arrive(fields: Annotated[Fields, Depends(form)]) -> Response:
        return Response(status_code=204)

    settle()
    uvicorn.run(app, host="127.0.0.1", port=port, **SOCKET)
