"""gRPC's interop tests over grpcio, for the interop matrix.

The cases that are not here need what grpcio has no interface for: to see whether a message came compressed, or to leave
a single message of a client's stream uncompressed.
"""

import queue
import sys
import time

import grpc

from interop import empty_pb2, messages_pb2, test_pb2_grpc
from interop_flags import boolean, flags

LIMIT_SECONDS = 60
# More than the specification's default of one: the machine may be busy.
SOAK_SECONDS = 10
INITIAL_KEY = "x-grpc-test-echo-initial"
TRAILING_KEY = "x-grpc-test-echo-trailing-bin"
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
CASES = {}


class Failure(Exception):
    pass


def case(function):
    CASES[function.__name__] = function
    return function


def check(subject, actual, expected):
    if actual != expected:
        raise Failure(f"{subject}: expected {expected!r}, got {actual!r}")


def check_status(subject, call, code, details=None):
    """Checks that a call ends with a status that is not OK."""
    try:
        call()
    except grpc.RpcError as error:
        check(f"status of {subject}", error.code(), code)
        if details is not None:
            check(f"status message of {subject}", error.details(), details)
    else:
        raise Failure(f"status of {subject}: expected {code}, got OK")


def check_payload(subject, payload, size):
    check(f"payload size of {subject}", len(payload.body), size)
    check(f"payload of {subject} is all zeros", payload.body == bytes(size), True)


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


def large_request(**fields):
    return messages_pb2.SimpleRequest(response_size=314159, payload=payload(271828), **fields)


def output_request(response_size, request_size):
    return messages_pb2.StreamingOutputCallRequest(
        response_parameters=[messages_pb2.ResponseParameters(size=response_size)], payload=payload(request_size)
    )


@case
def empty_unary(stub, _):
    check("the response", stub.EmptyCall(empty_pb2.Empty(), timeout=LIMIT_SECONDS), empty_pb2.Empty())


@case
def large_unary(stub, _):
    response = stub.UnaryCall(large_request(), timeout=LIMIT_SECONDS)
    check_payload("the response", response.payload, 314159)


@case
def client_compressed_unary(stub, _):
    def call(expected, compression):
        request = large_request(expect_compressed=messages_pb2.BoolValue(value=expected))
        return stub.UnaryCall(request, compression=compression, timeout=LIMIT_SECONDS)

    check_status(
        "the uncompressed probe", lambda: call(True, grpc.Compression.NoCompression), grpc.StatusCode.INVALID_ARGUMENT
    )
    check_payload("the compressed call", call(True, grpc.Compression.Gzip).payload, 314159)
    check_payload("the uncompressed call", call(False, grpc.Compression.NoCompression).payload, 314159)


@case
def client_streaming(stub, _):
    requests = (messages_pb2.StreamingInputCallRequest(payload=payload(size)) for size in REQUEST_SIZES)
    response = stub.StreamingInputCall(requests, timeout=LIMIT_SECONDS)
    check("aggregated payload size", response.aggregated_payload_size, 74922)


def check_responses(responses):
    check("payload sizes of the responses", [len(response.payload.body) for response in responses], list(RESPONSE_SIZES))


@case
def server_streaming(stub, _):
    parameters = [messages_pb2.ResponseParameters(size=size) for size in RESPONSE_SIZES]
    request = messages_pb2.StreamingOutputCallRequest(response_parameters=parameters)
    check_responses(list(stub.StreamingOutputCall(request, timeout=LIMIT_SECONDS)))


@case
def ping_pong(stub, _):
    replies = queue.Queue()

    def requests():
        for response_size, request_size in zip(RESPONSE_SIZES, REQUEST_SIZES):
            yield output_request(response_size, request_size)
            replies.get(timeout=LIMIT_SECONDS)

    responses = []
    for response in stub.FullDuplexCall(requests(), timeout=LIMIT_SECONDS):
        responses.append(response)
        replies.put(None)
    check_responses(responses)


@case
def empty_stream(stub, _):
    check("the responses", list(stub.FullDuplexCall(iter(()), timeout=LIMIT_SECONDS)), [])


@case
def custom_metadata(stub, _):
    initial = (INITIAL_KEY, "test_initial_metadata_value")
    trailing = (TRAILING_KEY, b"\xab\xab\xab")

    def check_metadata(subject, call):
        values = [value for key, value in call.initial_metadata() if key == INITIAL_KEY]
        check(f"initial metadata of {subject}", values, [initial[1]])
        values = [value for key, value in call.trailing_metadata() if key == TRAILING_KEY]
        check(f"trailing metadata of {subject}", values, [trailing[1]])

    _, unary = stub.UnaryCall.with_call(large_request(), metadata=(initial, trailing), timeout=LIMIT_SECONDS)
    check_metadata("UnaryCall", unary)
    stream = stub.FullDuplexCall(
        iter((output_request(314159, 271828),)), metadata=(initial, trailing), timeout=LIMIT_SECONDS
    )
    check("number of responses", len(list(stream)), 1)
    check_metadata("FullDuplexCall", stream)


