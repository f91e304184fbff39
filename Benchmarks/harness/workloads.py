"""What is measured: each suite is a function that takes one round over all its subjects."""

import re
import shlex
import statistics
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from functools import partial

from . import callgrind, copies, http2, programs, scheduler
from .processes import FAILURES, URGENT, Server, busy, cpu, json_of, resident

SLOW = ("Python", "grpc-swift")
UNARY = {"1x1": (1, 1), "1x64": (1, 64), "4x64": (4, 64)}

# How often the subjects take turns in a round, where what is compared are times that differ by little.
TURNS = 3


class Round:
    """One round of a suite: which subjects, in which order, how long, and where the figures go."""

    def __init__(self, number, settings, samples):
        self.number, self.settings, self.samples = number, settings, samples

    def servers(self, wanted=None, opt_in=False):
        """The servers, those in a second arrangement only if a suite wants them."""
        names = [name for name in programs.available(programs.SERVERS) if not wanted or name in wanted]
        names = [name for name in names if opt_in or name not in programs.OPT_IN]
        return self.turned([name for name in names if not self.settings.servers or name in self.settings.servers])

    def running(self, suite, names, options=""):
        """Each server's name and process, which ends when the next one is asked for; not those that do not start."""
        for name in names:
            try:
                with Server(programs.SERVERS[name], options=options) as server:
                    yield name, server
            except FAILURES as error:
                print(f"  {suite} {name}: {error}")

    @contextmanager
    def running_together(self, suite, names):
        """The servers' processes by name, but those that do not start: to measure them in quick succession."""
        with ExitStack() as stack:
            servers = {}
            for name in names:
                try:
                    servers[name] = stack.enter_context(Server(programs.SERVERS[name]))
                except FAILURES as error:
                    print(f"  {suite} {name}: {error}")
            yield servers

    def turned(self, names):
        """Names turned by the round's number, so that none always follows the same other."""
        turn = self.number % max(1, len(names))
        return names[turn:] + names[:turn]

    def measure(self, suite, subject, load, figures):
        """Calls a function, and keeps its figures with those of the machine."""
        self.measure_in_turns(suite, load, {subject: figures}, turns=1)

    def measure_in_turns(self, suite, load, subjects, turns=TURNS):
        """Calls each subject's function some times, one subject after the other, and keeps the means of their
        figures."""
        taken = {subject: [] for subject in subjects}
        for _ in range(turns):
            for subject in list(taken):
                try:
                    taken[subject].append(with_machine(subjects[subject]))
                except FAILURES as error:
                    print(f"  {suite} {load} {subject}: {error}")
                    del taken[subject]
        for subject, values in taken.items():
            mean = {key: statistics.fmean(each[key] for each in values) for key in values[0]} if turns > 1 else values[0]
            self.samples.append({"suite": suite, "subject": subject, "load": load, "round": self.number, **mean})
            shown = ", ".join(f"{key} {value:.6g}" for key, value in mean.items() if isinstance(value, (int, float)))
            print(f"  {suite} {load} {subject}: {shown}", flush=True)

    def load(self, server, options, at_least=0, turns=1):
        """Makes calls by the load generator, which is lean then: it is to be less of a limit than the server."""
        options += f" --lean 1 --seconds {max(at_least, self.settings.seconds / turns)}"
        return json_of(f"{programs.LOAD} --target {server.target} --server-pid {server.pid} {options}")


def with_machine(figures):
    """Calls a function that measures something, and adds what the machine did meanwhile."""
    began, (busy_before, stolen_before) = time.monotonic(), busy()
    values = figures()
    busy_after, stolen_after = busy()
    elapsed = time.monotonic() - began
    return values | {"busy": (busy_after - busy_before) / elapsed, "stolen": (stolen_after - stolen_before) / elapsed}


def unary(turn, payload=6, suite="unary", turns=TURNS):
    """Unary calls of 6 bytes."""
    with turn.running_together(suite, turn.servers(opt_in=suite == "unary")) as servers:
        for load, (channels, outstanding) in UNARY.items():
            options = f"--channels {channels} --outstanding {outstanding} --payload {payload}"
            subjects = {name: partial(turn.load, server, options, turns=turns) for name, server in servers.items()}
            turn.measure_in_turns(suite, load, subjects, turns)


