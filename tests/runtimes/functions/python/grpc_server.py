"""A function that speaks gRPC, with bytes for messages: PORT."""

import json
import os
import threading
import time
from concurrent import futures

import grpc

# How many calls have been cancelled while they waited.
cancelled = 0


def unary(request, context):
    context.send_initial_metadata((("x-initial", "1"),))
    context.set_trailing_metadata((("x-trailing", "2"), ("x-bytes-bin", b"\x00\xff")))
    return request[::-1]


def metadata(request, context):
    fields = [[key, value if isinstance(value, str) else list(value)] for key, value in context.invocation_metadata()]
    return json.dumps(fields).encode()


def serve(request, context):
    for number in range(int(request)):
        yield b"%d" % number


def collect(requests, context):
    return b",".join(requests)


def chat(requests, context):
    for request in requests:
        yield request + b"!"


def fail(request, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "nothing like it: 100 % f\u00fcr dich")


def fail_late(request, context):
    yield b"first"
    context.abort(grpc.StatusCode.DATA_LOSS, "lost")


def wait(request, context):
    ended = threading.Event()
    context.add_callback(ended.set)
    if ended.wait(float(request)):
        global cancelled
        cancelled += 1
    return b"waited"


def count(request, context):
    return b"%d" % cancelled


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Metadata": grpc.unary_unary_rpc_method_handler(metadata),
        "Serve": grpc.unary_stream_rpc_method_handler(serve),
        "Collect": grpc.stream_unary_rpc_method_handler(collect),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "FailLate": grpc.unary_stream_rpc_method_handler(fail_late),
        "Wait": grpc.unary_unary_rpc_method_handler(wait),
        "Cancelled": grpc.unary_unary_rpc_method_handler(count),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", methods),))
    server.add_insecure_port(f"127.0.0.1:{os.environ['PORT']}")
    server.start()
    server.wait_for_termination()


main()
