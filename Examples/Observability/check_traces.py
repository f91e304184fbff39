"""Sends a call from Python through compute-server to Python, and checks that all spans are one trace.

usage: check_traces.py FOLDER_WITH_THE_PROGRAMS FOLDER_WITH_THE_PYTHON_CODE_OF_COMPUTE_PROTO

Each of the three exports its own spans to a collector, rotel, which passes them on to this program:

    client (Python) → compute-server (Swift) → service (Python)
          ↓                   ↓                       ↓
          └──────────────→  rotel  ←──────────────────┘
                              ↓
                         this program
"""

import concurrent.futures
import importlib.metadata
import pathlib
import queue
import socket
import subprocess
import sys
import time

import grpc
import rotel
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.grpc import client_interceptor, server_interceptor
from opentelemetry.instrumentation.grpc.grpcext import intercept_channel
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

PROGRAMS, GENERATED = map(pathlib.Path, sys.argv[1:])
sys.path.insert(0, str(GENERATED))

import compute_pb2
import compute_pb2_grpc

AGENT = pathlib.Path(rotel.__file__).parent / "rotel-agent"
KINDS = {1: "internal", 2: "server", 3: "client"}


class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
    """Receives what rotel passes on."""

    def __init__(self):
        self.spans = queue.Queue()

    def Export(self, request, context):
        for resource in request.resource_spans:
            service = {entry.key: entry.value.string_value for entry in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.put((service, span))
        return trace_service_pb2.ExportTraceServiceResponse()


class Service(compute_pb2_grpc.ComputeServicer):
    def SayHello(self, request, context):
        return compute_pb2.HelloReply(result=str(len(request.helloworld)))


def serve(add, servicer, interceptors=()):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), interceptors=list(interceptors))
    add(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def provider(name, collector):
    """A provider whose spans are exported as the service's."""
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=collector, insecure=True)))
    return provider


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_collector(target):
    collector, http = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    agent = subprocess.Popen(
        [AGENT, "start", "--otlp-grpc-endpoint", collector, "--otlp-http-endpoint", http, "--batch-timeout", "100ms"]
        + ["--exporter", "otlp", "--otlp-exporter-protocol", "grpc", "--otlp-exporter-endpoint", f"http://{target}"],
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(collector.split(":"), 1).close()
            return agent, collector
        except OSError:
            if agent.poll() is not None or time.monotonic() > end:
                sys.exit("the collector does not listen")
            time.sleep(0.1)


def check(spans):
    """The spans in the order of the call, if they are what is expected."""
    expected = [("caller", "client"), ("compute-server", "server"), ("compute-server", "client"), ("callee", "server")]
    parent, chain = b"", []
    for service, kind in expected:
        found = [span for name, span in spans if name == service and KINDS.get(span.kind) == kind]
        if len(found) != 1:
            sys.exit(f"{len(found)} spans of {service}, {kind}: {spans}")
        [span] = found
        if span.parent_span_id != parent:
            sys.exit(f"the {kind}'s span of {service} has the parent {span.parent_span_id.hex()}, not {parent.hex()}")
        chain.append((service, span))
        parent = span.span_id
    if len({span.trace_id for _, span in chain}) != 1:
        sys.exit("the spans have several traces")
    for (_, outer), (service, inner) in zip(chain, chain[1:]):
        # The clock is one, and a server may end its span after its client has the answer.
        if not outer.start_time_unix_nano <= inner.start_time_unix_nano <= outer.end_time_unix_nano:
            sys.exit(f"a span of {service} does not begin within its parent")
    return chain


def main():
    receiver = Receiver()
    own, target = serve(trace_service_pb2_grpc.add_TraceServiceServicer_to_server, receiver)
    agent, collector = start_collector(target)
    interceptor = server_interceptor(tracer_provider=provider("callee", collector))
    callee, upstream = serve(compute_pb2_grpc.add_ComputeServicer_to_server, Service(), [interceptor])
    server = subprocess.Popen(
        [PROGRAMS / "compute-server", "--listen", "127.0.0.1:0", "--upstream", upstream, "--tracing", collector],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = server.stdout.readline().removeprefix("running... ").strip()
        with grpc.insecure_channel(address) as channel:
            channel = intercept_channel(channel, client_interceptor(tracer_provider=provider("caller", collector)))
            reply = compute_pb2_grpc.ComputeStub(channel).SayHello(compute_pb2.HelloRequest(helloworld="héllo"), timeout=10)
        if reply.result != "5":
            sys.exit(f"the answer is {reply.result}")
        spans = [receiver.spans.get(timeout=20) for _ in range(4)]
        chain = check(spans)
        print(f"trace {chain[0][1].trace_id.hex()}, through rotel {importlib.metadata.version('rotel')}")
        start = chain[0][1].start_time_unix_nano
        for depth, (service, span) in enumerate(chain):
            times = [(time - start) / 1e6 for time in (span.start_time_unix_nano, span.end_time_unix_nano)]
            print(f"  {'  ' * depth}{service}: {KINDS[span.kind]} {span.name}, {times[0]:.2f} to {times[1]:.2f} ms")
        server.terminate()
        if server.wait(20) != 0:
            sys.exit(f"compute-server ended with {server.returncode}")
    finally:
        for process in (server, agent):
            process.terminate()
        callee.stop(None)
        own.stop(None)


if __name__ == "__main__":
    main()
