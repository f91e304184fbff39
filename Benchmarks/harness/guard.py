"""Compares the counts of a call, of a message each way, and of the encoding and decoding of a message of each shape with the
checked-in ones: `scripts/benchmark-guard`."""

import json
import sys

from . import callgrind, messages, programs

THRESHOLDS = programs.HERE / "thresholds.json"
KEYS = ("instructions", "swift_allocations")
ATTEMPTS = 3


def measured():
    """The counts of a call and of a message of a stream, on our server and our client, which talk with each other, and of
    encoding and decoding a message of each shape, without a call."""
    server, client = programs.SERVERS["CoreGRPC"], programs.CLIENTS["CoreGRPC"]
    pingpong = f"{client} --mode pingpong"
    return {
        "server": callgrind.of_server(server, client),
        "server, 64 at a time": callgrind.of_server(server, client, outstanding=64),
        "server, messages of a stream": callgrind.of_server(server, pingpong),
        "client": callgrind.of_client(client, server),
        "client, messages of a stream": callgrind.of_client(pingpong, server),
    } | {
        f"{verb} {shape}": callgrind.of_messages(f"{programs.MESSAGES} {shape} {verb}")
        for shape in programs.SHAPES for verb in ("encode", "decode")
    }


def main(arguments):
    if arguments == ["--with-swift-protobuf"]:
        return messages.compare()
    if arguments not in ([], ["--update"]):
        sys.exit("usage: scripts/benchmark-guard [--update | --with-swift-protobuf]")
    programs.build_ours()
    if arguments:
        runs = [measured() for _ in range(ATTEMPTS)]
        least = {end: {key: min(run[end][key] for run in runs) for key in KEYS} for end in runs[0]}
        THRESHOLDS.write_text(json.dumps({"margin": 0.1, **least}, indent=2) + "\n")
        print(f"wrote {THRESHOLDS.relative_to(programs.REPOSITORY)}")
        return
    thresholds = json.loads(THRESHOLDS.read_text())
    margin = thresholds.pop("margin")
    # What a busy machine does to threads only adds, so the least of some attempts counts.
    least = {}
    for _ in range(ATTEMPTS):
        run = measured()
        least = {end: {key: min(run[end][key], least.get(end, run[end])[key]) for key in KEYS} for end in run}
        if not exceeded(least, thresholds, margin):
            break
    for end, limits in thresholds.items():
        for key, limit in limits.items():
            print(f"{end}: {least[end][key]:,} {key.replace('_', ' ')} each; known: {limit:,}")
            if least[end][key] < limit * (1 - margin):
                print(f"  better: `scripts/benchmark-guard --update` keeps it so")
    if found := exceeded(least, thresholds, margin):
        sys.exit(f"benchmark-guard: more than {margin:.0%} above what is known: {', '.join(found)}")


def exceeded(counts, thresholds, margin):
    """The names of the counts that have grown."""
    return [
        f"{end}'s {key.replace('_', ' ')}"
        for end, limits in thresholds.items()
        for key, limit in limits.items()
        if counts[end][key] > limit * (1 + margin)
    ]
