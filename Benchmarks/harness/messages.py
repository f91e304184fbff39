"""Counts what messages take with swift-protobuf and with ours: `scripts/benchmark-guard --with-swift-protobuf`."""

import os
import shlex
import subprocess
import sys
import time

from . import callgrind, programs

RESULTS = programs.HERE / "results"
SUBJECTS = {"CoreGRPC": programs.MESSAGES, "swift-protobuf": programs.SWIFT_PROTOBUF_MESSAGES}
OURS, THEIRS = SUBJECTS
VERBS = {"encode": "encoding", "decode": "decoding"}

# How many functions of each program are in the profile.
FUNCTIONS = 16


def compare():
    """Counts, prints the table, and writes it with a profile."""
    programs.build_messages()
    sizes = {shape: size(shape) for shape in programs.SHAPES}
    counts = {
        (verb, shape): {subject: callgrind.of_messages(f"{program} {shape} {verb}") for subject, program in SUBJECTS.items()}
        for verb in VERBS for shape in programs.SHAPES
    }
    text = table(counts, sizes) + "\n" + origin()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "messages.md").write_text(text)
    (RESULTS / "messages-profile.txt").write_text(readable(profile(counts)))
    print(text)


def size(shape):
    """The size of a shape's message, which both programs decode, and of which they have the same bytes."""
    ours, theirs = (said(*shlex.split(program), shape, "decode", "1") for program in SUBJECTS.values())
    if ours != theirs:
        sys.exit(f"Benchmarks: the two programs encode another message {shape}:\n{ours}{theirs}")
    return ours.count(",") + 1


def table(counts, sizes):
    """The table for people."""
    lines = [f"| message | bytes | instructions, {OURS} | {THEIRS} | ratio | allocations, {OURS} | {THEIRS} |",
             "|---|---|---|---|---|---|---|"]
    for (verb, shape), of in counts.items():
        ours, theirs = of[OURS], of[THEIRS]
        ratio = f"{ours['instructions'] / theirs['instructions']:.2f}"
        lines.append(f"| {VERBS[verb]}, {shape} | {sizes[shape]:,} | {ours['instructions']:,} | {theirs['instructions']:,} | "
                     f"{ratio} | {ours['allocations']:g} | {theirs['allocations']:g} |")
    return "\n".join(lines) + "\n"


def origin():
    """Where the figures are from."""
    swift = said("swift", "--version").split("\n")[0]
    packages = said("dpkg-query", "-W", "-f", "${Package} ${Version}", "libprotobuf-c1")
    # The commit that made the library what it is.
    commit = said("git", "-C", programs.REPOSITORY, "log", "-1", "--format=%h", "--", "Sources").strip()
    date = time.strftime("%Y-%m-%d", time.gmtime())
    return f"Counted by callgrind on {date} at {commit}; {packages}, swift-protobuf {version()}, {swift}.\n"


def version():
    """The version of swift-protobuf that the manifest asks for."""
    manifest = (programs.HERE / "Peers/SwiftProtobuf/Package.swift").read_text()
    return manifest.partition('exact: "')[2].partition('"')[0]


def profile(counts):
    """Where a message's instructions go, in the functions that take most of them."""
    lines = ["Instructions a message, by callgrind: what the functions take themselves.\n"]
    for (verb, shape), of in counts.items():
        for subject, count in of.items():
            lines.append(f"{VERBS[verb]}, {shape}, {subject}: {count['instructions']:,} instructions")
            lines += [f"{value:7,}  {library:24} {function}" for value, function, library in count["top"][:FUNCTIONS] if value]
            lines.append("")
    return "\n".join(lines)


def readable(text):
    """A text with the names of Swift's functions as one reads them, and without the rest of long lines."""
    done = subprocess.run(["swift", "demangle", "--compact", "--simplified"], input=text, capture_output=True, text=True,
                          check=True, timeout=60)
    return "\n".join(line[:160].rstrip() for line in done.stdout.split("\n"))


def said(*command):
    """What a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60,
                          env=os.environ | programs.SAME_ORDER)
    return done.stdout
