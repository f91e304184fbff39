"""gRPC's standard test service over grpcio, for the interop matrix."""

import sys
import time

import grpc

from interop import empty_pb2, messages_pb2, test_pb2_grpc
from interop_flags import boolean, flags
import serving

INITIAL_KEY = "x-grpc-test-echo-initial"
TRAILING_KEY = "x-grpc-test-echo-trailing-bin"


def echo_metadata(context):
    """Sends back what the specification says of the client's metadata."""
    received = context.invocation_metadata()
    context.send_initial_metadata([pair for pair in received if pair[0] == INITIAL_KEY])
    context.set_trailing_metadata([pair for pair in received if pair[0] == TRAILING_KEY])


def status_code(number):
    return next((code for code in grpc.StatusCode if code.value[0] == number), grpc.StatusCode.UNKNOWN)


def echo_status(request, context):
    """Ends the call with the status that the request asks for, if it asks for one."""
    if request.HasField("response_status") and request.response_status.code != 0:
        context.abort(status_code(request.response_status.code), request.response_status.message)


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


class TestService(test_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        echo_metadata(context)
        echo_status(request, context)
        return messages_pb2.SimpleResponse(payload=payload(request.response_size))

    def CacheableUnaryCall(self, request, context):
        context.send_initial_metadata([("cache-control", "max-age=60, public")])
        body = str(time.time_ns()).encode()
        return messages_pb2.SimpleResponse(payload=messages_pb2.Payload(body=body))

    def StreamingOutputCall(self, request, context):
        if any(parameters.compressed.value for parameters in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        yield from self.answer(request, context)

    def StreamingInputCall(self, request_iterator, context):
        size = sum(len(request.payload.body) for request in request_iterator)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=size)

    def FullDuplexCall(self, request_iterator, context):
        echo_metadata(context)
        for request in request_iterator:
            yield from self.answer(request, context)

    def HalfDuplexCall(self, request_iterator, context):
        echo_metadata(context)
        for request in list(request_iterator):
            yield from self.answer(request, context)

    @staticmethod
    def answer(request, context):
        echo_status(request, context)
        for parameters in request.response_parameters:
            time.sleep(parameters.interval_us / 1e6)
            if not parameters.compressed.value:
                context.disable_next_message_compression()
            yield messages_pb2.StreamingOutputCallResponse(payload=payload(parameters.size))


def credentials(arguments):
    if not arguments.use_tls:
        return None
    with open(arguments.tls_key_file, "rb") as key, open(arguments.tls_cert_file, "rb") as chain:
        return grpc.ssl_server_credentials([(key.read(), chain.read())])


def main():
    parser = flags(__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--use_tls", type=boolean, default=False)
    parser.add_argument("--tls_cert_file")
    parser.add_argument("--tls_key_file")
    arguments = parser.parse_args()

    def add_service(server):
        test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)

    serving.serve_sync(f"127.0.0.1:{arguments.port}", add_service, credentials(arguments))


if __name__ == "__main__":
    sys.exit(main())
