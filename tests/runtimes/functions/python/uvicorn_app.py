"""The function as an ASGI application, for uvicorn; with server-sent events, a WebSocket and a page for a browser besides."""

import asyncio
import json
import pathlib
import time

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

import calls

EVENTS = 20
PAUSE = 0.05


async def call(request):
    return JSONResponse(calls.called(await request.json()))


async def upload(request):
    return JSONResponse(calls.digest(await request.body()))


async def download(request):
    body = calls.download(int(request.query_params["size"]))
    return Response(body, headers={"X-Sha256": calls.digest(body)["sha256"]}, media_type="application/octet-stream")


async def slow(request):
    seconds = request.query_params["seconds"]
    await asyncio.sleep(float(seconds))
    return JSONResponse({"slept": seconds})


async def headers(request):
    return JSONResponse([[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.scope["headers"]])


async def events(request):
    async def stream():
        for number in range(EVENTS):
            event = {"number": number, "sent_us": time.time_ns() // 1000}
            yield f"data: {json.dumps(event)}\n\n"
            await asyncio.sleep(PAUSE)

    return StreamingResponse(stream(), media_type="text/event-stream")


PAGE = pathlib.Path(__file__).with_name("page.html")
# What the page has found out; none before.
found = None


async def page(request):
    return Response(PAGE.read_bytes(), media_type="text/html")


async def result(request):
    global found
    if request.method == "POST":
        found = await request.json()
    return JSONResponse(found)


async def echo(websocket):
    await websocket.accept()
    while (message := await websocket.receive())["type"] == "websocket.receive":
        if message.get("text") is not None:
            await websocket.send_text(message["text"])
        else:
            await websocket.send_bytes(message["bytes"])


app = Starlette(
    routes=[
        Route("/json", call, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/download", download),
        Route("/slow", slow),
        Route("/headers/{rest:path}", headers),
        Route("/events", events),
        Route("/page", page),
        Route("/result", result, methods=["GET", "POST"]),
        WebSocketRoute("/ws", echo),
    ]
)
