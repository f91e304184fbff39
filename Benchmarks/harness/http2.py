"""One unary call on a bare socket: a client that needs no time to start."""

import socket
import struct

# HTTP/2's frame types and flags.
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 1, 4

# A gRPC message: HelloRequest with 6 bytes.
MESSAGE = b"\x0a\x06aaaaaa"
BODY = b"\0" + struct.pack(">I", len(MESSAGE)) + MESSAGE


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header for HPACK, in full."""
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


HEADER_BLOCK = b"".join(
    literal(name, value)
    for name, value in (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", b"/compute.Compute/SayHello"),
        (b":authority", b"localhost"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
    )
)
CALL = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + frame(SETTINGS, 0, 0, b"")
    + frame(HEADERS, END_HEADERS, 1, HEADER_BLOCK)
    + frame(DATA, END_STREAM, 1, BODY)
)


def call(port):
    """Makes the call, and returns when the first byte of the answer's message is there."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(CALL)
        stream = connection.makefile("rb")
        while True:
            head = stream.read(9)
            if len(head) < 9:
                raise RuntimeError("the server has closed the connection")
            size, kind = int.from_bytes(head[:3], "big"), head[3]
            payload = stream.read(size)
            if kind == DATA and payload.endswith(b"6"):
                return