def sizes(turn):
    """Unary calls of 1 KiB and 1 MiB."""
    unary(turn, 1024, "unary 1 KiB", turns=1)
    unary(turn, 1024 * 1024, "unary 1 MiB", turns=1)


def h2load(turn):
    """Unary calls by h2load, which costs less than any gRPC client, so that the server is the limit."""
    with turn.running_together("h2load", turn.servers(opt_in=True)) as servers:
        for load, (channels, outstanding) in UNARY.items():
            def figures(name, server):
                calls = int((8_000 if name.startswith(SLOW) else 75_000) * turn.settings.seconds / TURNS)
                before = cpu(server.pid)
                rate = call_by_h2load(server, calls, channels, outstanding)
                return {"rate": rate, "server_cpu": (cpu(server.pid) - before) / calls}

            turn.measure_in_turns("h2load", load, {name: partial(figures, name, server) for name, server in servers.items()})


def call_by_h2load(server, calls, channels=1, outstanding=64):
    """Makes unary calls of 6 bytes by h2load.

    Returns how many it made a second.
    """
    body = programs.BUILD / "h2load-body"
    body.write_bytes(http2.BODY)
    command = (f"h2load -n {calls} -c {channels} -m {outstanding} -d {body} -H 'content-type: application/grpc'"
               f" -H 'te: trailers' http://{server.target}/compute.Compute/SayHello")
    done = subprocess.run([*URGENT, *shlex.split(command)], capture_output=True, text=True, timeout=90)
    rate = re.search(r"finished in \S+, ([\d.]+) req/s", done.stdout)
    count = re.search(r"(\d+) succeeded", done.stdout)
    if not rate or not count or int(count[1]) != calls:
        raise RuntimeError(f"h2load: {done.stdout[-300:]}")
    return float(rate[1])


STREAMS = {
    "ping-pong, 1 stream": "--mode pingpong --outstanding 1 --payload 100",
    "ping-pong, 64 streams": "--mode pingpong --outstanding 64 --payload 100",
    "server stream, 100 B": "--mode stream --payload 100",
    "server stream, 64 KiB": "--mode stream --payload 65536",
}


def streams(turn):
    """Streams of messages, both ways and from the server."""
    # The peer of grpc-swift-2 has the unary service alone.
    names = [name for name in turn.servers() if not name.startswith("grpc-swift")]
    with turn.running_together("streams", names) as servers:
        for load, options in STREAMS.items():
            turn.measure_in_turns("streams", load, {name: partial(turn.load, server, options, turns=TURNS)
                                                    for name, server in servers.items()})


def copied(turn):
    """How often the bytes of large messages are copied on a server, in one round: it does not vary."""
    if turn.number > 0:
        return
    for name in turn.servers(["CoreGRPC", "C, 1 thread", *programs.CPP]):
        for load in copies.LOADS:
            turn.measure("copies", name, load, lambda: copies.of_server(programs.SERVERS[name], load))


def writes(turn):
    """How many system calls write the replies to 64 calls at a time, made by the load generator and by h2load."""
    clients = {"C++ client": call_by_load, "h2load": call_by_h2load}
    for name in turn.servers(["CoreGRPC", programs.LEAN, "C, 1 thread", *programs.CPP], opt_in=True):
        for client, make_calls in clients.items():
            turn.measure("writes", name, client, lambda: copies.writes_of_server(programs.SERVERS[name], make_calls))


def call_by_load(server, calls):
    """Makes unary calls of 6 bytes by the load generator, 64 at a time."""
    callgrind.check(json_of(f"{programs.LOAD} --target {server.target} --lean 1 --outstanding 64 --count {calls}"), calls)


IDLE_STREAMS = 1000


