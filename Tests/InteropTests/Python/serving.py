"""What the servers of the interop tests have in common: to bind, to say where, and to stop."""

import argparse
import asyncio
import os
import signal
import stat
import sys
import threading
from concurrent import futures

import grpc
import grpc.aio

GRACE_SECONDS = 0.2
WORKERS = 64
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

# A second server must not share the port of the first in silence.
OPTIONS = (("grpc.so_reuseport", 0),)


def listen(server, address, credentials=None):
    """Binds, and gives the address with the port that it really has."""
    try:
        port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    except RuntimeError:
        port = 0
    if port == 0:
        sys.exit(f"{os.path.basename(sys.argv[0])}: cannot listen on {address}")
    if address.startswith("unix:"):
        return address
    return f"{address.rpartition(':')[0]}:{port}"


def on_input_end(action):
    """Does `action` when a standard input that is a pipe ends: the program that started this one is gone."""
    try:
        kind = os.fstat(0).st_mode
    except OSError:
        return
    if not stat.S_ISFIFO(kind) and not stat.S_ISSOCK(kind):
        return

    def watch():
        while os.read(0, 4096):
            pass
        action()

    threading.Thread(target=watch, daemon=True).start()


def serve_sync(address, add_service, credentials=None):
    # Blocked in every thread, and waited for: a Python handler runs between two steps of the interpreter, so that a
    # signal just before the main thread begins to wait for something else is not seen until that comes.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=WORKERS), options=OPTIONS)
    add_service(server)
    bound = listen(server, address, credentials)
    server.start()
    on_input_end(lambda: os.kill(os.getpid(), signal.SIGTERM))
    print(f"running... {bound}", flush=True)
    signal.sigwait(STOP_SIGNALS)
    server.stop(GRACE_SECONDS).wait()


async def serve_aio(address, add_service):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    server = grpc.aio.server(options=OPTIONS)
    add_service(server)
    bound = listen(server, address)
    await server.start()
    on_input_end(lambda: loop.call_soon_threadsafe(stop.set))
    print(f"running... {bound}", flush=True)
    await stop.wait()
    await server.stop(GRACE_SECONDS)


def main(description, add_sync_service, add_async_service):
    """Runs a server as the command line says, until it is told to stop."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--mode", choices=("sync", "aio"), default="sync")
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="ADDRESS")
    arguments = parser.parse_args()
    if arguments.mode == "sync":
        serve_sync(arguments.listen, add_sync_service)
    else:
        asyncio.run(serve_aio(arguments.listen, add_async_service))
