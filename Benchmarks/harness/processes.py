"""Servers as processes, and the commands that measure them."""

import json
import os
import shlex
import socket
import subprocess
import time

from . import programs


# What is measured goes before whatever else the machine does, where the user may say so.
URGENT = ["nice", "-n", "-15"] if os.geteuid() == 0 else []

# What becomes of a figure that cannot be taken: the others still are.
FAILURES = (RuntimeError, OSError, subprocess.SubprocessError)


def be_polite():
    """Measures at the priority that this process has."""
    URGENT.clear()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server of its own process for as long as a `with` lasts."""

    def __init__(self, command, wrapper=(), patience=15.0, options="", variables=()):
        self.port = free_port()
        words = [*URGENT, *wrapper, *shlex.split(command.format(port=self.port)), *shlex.split(options)]
        self.started = time.monotonic()
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=programs.environment() | dict(variables))
        self.pid = self.process.pid
        self.patience = patience

    def __enter__(self):
        end = time.monotonic() + self.patience
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.001)
        self.__exit__()
        raise RuntimeError(f"{self.process.args[0]} did not start")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"


def resident(pid):
    """A process's resident memory in KiB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def cpu(pid):
    """A process's processor time in microseconds, user and system."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1000


def busy():
    """The processor time that the machine has spent, and that other machines have stolen, in seconds."""
    with open("/proc/stat") as stat:
        fields = [int(field) for field in stat.readline().split()[1:9]]
    ticks = os.sysconf("SC_CLK_TCK")
    return (sum(fields) - fields[3] - fields[4]) / ticks, fields[7] / ticks


def json_of(command, timeout=90):
    """Runs a client, and returns its line of JSON."""
    done = subprocess.run([*URGENT, *shlex.split(command)], capture_output=True, text=True, timeout=timeout,
                          env=programs.environment())
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            return json.loads(line)
    raise RuntimeError(f"{command}: {done.stderr or done.stdout}")
