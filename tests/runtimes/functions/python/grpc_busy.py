"""Calls as often as it can over one connection, and prints what came of it as JSON: ADDRESS."""

import concurrent.futures
import sys
import time

import grpc

import found

address = sys.argv[1]
channel = grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)])
states = []
channel.subscribe(states.append, try_to_connect=True)
grpc.channel_ready_future(channel).result(20)
unary = channel.unary_unary("/test.Service/Unary")
patience = 20
failed = []


def call(number):
    try:
        assert unary(b"hello", timeout=patience) == b"olleh"
    except grpc.RpcError as error:
        failed.append(f"{number}: {error.code().name}: {error.details()}")


begun = time.monotonic()
for number in range(2000):
    call(number)
with concurrent.futures.ThreadPoolExecutor(20) as pool:
    list(pool.map(call, range(2000, 5000)))
calls_a_second = round(5000 / (time.monotonic() - begun))
try:
    streamed = len(list(channel.unary_stream("/test.Service/Serve")(b"5000", timeout=patience)))
except grpc.RpcError as error:
    streamed = f"{error.code().name}: {error.details()}"
ready = states.index(grpc.ChannelConnectivity.READY)
found.tell({
    "failed": failed[:5],
    "streamed": streamed,
    "left": [state.name for state in states[ready + 1:]],
    "calls_a_second": calls_a_second,
})
