"""Calls through the gateway over HTTP/2 with httpx, and prints what came of it, as JSON: URL CA."""

import asyncio
import json
import ssl
import sys

import httpx

url, ca = sys.argv[1:]


async def chunks():
    for number in range(200):
        yield bytes([number]) * 1000


async def main():
    context = ssl.create_default_context(cafile=ca)
    async with httpx.AsyncClient(http2=True, verify=context, base_url=url, timeout=30, trust_env=False) as client:
        replies = await asyncio.gather(*(client.get(f"/headers/{number}") for number in range(200)))
        upload = await client.post("/upload", content=chunks())
        download = await client.get("/download", params={"size": 1 << 20})
        cookies = await client.get("/headers/x", headers=[("cookie", "a=1"), ("cookie", "b=2")])
        print(json.dumps({
            "versions": sorted({reply.http_version for reply in replies}),
            "answered": sum(reply.status_code == 200 for reply in replies),
            "upload": upload.json()["bytes"],
            "download": len(download.content),
            "cookie": [value for name, value in cookies.json() if name == "cookie"],
        }))


asyncio.run(main())
