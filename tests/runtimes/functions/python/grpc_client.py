"""Calls every kind of method through the gateway and prints what came of it, as JSON: ADDRESS AUTHORITY [CA]."""

import json
import queue
import sys
import time

import grpc

import found

address, authority, *ca = sys.argv[1:]
options = [("grpc.default_authority", authority), ("grpc.ssl_target_name_override", authority), ("grpc.enable_http_proxy", 0)]
if ca:
    with open(ca[0], "rb") as file:
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()), options)
else:
    channel = grpc.insecure_channel(address, options)
patience = 20


def method(kind, name, service="test.Service"):
    return getattr(channel, kind)(f"/{service}/{name}")


def outcome(call):
    """The status of a call that fails, and how long it took."""
    begun = time.monotonic()
    try:
        list(call()) if callable(call) else list(call)
        return {"code": "OK"}
    except grpc.RpcError as error:
        return {"code": error.code().name, "details": error.details(), "seconds": time.monotonic() - begun}


results = {}

reply, call = method("unary_unary", "Unary").with_call(b"hello", timeout=patience)
results["unary"] = reply.decode()
results["initial"] = dict(call.initial_metadata()).get("x-initial")
trailing = dict(call.trailing_metadata())
results["trailing"] = [trailing.get("x-trailing"), list(trailing.get("x-bytes-bin", b""))]
results["metadata"] = json.loads(method("unary_unary", "Metadata")(
    b"", timeout=patience, metadata=(("x-own", "a b"), ("x-own-bin", b"\x01\x02"), ("x-scf-name", "forged")),
))
large = bytes(range(256)) * 8192
results["large"] = method("unary_unary", "Unary")(large, timeout=patience) == large[::-1]
results["serve"] = len(list(method("unary_stream", "Serve")(b"5000", timeout=patience)))
results["collect"] = method("stream_unary", "Collect")(iter([b"a", b"b", b"c"]), timeout=patience).decode()

# Each message waits for the answer to the one before: nothing may be held back in either direction.
sent = queue.Queue()
chat = method("stream_stream", "Chat")(iter(sent.get, None), timeout=patience)
answers = []
for word in [b"one", b"two", b"three"]:
    sent.put(word)
    answers.append(next(chat).decode())
sent.put(None)
results["chat"] = [answers, len(list(chat))]

results["fail"] = outcome(lambda: [method("unary_unary", "Fail")(b"", timeout=patience)])
stream = method("unary_stream", "FailLate")(b"", timeout=patience)
results["fail_late"] = [next(stream).decode(), outcome(stream)]
results["deadline"] = outcome(lambda: [method("unary_unary", "Wait")(b"10", timeout=0.5)])
results["unknown_method"] = outcome(lambda: [method("unary_unary", "Nothing")(b"", timeout=patience)])
results["unknown_service"] = outcome(lambda: [method("unary_unary", "Unary", "other.Service")(b"", timeout=patience)])
results["unreachable"] = outcome(lambda: [method("unary_unary", "Unary", "gone.Service")(b"", timeout=patience)])
results["slow"] = outcome(lambda: [method("unary_unary", "Unary", "slow.Service")(b"", timeout=patience)])

future = method("unary_unary", "Wait").future(b"10", timeout=patience)
time.sleep(0.3)
future.cancel()
begun = time.monotonic()
while int(method("unary_unary", "Cancelled")(b"", timeout=patience)) < 2 and time.monotonic() < begun + 5:
    time.sleep(0.05)
results["cancelled"] = int(method("unary_unary", "Cancelled")(b"", timeout=patience))
found.tell(results)