def idle(turn):
    """The memory of a server that does nothing, and with a thousand silent streams.

    Of a server that does not open all of them only the first counts: Python's synchronous one has ten threads, each for
    one stream, and the peer of grpc-swift-2 has no streams.
    """
    for name, server in turn.running("idle", turn.servers()):

        def figures():
            time.sleep(1)
            memory = resident(server.pid)
            result = json_of(f"{programs.LOAD} --target {server.target} --server-pid {server.pid} --mode idle"
                             f" --outstanding {IDLE_STREAMS}")
            values = {"server_resident": memory, "streams": result["streams"]}
            if result["streams"] == IDLE_STREAMS:
                growth = result["resident"] - result["resident_before"]
                values["stream_bytes"] = growth * 1024 / IDLE_STREAMS
            return values

        turn.measure("idle", name, "1,000 streams", figures)


def connect(turn):
    """New connections with TLS, one after the other, each with a call."""
    names = turn.servers(["CoreGRPC", "C, 1 thread", *programs.CPP])
    for name, server in turn.running("connect", names, programs.TLS_SERVER):
        turn.measure("connect", name, "TLS", lambda: turn.load(server, f"--mode connect {programs.TLS_CLIENT}"))


def start(turn):
    """From the start of a server's process to its first answer."""
    for name in turn.servers():

        def figures():
            times = []
            for _ in range(5):
                with Server(programs.SERVERS[name]) as server:
                    http2.call(server.port)
                    times.append(time.monotonic() - server.started)
            return {"milliseconds": statistics.median(times) * 1000}

        turn.measure("start", name, "first answer", figures)


def blocking(turn):
    """Quick calls beside four handlers that block their threads for a second each, with keep-alive pings."""
    for name, server in turn.running("blocking", turn.servers(["CoreGRPC", "grpc++ sync"])):
        options = "--mode block --outstanding 4 --keepalive-ms 300"
        turn.measure("blocking", name, "4 handlers", lambda: turn.load(server, options, at_least=3))


def clients(turn):
    """Clients, one call after the other and 64 in progress, against the bare C server."""
    names = turn.turned(programs.available(programs.CLIENTS))
    for _, server in turn.running("clients", ["C, 1 thread"]):
        for outstanding in (1, 64):
            options = f"--target {server.target} --outstanding {outstanding} --seconds {turn.settings.seconds / TURNS}"
            subjects = {name: partial(json_of, f"{programs.CLIENTS[name]} {options}") for name in names
                        if outstanding == 1 or name != "grpc++ sync"}
            turn.measure_in_turns("clients", f"1x{outstanding}", subjects)


def once(turn):
    """One call by a process of its own, from its start to its exit."""
    for _, server in turn.running("once", ["C, 1 thread"]):
        times = {name: [] for name in programs.ONE_CALL}
        for _ in range(15):
            for name, command in programs.ONE_CALL.items():
                times[name].append(run_time([*URGENT, command, "--target", server.target]) * 1000)
        for name, values in times.items():
            turn.measure("once", name, "one call", lambda: {"milliseconds": statistics.median(values)})


def run_time(command, patience=10):
    """How long a command takes, in seconds.

    Not by `subprocess.run` with a timeout: that looks for the end every some milliseconds, later and later.
    """
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=programs.environment()) as process:
        watchdog = threading.Timer(patience, process.kill)
        watchdog.start()
        status = process.wait()
        ended = time.monotonic()
        watchdog.cancel()
    if status:
        raise RuntimeError(f"{command[0]}: {status}")
    return ended - began


def instructions(turn):
    """Counts by callgrind, in at most three rounds: they hardly vary."""
    if turn.number > 2:
        return
    for name in turn.servers(["CoreGRPC", programs.LEAN, "C, 1 thread", *programs.CPP], opt_in=True):
        for outstanding in (1, 64):
            turn.measure("instructions", name, f"1x{outstanding}",
                         lambda: callgrind.of_server(programs.SERVERS[name], outstanding=outstanding))
    for name in turn.turned(programs.available(programs.CLIENTS)):
        command = programs.CLIENTS[name]
        turn.measure("client instructions", name, "1x1", lambda: callgrind.of_client(command))


SUITES = {
    "instructions": instructions,
    "unary": unary,
    "h2load": h2load,
    "clients": clients,
    "streams": streams,
    "copies": copied,
    "writes": writes,
    "idle": idle,
    "once": once,
    "blocking": blocking,
    "start": start,
    "connect": connect,
    "sizes": sizes,
    "scheduler": scheduler.measure,
    "counts": scheduler.count,
}
