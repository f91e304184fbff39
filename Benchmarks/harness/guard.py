"""Compares the counts of a call, of a message each way, and of the encoding and decoding of a message of each shape
with the checked-in ones: `scripts/benchmark-guard`."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from . import bare, callgrind, messages, programs

THRESHOLDS = programs.HERE / "thresholds.json"
KEYS = ("instructions", "swift_allocations")
ATTEMPTS = 6

# By how much counts may exceed what is known. Five counts of a call on two busy processors differed by 2 % and less,
# those of an encoding or a decoding not at all. Of one code, the counts of two days differed by up to 4 %.
MARGIN = 0.05
# Those of a stream differed by 14 % on a server and by 34 % on a client, with the load of the machine: how often a
# message is there before the thread waits for it. What is known is in between.
MARGINS = {"server, messages of a stream": 0.15, "client, messages of a stream": 0.15}
# Beyond the margin, as a count of 2 varies by more than its margin: what timers and other threads allocate meanwhile.
OTHER_ALLOCATIONS = 0.05

# A call, and a message of a stream, on either end.
CALLS = ("server", "server, 64 at a time", "server, messages of a stream", "client", "client, messages of a stream")


def measurements():
    """The functions that count a call or a message on either end, our client and our server talking with each other,
    and a message of each shape without a call."""
    server, client = programs.SERVERS["CoreGRPC"], programs.CLIENTS["CoreGRPC"]
    pingpong = f"{client} --mode pingpong"
    calls = {
        "server": lambda: callgrind.of_server(server, client),
        "server, 64 at a time": lambda: callgrind.of_server(server, client, outstanding=64),
        "server, messages of a stream": lambda: callgrind.of_server(server, pingpong),
        "client": lambda: callgrind.of_client(client, server),
        "client, messages of a stream": lambda: callgrind.of_client(pingpong, server),
    }
    # A message without a call needs no engine.
    return calls if programs.CORE else calls | {
        f"{verb} {shape}": lambda verb=verb, shape=shape: callgrind.of_messages(f"{programs.MESSAGES} {shape} {verb}")
        for shape in programs.SHAPES for verb in ("encode", "decode")
    }


def least_of_attempts(is_enough, wanted=None):
    """The least counts of some attempts, of all ends and shapes or of those that are wanted: what the threads of a
    machine do to each other only adds.

    After the first attempt only those are counted again whose counts are not enough yet.
    """
    least, measure = {}, measurements()
    if wanted:
        measure = {end: measure[end] for end in wanted}
    for _ in range(ATTEMPTS):
        again = [end for end in measure if end not in least or not is_enough(end, least[end])]
        if not again:
            break
        # A message has one thread, so that others may be counted beside it. Calls are counted one after the other.
        single = [end for end in again if end.split()[0] in ("encode", "decode")]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = dict(zip(single, pool.map(lambda end: measure[end](), single)))
        runs |= {end: measure[end]() for end in again if end not in single}
        for end, run in runs.items():
            least[end] = {key: min(run[key], least.get(end, run)[key]) for key in KEYS}
    return least


def margin(end):
    """By how much the counts of an end or a shape may exceed what is known."""
    return MARGINS.get(end, MARGIN)


def most(key, end, known):
    """The greatest count that is not too far above what is known."""
    return known * (1 + margin(end)) + (OTHER_ALLOCATIONS if key == "swift_allocations" else 0)


def main(arguments):
    if arguments == ["--with-swift-protobuf"]:
        return messages.compare()
    if arguments == ["--with-c"]:
        return bare.compare()
    if arguments not in ([], ["--update"]):
        sys.exit("usage: scripts/benchmark-guard [--core VERSION] [--update | --with-c] | --with-swift-protobuf")
    programs.build_ours()
    known = json.loads(THRESHOLDS.read_text())
    cores = known.pop("cores", {})
    if arguments:
        least = least_of_attempts(lambda end, counts: False)
        known, cores = (known, cores | {programs.CORE: least}) if programs.CORE else (least, cores)
        THRESHOLDS.write_text(json.dumps({**known, **({"cores": cores} if cores else {})}, indent=2) + "\n")
        print(f"wrote {THRESHOLDS.relative_to(programs.REPOSITORY)}")
        return
    thresholds = cores.get(programs.CORE) if programs.CORE else known
    if thresholds is None:
        sys.exit(f"benchmark-guard: no thresholds of gRPC {programs.CORE}; --update writes them")

    def exceeded(end, counts):
        return [key for key in KEYS if counts[key] > most(key, end, thresholds[end][key])]

    least = least_of_attempts(lambda end, counts: not exceeded(end, counts))
    for end, limits in thresholds.items():
        for key, limit in limits.items():
            print(f"{end}: {least[end][key]:,} {key.replace('_', ' ')} each; known: {limit:,}")
            if least[end][key] < limit * (1 - margin(end)):
                print(f"  better: `scripts/benchmark-guard --update` keeps it so")
    found = [f"{end}'s {key.replace('_', ' ')}" for end in thresholds for key in exceeded(end, least[end])]
    if found:
        sys.exit(f"benchmark-guard: too far above what is known: {', '.join(found)}")
