"""Builds what is measured, and knows how each program is started."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
REPOSITORY = HERE.parent
BUILD = HERE / ".build"
PEERS = BUILD / "peers"
# The version of a gRPC that `scripts/core` has built, in place of the system's.
CORE = os.environ.get("BENCHMARK_CORE", "")
# Each engine has a folder of its own: SwiftPM keeps the search paths of a build.
SCRATCH = BUILD / f"core-{CORE}" if CORE else BUILD
SWIFT = SCRATCH / "release"
# The server in C on the same engine.
BARE = SCRATCH / "peers/server_c"
PYTHON = REPOSITORY / ".venv/bin/python"
CERTIFICATES = BUILD / "certificates"

# How programs in Swift are shipped: with the standard library inside, as the machine that runs them has none.
RELEASE = ("swift", "build", "-c", "release", "--static-swift-stdlib", "--product")
OURS = (*RELEASE[:-1], "--scratch-path", str(SCRATCH), "--product")

# How many seconds a build may take.
BUILD_PATIENCE = 3600

# What Debian packages bring, by what is looked for.
TOOLS = {
    "protoc-c": "protobuf-c-compiler",
    "grpc_cpp_plugin": "protobuf-compiler-grpc",
    "g++": "g++ libgrpc++-dev",
    "make": "make",
    "pkg-config": "pkg-config",
    "h2load": "nghttp2-client",
    "valgrind": "valgrind",
    "openssl": "openssl",
}

# The same for grpc-go, which is left out where these are missing.
GO_TOOLS = {
    "go": "golang-go",
    "protoc-gen-go": "golang-goprotobuf-dev",
    "/usr/share/gocode/src/google.golang.org/grpc": "golang-google-grpc-dev",
}

# The servers, in the order of the plots. {port} is the port to listen on.
SERVERS = {
    "CoreGRPC": f"{SWIFT}/bench-server --port {{port}}",
    "CoreGRPC, lean": f"{SWIFT}/bench-server --lean --port {{port}}",
    "C, 1 thread": f"{PEERS}/server_c --port {{port}}",
    "grpc++ callback": f"{PEERS}/server_callback --port {{port}}",
    "grpc++ async, 1 thread": f"{PEERS}/server_async --port {{port}}",
    "grpc++ async, 2 threads": f"{PEERS}/server_async --port {{port}} --threads 2",
    "grpc++ sync": f"{PEERS}/server_sync --port {{port}}",
    "grpc-go": f"{PEERS}/server_go --port {{port}}",
    "grpc-swift-2": f"{BUILD}/grpc-swift/release/grpc-swift-server --port {{port}}",
    "Python sync": f"{PYTHON} {HERE}/Peers/Python/server_sync.py --port {{port}}",
    "Python asyncio": f"{PYTHON} {HERE}/Peers/Python/server_aio.py --port {{port}}",
}
CPP = [name for name in SERVERS if name.startswith("grpc++")]

# What makes the calls for the servers, which is to be less of a limit than they are.
LOAD = f"{PEERS}/load"
CLIENTS = {
    "CoreGRPC": f"{SWIFT}/bench-client",
    "CoreGRPC, on pollers": f"{SWIFT}/bench-client --on-pollers",
    "grpc++ async": f"{PEERS}/client_async",
    "grpc++ sync": f"{PEERS}/client_sync",
}

# Ours in a second arrangement, for who asks for it: the flag that a program must know to be measured so.
LEAN, ON_POLLERS = "CoreGRPC, lean", "CoreGRPC, on pollers"
OPT_IN = {LEAN: "--lean", ON_POLLERS: "--on-pollers"}

# Calls beside handlers that block, compute or yield.
SCHEDULER = f"{SWIFT}/bench-scheduler"

# Encode or decode a message of one shape, as often as the last argument says: our program and swift-protobuf's, of one
# source.
MESSAGES = f"{SWIFT}/bench-messages"
SWIFT_PROTOBUF_MESSAGES = f"{BUILD}/swift-protobuf/release/swift-protobuf-messages"
SHAPES = ("flat", "nested", "numbers", "maps", "strings")

# With this in the environment, dictionaries of the same keys have the same order.
SAME_ORDER = {"SWIFT_DETERMINISTIC_HASHING": "1"}

ONE_CALL = {
    "CoreGRPC": f"{SWIFT}/compute-client",
    "grpc++": f"{PEERS}/client_once",
}
TLS_SERVER = f"--tls-cert {CERTIFICATES}/server.pem --tls-key {CERTIFICATES}/server.key"
TLS_CLIENT = f"--tls-ca {CERTIFICATES}/ca.pem"


def available(programs):
    """The servers or clients that are built, and those in a second arrangement that they know."""
    return [name for name, command in programs.items() if there(command) and knows(command, OPT_IN.get(name))]


def there(command):
    return Path(command.split()[0]).exists()


@functools.cache
def knows(command, flag):
    """Whether a program's help mentions a flag."""
    if not flag:
        return True
    try:
        done = subprocess.run([command.split()[0], "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, text=True, timeout=10)
    except subprocess.TimeoutExpired:
        return False
    return flag in done.stdout


def environment():
    """For servers in Python, the generated code; for all, no proxy and no log."""
    variables = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return variables | {"PYTHONPATH": str(PEERS / "python"), "GRPC_VERBOSITY": "NONE"}


def build_ours():
    """Builds our server and clients for release."""
    demand("valgrind")
    for product in ("bench-server", "bench-client") if CORE else ("bench-server", "bench-client", "bench-messages"):
        quietly(*OURS, product, cwd=HERE)


def build_bare():
    """Builds the server in C with the engine in use."""
    demand("protoc-c", "make", "pkg-config")
    engine = ()
    if CORE:
        options = subprocess.run(["pkg-config", "--cflags", "--libs", "grpc"], capture_output=True, text=True, check=True)
        engine = (f"SERVER_C={BARE}", f"GRPC={options.stdout.strip()}")
    quietly("make", "--directory", "Peers", *engine, "c", cwd=HERE)


def build_messages():
    """Builds the programs that encode and decode messages for release."""
    demand("valgrind")
    quietly(*RELEASE, "bench-messages", cwd=HERE)
    quietly(*RELEASE, "swift-protobuf-messages", "--scratch-path", BUILD / "swift-protobuf", cwd=HERE / "Peers/SwiftProtobuf")


def build(with_grpc_swift=False):
    """Builds everything; quick when nothing has changed."""
    demand(*TOOLS)
    build_ours()
    for product in ("compute-client", "bench-scheduler"):
        quietly(*RELEASE, product, cwd=HERE)
    quietly("make", "--directory", "Peers", cwd=HERE)
    if PYTHON.exists():
        out = PEERS / "python"
        out.mkdir(parents=True, exist_ok=True)
        for folder, proto in ((REPOSITORY, "compute.proto"), (HERE / "Protos", "bench.proto")):
            quietly(PYTHON, "-m", "grpc_tools.protoc", f"--proto_path={folder}", f"--python_out={out}",
                    f"--grpc_python_out={out}", proto, cwd=HERE)
    else:
        print("Benchmarks: no .venv, so no Python servers; scripts/setup makes it", file=sys.stderr)
    if missing := lacking(GO_TOOLS):
        print(f"Benchmarks: no grpc-go; it would take: apt-get install {' '.join(missing)}", file=sys.stderr)
    else:
        quietly("make", "--directory", "Peers", "go", cwd=HERE)
    if not (CERTIFICATES / "ca.pem").exists():
        quietly(REPOSITORY / "scripts/make-test-certificates", CERTIFICATES, cwd=HERE)
    if with_grpc_swift:
        quietly("swift", "build", "-c", "release", "--scratch-path", BUILD / "grpc-swift", cwd=HERE / "Peers/Swift")


def demand(*tools):
    """Ends the program when a tool is missing."""
    if missing := lacking({tool: TOOLS[tool] for tool in tools}):
        sys.exit(f"Benchmarks: these are missing: apt-get install {' '.join(missing)}")


def lacking(tools):
    """The packages of tools and folders that are not there."""
    def found(tool):
        return os.path.isdir(tool) if os.path.isabs(tool) else shutil.which(tool)

    return sorted({package for tool, package in tools.items() if not found(tool)})


def quietly(*command, cwd):
    """Runs a command, whose output shows only when it fails."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=BUILD_PATIENCE)
    except subprocess.TimeoutExpired as error:
        sys.exit(f"Benchmarks: {error}")
    if done.returncode:
        sys.exit(f"{done.stdout}\nBenchmarks: this failed: {' '.join(str(word) for word in command)}")
