"""What both Python servers answer."""

import bench_pb2
import compute_pb2


def hello(request):
    return compute_pb2.HelloReply(result=str(len(request.helloworld)))


def payloads(request):
    """The messages of a server stream; without an end for a count of 0."""
    message = bench_pb2.Payload(data=b"x" * request.size)
    sent = 0
    while request.count == 0 or sent < request.count:
        yield message
        sent += 1
