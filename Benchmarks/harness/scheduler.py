"""What calls feel beside handlers that block, compute or yield, with the handlers of one program on the polling threads
and on Swift's pool; what a call costs; and the table of these figures with their targets."""

import json
import statistics

from . import guard, programs, targets
from .processes import json_of

POLLERS, POOL = "CoreGRPC", "CoreGRPC, on Swift's pool"
EXECUTORS = {POLLERS: "pollers", POOL: "pool"}

# What counts may be of those in `thresholds.json`.
MOST = 1 + guard.MARGIN

# The parts of a row: what `bench-scheduler` calls them, their names in the table, their targets, and whether these are
# the least values.
IN_TIME = (("client", "clients", 50), ("handler", "handlers", 50), ("shutdown", "shutdown", 50))
BESIDE_BLOCKS = (("p50", "p50", 1), ("p99", "p99", 50))
BESIDE_SPINS = (("p50", "p50", 5), ("p99", "p99", 100))
ECHO = (("p50", "p50", None), ("p99", "p99", None))

# The rows by their numbers in `bench-scheduler`, in the order of the table: what is measured, the unit, and the parts.
ROWS = {
    0: ("an echo alone", "ms", ECHO),
    6: ("lateness of deadlines and cancellations at clients and handlers, and of a shutdown", "ms", IN_TIME),
    7: ("the same beside 1,000 handlers that yield", "ms", IN_TIME),
    8: ("the same beside 1,000 handlers that block 3 s", "ms", IN_TIME),
    9: ("the same beside 1,000 handlers that spin 3 s", "ms", IN_TIME),
    10: ("the same beside 1,000 handlers that block 1 s in `onCancel`", "ms", IN_TIME),
    15: ("the same beside 1,000 child tasks that block 3 s", "ms", IN_TIME),
    1: ("an echo beside 600 handlers that block 3 s", "ms", BESIDE_BLOCKS),
    13: ("an echo beside 600 child tasks that block 3 s", "ms", BESIDE_BLOCKS),
    2: ("an echo beside 200 handlers that spin 4 s", "ms", BESIDE_SPINS),
    14: ("an echo beside 200 child tasks that spin 4 s", "ms", BESIDE_SPINS),
    16: ("an echo beside 200 handlers of 16 methods that spin 4 s", "ms", BESIDE_SPINS),
    5: ("an echo beside 16 handlers that yield", "ms", ECHO),
    3: ("20 ms blocks, 200 at a time: calls of 10,000 a second", "", (("rate", "", 8000),)),
    4: ("an echo beside 16 clients of a 2 ms block: its rate, by that alone", "", (("share", "", 0.5),)),
    11: ("200 µs of computing, 64 at a time: calls a second", "", (("rate", "", None),)),
    12: ("descriptors with 250 blocked handlers, beyond those when idle", "", (("beyond_idle", "", 16),)),
}
AT_LEAST = {"rate", "share"}


def measure(turn):
    """Takes the figures: on Swift's pool in the first round alone, where calls wait for seconds."""
    for subject, executor in EXECUTORS.items():
        if subject == POOL and turn.number > 0:
            continue
        alone = {}

        def figures(number):
            values = json_of(f"{programs.SCHEDULER} figures {executor} {number}", 200)
            if number == 0:
                alone.update(values)
            elif "rate" in values and alone:
                values["share"] = values["rate"] / alone["rate"]
            if "busy" in values:
                # `busy` is also a figure of the machine.
                values["beyond_idle"] = values.pop("busy") - values["idle"]
            return values

        for number in ROWS:
            turn.measure("scheduler", subject, str(number), lambda: figures(number))


def count(turn):
    """Counts the instructions and allocations of a call and a message on each end, in the first round alone: the least
    of some attempts, as `scripts/benchmark-guard` does."""
    if turn.number > 0:
        return
    known = json.loads(guard.THRESHOLDS.read_text())

    def is_enough(end, counts):
        return all(counts[key] <= known[end][key] * MOST for key in guard.KEYS)

    for end, counts in guard.least_of_attempts(is_enough, guard.CALLS).items():
        figures = {key: counts[key] for key in guard.KEYS} | {f"known_{key}": known[end][key] for key in guard.KEYS}
        turn.measure("counts", POLLERS, end, lambda: figures)


class Line:
    """A line of the table: what is measured, its target, the figures on the polling threads and on Swift's pool, and
    whether the target is held, if there is one."""

    def __init__(self, what, target, figures, held=None, on_pool=""):
        self.what, self.target, self.figures, self.held, self.on_pool = what, target, figures, held, on_pool

    def __str__(self):
        held = "" if self.held is None else "yes" if self.held else "**no**"
        cells = (self.what, self.target, self.figures, held, self.on_pool)
        return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def line_of_row(results, number):
    """The line of a row of `bench-scheduler`; nothing if it was not measured."""
    what, unit, parts = ROWS[number]

    def text(subject):
        # -1 is a figure that could not be taken: no handler has learned of the end of its call.
        shown = [f"{name} {targets.measured(found) if min(found) >= 0 else 'never'}".strip() for key, name, _ in parts
                 if (found := list(results.values("scheduler", str(number), subject, key).values()))]
        return f"{', '.join(shown)} {unit}".strip() if shown else ""

    if not (figures := text(POLLERS)):
        return None
    limited = [(key, name, limit) for key, name, limit in parts if limit is not None]

    def is_held(key, limit):
        values = list(results.values("scheduler", str(number), POLLERS, key).values())
        if not values:
            return False
        median = statistics.median(values)
        # -1 is a figure that could not be taken.
        return median >= limit if key in AT_LEAST else 0 <= median <= limit

    limits = [f"{'≥' if key in AT_LEAST else '≤'} {limit:,}" for key, _, limit in limited]
    names = [name for _, name, _ in limited]
    target = limits[0] if len(set(limits)) == 1 else ", ".join(f"{name} {limit}" for name, limit in zip(names, limits))
    return Line(what, f"{target} {unit}".strip() if limited else "", figures,
                all(is_held(key, limit) for key, _, limit in limited) if limited else None, text(POOL))


def lines_of_calls(results):
    """The lines about what a call costs, and about all targets."""
    ratios = results.ratios("h2load", "1x1", "server_cpu", POLLERS, targets.FLOOR)
    if ratios:
        held = statistics.median(ratios) <= 1.1
        yield Line("CPU a call, 1×1, h2load", f"≤ 1.10 × {targets.FLOOR}", targets.measured(ratios), held)
    for key in guard.KEYS:
        found = {end: value / known for end in guard.CALLS
                 for value, known in zip(results.values("counts", end, POLLERS, key).values(),
                                         results.values("counts", end, POLLERS, f"known_{key}").values())}
        if found:
            what = {"instructions": "instructions", "swift_allocations": "allocations by Swift"}[key]
            figures = ", ".join(f"{end.replace(',', ':')} {value:.3f}" for end, value in found.items())
            yield Line(f"{what} of a call and a message, by the recorded ones", f"≤ {MOST}", figures,
                       max(found.values()) <= MOST)
    held = [row.held(row.values) for row in targets.rows(results)].count("yes")
    count = len(targets.rows(results))
    yield Line("rows of the table of targets that are held", f"{count}", f"{held}", held == count)


def markdown(results):
    """The table for people; empty if nothing of it was measured."""
    lines = [line for number in ROWS if (line := line_of_row(results, number))]
    if not lines:
        return ""
    head = ["| what | target | measured | held | on Swift's pool |", "|---|---|---|---|---|"]
    return "\n".join([*head, *map(str, lines), *map(str, lines_of_calls(results))]) + "\n"
