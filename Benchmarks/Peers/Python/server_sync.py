"""Python's synchronous server, as tutorials write it: server_sync.py --port PORT."""

import sys
import time
from concurrent import futures

import bench_pb2
import bench_pb2_grpc
import compute_pb2_grpc
import grpc
import services


class Compute(compute_pb2_grpc.ComputeServicer):
    def SayHello(self, request, context):
        return services.hello(request)


class Bench(bench_pb2_grpc.BenchServicer):
    def PingPong(self, request_iterator, context):
        yield from request_iterator

    def ServerStream(self, request, context):
        yield from services.payloads(request)

    def Block(self, request, context):
        time.sleep(request.milliseconds / 1000)
        return bench_pb2.Payload()


server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
compute_pb2_grpc.add_ComputeServicer_to_server(Compute(), server)
bench_pb2_grpc.add_BenchServicer_to_server(Bench(), server)
server.add_insecure_port(f"127.0.0.1:{sys.argv[2]}")
server.start()
server.wait_for_termination()
