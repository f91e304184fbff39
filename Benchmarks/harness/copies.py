"""How often a server copies what it sends or receives: the bytes that go through memcpy and memmove, by who calls them."""

import struct
import tempfile
from pathlib import Path

from . import programs
from .processes import Server, json_of

# The size of the messages, how many there are, and how the load generator asks for them.
LOADS = {
    "server stream, 64 KiB": (64 * 1024, 2000, "--mode stream"),
    "unary, 1 MiB to the server": (1024 * 1024, 50, "--mode unary"),
}
RECORD = struct.Struct("112sQQ")

# What is below the wrappers that are compared: C-core, and what it stands on.
CORE = ("libgrpc.so", "libgpr.so", "libabsl_", "libaddress_sorting", "libupb", "libc.so", "ld-linux", "libre2", "libcares",
        "libssl", "libcrypto", "libz.")


def of_server(command, load):
    """The bytes that a server copies for each byte of large messages."""
    size, messages, mode = LOADS[load]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copies"
        variables = {"LD_PRELOAD": f"{programs.PEERS}/copies.so", "COPIES": str(path)}
        with Server(command, variables=variables) as server:
            before = counts(path)
            result = json_of(f"{programs.LOAD} --target {server.target} {mode} --payload {size} --count {messages}")
            after = counts(path)
    if result["errors"] or result["operations"] != messages:
        raise RuntimeError(f"not every message came: {result}")
    copied = {name: (bytes_ - before.get(name, 0)) / (size * messages) for name, bytes_ in after.items()}
    # To two digits: headers are copied, too.
    by_core = sum(value for name, value in copied.items() if name.startswith(CORE))
    return {
        "copied": round(sum(copied.values()) - by_core, 2),
        "copied_by_core": round(by_core, 2),
        "by_object": {name: round(value, 4) for name, value in copied.items() if value >= 0.0001},
    }


def counts(path):
    """The bytes that each library has copied so far."""
    content = path.read_bytes()
    records = (RECORD.unpack_from(content, offset) for offset in range(0, len(content), RECORD.size))
    return {name.rstrip(b"\0").decode(): bytes_ for name, _, bytes_ in records if name[0]}
