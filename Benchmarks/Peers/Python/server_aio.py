"""Python's server on asyncio: server_aio.py --port PORT."""

import asyncio
import sys

import bench_pb2
import bench_pb2_grpc
import compute_pb2_grpc
import grpc
import services


class Compute(compute_pb2_grpc.ComputeServicer):
    async def SayHello(self, request, context):
        return services.hello(request)


class Bench(bench_pb2_grpc.BenchServicer):
    async def PingPong(self, request_iterator, context):
        async for message in request_iterator:
            yield message

    async def ServerStream(self, request, context):
        for message in services.payloads(request):
            yield message

    async def Block(self, request, context):
        await asyncio.sleep(request.milliseconds / 1000)
        return bench_pb2.Payload()


async def serve():
    server = grpc.aio.server()
    compute_pb2_grpc.add_ComputeServicer_to_server(Compute(), server)
    bench_pb2_grpc.add_BenchServicer_to_server(Bench(), server)
    server.add_insecure_port(f"127.0.0.1:{sys.argv[2]}")
    await server.start()
    await server.wait_for_termination()


asyncio.run(serve())
