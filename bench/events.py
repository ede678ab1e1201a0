"""A function that sends messages by itself, five a second on each connection: as server-sent events, or in WebSocket frames. At /silence it
accepts a WebSocket and sends nothing.

Usage: bench/events.py HOST:PORT
"""

import asyncio
import base64
import hashlib
import random
import sys

PERIOD = 0.2
TEXT = b'{"number":12345,"items":[1,2,3],"ok":true}!'


def accept(key: bytes) -> bytes:
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        fields = {name.lower(): value for name, value in fields.items()}
        key = fields.get(b"sec-websocket-key")
        if key:
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + accept(key) + b"\r\n\r\n")
            message = bytes([0x81, len(TEXT)]) + TEXT
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            event = b"data: " + TEXT + b"\n\n"
            message = b"%x\r\n%s\r\n" % (len(event), event)
        if head.startswith(b"GET /silence"):
            await reader.read(1)
            return
        await asyncio.sleep(random.random() * PERIOD)
        while not writer.is_closing():
            writer.write(message)
            await asyncio.sleep(PERIOD)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    host, port = sys.argv[1].rsplit(":", 1)
    server = await asyncio.start_server(serve, host, int(port), backlog=4096)
    await server.serve_forever()


asyncio.run(main())
