"""Instructions and heap allocations of a call or a message, by Valgrind's callgrind: counts that a busy machine does
not blur.

A program runs twice, with few calls or messages and with many. The difference of the counts is divided by that of the
calls, so that neither the program's start nor its end is in the figure. Instructions are those in user space.
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from . import programs
from .processes import Server, json_of

FEW, MANY = 500, 2500

# A client is done in some seconds, on either side of Valgrind.
CLIENT_PATIENCE = 120
ALLOCATES = re.compile(r"^(malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign|operator new.*)$")
SWIFT = re.compile(r"^lib(swift|_Foundation|Foundation|BlocksRuntime|dispatch)")


class Profile:
    """The counts of one run."""

    def __init__(self, path, program):
        self.by_object = Counter()
        self.by_function = Counter()
        self.allocations = Counter()
        names = {"ob": {}, "fn": {}}
        mark = re.compile(r"^(c?)(ob|fn)=\((\d+)\)(?: (.*))?$")
        here, callee = {"ob": "", "fn": ""}, {}
        calls = 0
        with open(path, errors="replace") as lines:
            for line in lines:
                if found := mark.match(line.rstrip()):
                    calling, kind, number, name = found.groups()
                    if name:
                        names[kind][number] = name
                    (callee if calling else here)[kind] = names[kind].get(number, "")
                elif line.startswith("calls="):
                    calls = int(line[6:].split()[0])
                elif line[:1].isdigit() or line[:1] in "+-*":
                    if calls:
                        # What a call costs is also counted where it is spent.
                        caller = os.path.basename(here["ob"])
                        if ALLOCATES.match(re.sub(r"'\d+$", "", callee.get("fn", ""))):
                            self.allocations["Swift" if caller == program or SWIFT.match(caller) else caller] += calls
                        calls, callee = 0, {}
                    else:
                        cost = int(line.split()[1])
                        self.by_object[os.path.basename(here["ob"])] += cost
                        self.by_function[here["fn"], os.path.basename(here["ob"])] += cost


def wrapped(program, folder):
    """A copy of a program without debugging information, which Valgrind may not understand, and the command before
    it."""
    copy = Path(folder) / Path(program).name
    if not copy.exists():
        shutil.copy(program, copy)
        subprocess.run(["strip", "--strip-debug", str(copy)], check=True, timeout=60)
    valgrind = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "--compress-pos=no"]
    return copy, valgrind


def difference(few, many):
    """The counts of one call or message."""
    calls = MANY - FEW

    def each(name):
        a, b = getattr(few, name), getattr(many, name)
        values = {key: (b[key] - a[key]) / calls for key in b}
        return dict(sorted(values.items(), key=lambda item: -item[1]))

    objects, allocations, functions = each("by_object"), each("allocations"), each("by_function")
    return {
        "instructions": round(sum(objects.values())),
        "by_object": {key: round(value) for key, value in objects.items() if value >= 50},
        "allocations": round(sum(allocations.values()), 2),
        "swift_allocations": round(allocations.get("Swift", 0), 2),
        "top": [[round(value), *key] for key, value in list(functions.items())[:40]],
    }


def of_server(command, load=programs.LOAD, outstanding=1):
    """The counts of a server for a call of the load generator, or of a client that has its options."""
    program, *options = shlex.split(command)
    profiles = []
    with tempfile.TemporaryDirectory() as folder:
        copy, valgrind = wrapped(program, folder)
        for calls in (FEW, MANY):
            with Server(shlex.join([str(copy), *options]), wrapper=valgrind, patience=120) as server:
                asked = f"--target {server.target} --count {calls} --outstanding {outstanding}"
                check(json_of(f"{load} {asked}", CLIENT_PATIENCE), calls)
            profiles.append(Profile(f"{folder}/out", copy.name))
    return difference(*profiles)


def of_client(command, server_command=programs.SERVERS["C, 1 thread"]):
    """The counts of a client for a call, or for a message of a stream, one after the other."""
    program, *options = shlex.split(command)
    profiles = []
    with tempfile.TemporaryDirectory() as folder:
        copy, valgrind = wrapped(program, folder)
        for calls in (FEW, MANY):
            with Server(server_command) as server:
                client = [*valgrind, str(copy), *options, "--target", server.target, "--count", str(calls)]
                result = json_of(shlex.join(client), CLIENT_PATIENCE)
                check(result, calls)
            profiles.append(Profile(f"{folder}/out", copy.name))
    return difference(*profiles)


def of_messages(command):
    """The counts of encoding or decoding a message, by a program whose last argument is the number of messages.

    Dictionaries have the same order in each run, and in each program.
    """
    program, *options = shlex.split(command)
    profiles = []
    with tempfile.TemporaryDirectory() as folder:
        copy, valgrind = wrapped(program, folder)
        for count in (FEW, MANY):
            subprocess.run([*valgrind, str(copy), *options, str(count)], check=True, timeout=CLIENT_PATIENCE,
                           stdout=subprocess.DEVNULL, env=os.environ | programs.SAME_ORDER)
            profiles.append(Profile(f"{folder}/out", copy.name))
    return difference(*profiles)


def check(result, calls):
    if result["errors"] or result["operations"] != calls:
        raise RuntimeError(f"not every call succeeded: {result}")
