"""Has a call hang at a server that obeys the directives of compute_server.py, until something ends this process.

    PYTHONPATH=GENERATED python hanging_client.py ADDRESS IDENTIFIER

Prints `hanging` once the server must have the call: a later call on the same connection was answered.
"""

import sys

import grpc

import compute_pb2
import compute_pb2_grpc

address, identifier = sys.argv[1:]
with grpc.insecure_channel(address, options=(("grpc.enable_http_proxy", 0),)) as channel:
    stub = compute_pb2_grpc.ComputeStub(channel)
    call = stub.SayHello.future(compute_pb2.HelloRequest(), metadata=(("x-test-hang", identifier),), timeout=60)
    stub.SayHello(compute_pb2.HelloRequest(), timeout=60)
    print("hanging", flush=True)
    call.exception()
