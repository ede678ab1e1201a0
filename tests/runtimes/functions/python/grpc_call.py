"""A few calls through the gateway, and what came of them as JSON: ADDRESS CA."""

import json
import sys

import grpc

import found

address, ca = sys.argv[1:]
patience = 20
with open(ca, "rb") as file:
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()), [("grpc.enable_http_proxy", 0)])

reply, call = channel.unary_unary("/test.Service/Unary").with_call(b"hello", timeout=patience)
stream = channel.unary_stream("/test.Service/Serve")(b"1000", timeout=patience)
fields = dict(json.loads(channel.unary_unary("/test.Service/Metadata")(b"", timeout=patience)))
found.tell({
    "unary": reply.decode(),
    "trailing": dict(call.trailing_metadata()).get("x-trailing"),
    "stream": len(list(stream)),
    "told": [fields.get(name) for name in ("x-scf-name", "x-client-proto-ver", "x-forwarded-proto")],
})