@case
def status_code_and_message(stub, _):
    status = messages_pb2.EchoStatus(code=2, message="test status message")
    unary = messages_pb2.SimpleRequest(response_status=status)
    check_status("UnaryCall", lambda: stub.UnaryCall(unary, timeout=LIMIT_SECONDS), grpc.StatusCode.UNKNOWN, status.message)
    stream = messages_pb2.StreamingOutputCallRequest(response_status=status)
    check_status(
        "FullDuplexCall",
        lambda: list(stub.FullDuplexCall(iter((stream,)), timeout=LIMIT_SECONDS)),
        grpc.StatusCode.UNKNOWN,
        status.message,
    )


@case
def special_status_message(stub, _):
    message = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
    request = messages_pb2.SimpleRequest(response_status=messages_pb2.EchoStatus(code=2, message=message))
    check_status("UnaryCall", lambda: stub.UnaryCall(request, timeout=LIMIT_SECONDS), grpc.StatusCode.UNKNOWN, message)


@case
def unimplemented_method(stub, _):
    check_status(
        "TestService/UnimplementedCall",
        lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=LIMIT_SECONDS),
        grpc.StatusCode.UNIMPLEMENTED,
    )


@case
def unimplemented_service(_, make_channel):
    with make_channel() as channel:
        stub = test_pb2_grpc.UnimplementedServiceStub(channel)
        check_status(
            "UnimplementedService/UnimplementedCall",
            lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=LIMIT_SECONDS),
            grpc.StatusCode.UNIMPLEMENTED,
        )


def endless(*requests):
    """The requests, and then no half-close; a daemon thread of grpcio waits here until the program ends."""
    yield from requests
    time.sleep(LIMIT_SECONDS)


@case
def cancel_after_begin(stub, _):
    call = stub.StreamingInputCall.future(endless(), timeout=LIMIT_SECONDS)
    call.cancel()
    check("the call is cancelled", call.cancelled(), True)
    check("status of the cancelled call", call.code(), grpc.StatusCode.CANCELLED)


@case
def cancel_after_first_response(stub, _):
    call = stub.FullDuplexCall(endless(output_request(31415, 27182)), timeout=LIMIT_SECONDS)
    check_payload("the response", next(call).payload, 31415)
    call.cancel()
    check_status("the cancelled call", lambda: next(call), grpc.StatusCode.CANCELLED)


@case
def timeout_on_sleeping_server(stub, _):
    request = messages_pb2.StreamingOutputCallRequest(payload=payload(27182))
    call = stub.FullDuplexCall(endless(request), timeout=0.001)
    check_status("the call", lambda: next(call), grpc.StatusCode.DEADLINE_EXCEEDED)


def soak(iteration):
    """Makes ten large calls, of which none may fail or take too long."""
    for number in range(10):
        began = time.monotonic()
        iteration()
        check(f"iteration {number} ends in time", time.monotonic() - began < SOAK_SECONDS, True)


@case
def rpc_soak(stub, make_channel):
    soak(lambda: large_unary(stub, make_channel))


@case
def channel_soak(_, make_channel):
    def iteration():
        with make_channel() as channel:
            large_unary(test_pb2_grpc.TestServiceStub(channel), make_channel)

    soak(iteration)


def channel_maker(arguments):
    target = f"{arguments.server_host}:{arguments.server_port}"
    if not arguments.use_tls:
        return lambda: grpc.insecure_channel(target)
    with open(arguments.ca_file, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    options = [("grpc.ssl_target_name_override", arguments.server_host_override)]
    return lambda: grpc.secure_channel(target, credentials, options if arguments.server_host_override else None)


def main():
    parser = flags("Runs a case of gRPC's interop tests.")
    parser.add_argument("--server_host", default="localhost")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument("--server_host_override")
    parser.add_argument("--use_tls", type=boolean, default=False)
    parser.add_argument("--ca_file")
    parser.add_argument("--test_case", choices=CASES, required=True)
    arguments = parser.parse_args()
    make_channel = channel_maker(arguments)
    with make_channel() as channel:
        try:
            CASES[arguments.test_case](test_pb2_grpc.TestServiceStub(channel), make_channel)
        except (Failure, grpc.RpcError) as error:
            sys.exit(f"error: {arguments.test_case}: {error}")
    print(f"{arguments.test_case}: passed")


if __name__ == "__main__":
    main()
