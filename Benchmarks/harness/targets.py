"""The targets, and whether they are held."""

import statistics

from .programs import CPP, LEAN, ON_POLLERS

PYTHON = ("Python sync", "Python asyncio")
GRPC_SWIFT, GRPC_GO = "grpc-swift-2", "grpc-go"
US, FLOOR, CALLBACK = "CoreGRPC", "C, 1 thread", "grpc++ callback"


class Row:
    """One target: what is measured, the limit, and the values of each round."""

    def __init__(self, what, limit, values, unit="", at_least=False, against="", opted_in=()):
        self.what, self.limit, self.values, self.unit = what, limit, list(values), unit
        self.at_least, self.against, self.opted_in = at_least, against, list(opted_in)

    def held(self, values):
        """Whether the median keeps to the limit, in a word."""
        if not values:
            return "–"
        median = statistics.median(values)
        return "yes" if (median >= self.limit if self.at_least else median <= self.limit) else "**no**"

    @property
    def target(self):
        return f"{'≥' if self.at_least else '≤'} {number(self.limit)} {self.unit or '×'} {self.against}".strip()


def measured(values):
    """The median, and the range."""
    if not values:
        return "not measured"
    text = number(statistics.median(values))
    if len(values) > 1:
        text += f" ({number(min(values))} to {number(max(values))})"
    return text


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 10 else f"{value:.2f}"


def rows(results):
    """Every target; ratios are taken within a round, the figure is their median."""

    def ratio(what, limit, suite, load, key, other, at_least=False, name=None):
        values, opted_in = (results.ratios(suite, load, key, subject, other) if other else []
                            for subject in (US, second(what)))
        return Row(what, limit, values, at_least=at_least, against=name or other, opted_in=opted_in)

    def value(what, limit, unit, suite, load, key):
        values, opted_in = (results.values(suite, load, subject, key).values() for subject in (US, second(what)))
        return Row(what, limit, values, unit, opted_in=opted_in)

    def second(what):
        return ON_POLLERS if what.startswith("client") else LEAN

    table = [
        ratio("server: instructions a call, 1×1", 1.0, "instructions", "1x1", "instructions", FLOOR),
        ratio("server: instructions a call, 1×1", 0.85, "instructions", "1x1", "instructions", CALLBACK),
    ]
    for suite, client in (("unary", "C++ client"), ("h2load", "h2load")):
        for load in ("1x64", "4x64"):
            what = f"server: calls a second, {load.replace('x', '×')}, {client}"
            best = results.best(suite, load, "rate", CPP)
            table.append(ratio(what, 1.0, suite, load, "rate", best, True, name=f"best grpc++ ({best or 'none'})"))
            table.append(ratio(what, 4.0, suite, load, "rate", GRPC_SWIFT, True))
            best = results.best(suite, load, "rate", PYTHON)
            table.append(ratio(what, 10.0, suite, load, "rate", best, True, name="best Python"))
            if suite == "h2load":
                table.append(ratio(what, 0.9, suite, load, "rate", GRPC_GO, True))
    table += [
        ratio("server: CPU a call, 1×64", 1.1, "unary", "1x64", "server_cpu", FLOOR),
        ratio("server: CPU a call, 1×64", 0.2, "unary", "1x64", "server_cpu", GRPC_SWIFT),
        value("server: voluntary context switches a call, 1×1", 2, "", "unary", "1x1", "server_switches"),
        ratio("client: latency p50, 1×1", 1.1, "clients", "1x1", "p50", "grpc++ sync"),
        ratio("client: CPU a call, 1×64", 1.1, "clients", "1x64", "client_cpu", "grpc++ async"),
        ratio("server: ping-pong, 1 stream", 1.0, "streams", "ping-pong, 1 stream", "rate", CALLBACK, True),
        ratio("server: ping-pong, 64 streams", 1.0, "streams", "ping-pong, 64 streams", "rate", CALLBACK, True),
        ratio("server: streaming 64 KiB, bytes a second", 1.0, "streams", "server stream, 64 KiB", "rate", CALLBACK, True),
        value("server: streaming 64 KiB, bytes copied by us a byte", 1, "", "copies", "server stream, 64 KiB", "copied"),
        value("server: heap allocations by Swift a call", 12, "", "instructions", "1x1", "swift_allocations"),
        value("client: heap allocations by Swift a call", 12, "", "client instructions", "1x1", "swift_allocations"),
        ratio("server: memory when idle", 1.5, "idle", "1,000 streams", "server_resident", FLOOR),
        ratio("server: memory of an idle stream", 1.3, "idle", "1,000 streams", "stream_bytes", CALLBACK),
        ratio("one call by `compute-client`, start to exit", 1.3, "once", "one call", "milliseconds", "grpc++",
              name="the same in C++"),
        Row("calls beside 4 blocking handlers: p99", 50,
            [value / 1000 for value in results.values("blocking", "4 handlers", US, "p99").values()], "ms"),
        value("calls beside 4 blocking handlers: pings unanswered or calls failed", 0, "", "blocking", "4 handlers", "errors"),
    ]
    for row in table:
        if row.unit == "" and row.against == "":
            row.unit = " "
    return table


def markdown(results):
    """The table for people, with two more columns when something was measured in its second arrangement."""
    table = rows(results)
    two = any(row.opted_in for row in table)
    lines = ["| what | target | measured | held |" + " opted in | held |" * two, "|---|---|---|---|" + "---|---|" * two]
    for row in table:
        line = f"| {row.what} | {' '.join(row.target.split())} | {measured(row.values)} | {row.held(row.values)} |"
        if two:
            line += f" {measured(row.opted_in)} | {row.held(row.opted_in)} |" if row.opted_in else " | |"
        lines.append(line)
    if two:
        lines += ["", "Opted in: the server is `bench-server --lean`, the client `bench-client --on-pollers`."]
    return "\n".join(lines) + "\n"
