"""A client of the health service, by grpcio-health-checking.

    python health_client.py ADDRESS

Prints a line for each answer: `check NAME STATUS` of the server, of `test.Known` and of `test.Unknown`, then `list
STATUSES`, and then `watch STATUS` for each status of `test.Later`, until the watch ends: `ended CODE`.
"""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

STATUSES = health_pb2.HealthCheckResponse.ServingStatus


def say(*words):
    print(*words, flush=True)


def check(stub, service):
    try:
        status = STATUSES.Name(stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=60).status)
    except grpc.RpcError as error:
        status = error.code().name
    say("check", service or "server", status)


with grpc.insecure_channel(sys.argv[1], options=(("grpc.enable_http_proxy", 0),)) as channel:
    stub = health_pb2_grpc.HealthStub(channel)
    for service in ("", "test.Known", "test.Unknown"):
        check(stub, service)
    statuses = stub.List(health_pb2.HealthListRequest(), timeout=60).statuses
    say("list", *(f"{name or 'server'}={STATUSES.Name(statuses[name].status)}" for name in sorted(statuses)))
    try:
        for response in stub.Watch(health_pb2.HealthCheckRequest(service="test.Later"), timeout=60):
            say("watch", STATUSES.Name(response.status))
        say("ended OK")
    except grpc.RpcError as error:
        say("ended", error.code().name)
