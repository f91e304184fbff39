"""What a server does that can be counted in between: the bytes that go through memcpy and memmove, by who calls them,
and the calls of sendmsg."""

import struct
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import programs
from .processes import Server, json_of

# The size of the messages, how many there are, and how the load generator asks for them.
LOADS = {
    "server stream, 64 KiB": (64 * 1024, 2000, "--mode stream"),
    "unary, 1 MiB to the server": (1024 * 1024, 50, "--mode unary"),
}
RECORD = struct.Struct("112sQQ")
WRITES = "sendmsg"

# What is below the wrappers that are compared: C-core, and what it stands on.
CORE = ("libgrpc.so", "libgpr.so", "libabsl_", "libaddress_sorting", "libupb", "libc.so", "ld-linux", "libre2", "libcares",
        "libssl", "libcrypto", "libz.")


@contextmanager
def counted(command):
    """A server, and a function for what it has done so far: by library and function."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copies"
        variables = {"LD_PRELOAD": f"{programs.PEERS}/copies.so", "COPIES": str(path)}
        with Server(command, variables=variables) as server:
            yield server, lambda: counts(path)


def of_server(command, load):
    """The bytes that a server copies for each byte of large messages."""
    size, messages, mode = LOADS[load]
    with counted(command) as (server, done):
        before = done()
        result = json_of(f"{programs.LOAD} --target {server.target} {mode} --payload {size} --count {messages}")
        after = done()
    if result["errors"] or result["operations"] != messages:
        raise RuntimeError(f"not every message came: {result}")
    copied = {
        name: (bytes_ - before[name][1]) / (size * messages) for name, (_, bytes_) in after.items() if name != WRITES
    }
    # To two digits: headers are copied, too.
    by_core = sum(value for name, value in copied.items() if name.startswith(CORE))
    return {
        "copied": round(sum(copied.values()) - by_core, 2),
        "copied_by_core": round(by_core, 2),
        "by_object": {name: round(value, 4) for name, value in copied.items() if value >= 0.0001},
    }


def writes_of_server(command, make_calls, calls=40_000):
    """How often a server writes to its connection, for each unary call.

    `make_calls` is given the server and how many calls to make.
    """
    with counted(command) as (server, done):
        before = done()
        make_calls(server, calls)
        after = done()
    return {"writes": round((after[WRITES][0] - before[WRITES][0]) / calls, 2)}


def counts(path):
    """How often each library has copied something so far, and how many bytes; and the same of what was written."""
    content = path.read_bytes()
    records = (RECORD.unpack_from(content, offset) for offset in range(0, len(content), RECORD.size))
    return {name.rstrip(b"\0").decode(): (calls, bytes_) for name, calls, bytes_ in records if name[0]}
