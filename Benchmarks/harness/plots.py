"""Plots as SVG, drawn without any library."""

from html import escape

WIDTH, LABEL, VALUE, BAR, GAP, HEAD = 460, 160, 70, 14, 8, 44
OURS, THEIRS, INK, FAINT = "#e8590c", "#8aa1b8", "#1f2933", "#7b8794"


class Panel:
    """Bars for one figure of several subjects; each may have a spread."""

    def __init__(self, title, unit, results, suite, load, key, scale=1.0):
        self.title, self.unit, self.bars = title, unit, []
        for subject, row in results.summary().get(suite, {}).get(load, {}).items():
            if key in row:
                self.bars.append((subject, [value * scale for value in row[key]]))

    def in_order(self, order):
        self.bars.sort(key=lambda bar: order.index(bar[0]) if bar[0] in order else len(order))
        return self

    @property
    def height(self):
        return HEAD + len(self.bars) * (BAR + GAP) + 10

    def draw(self, x, y):
        parts = [text(x, y + 16, self.title, weight=600, size=13), text(x, y + 32, self.unit, fill=FAINT, size=11)]
        greatest = max((high for _, (_, _, high) in self.bars), default=1) or 1
        length = (WIDTH - LABEL - VALUE) / greatest
        for index, (subject, (median, low, high)) in enumerate(self.bars):
            top, left = y + HEAD + index * (BAR + GAP), x + LABEL
            ours = subject.startswith("CoreGRPC")
            parts.append(text(left - 8, top + 11, subject, anchor="end", weight=600 if ours else 400))
            parts.append(f'<rect x="{left}" y="{top}" width="{max(1, median * length):.1f}" height="{BAR}" rx="2" '
                         f'fill="{OURS if ours else THEIRS}"/>')
            if high > low:
                middle = top + BAR / 2
                parts.append(f'<path d="M{left + low * length:.1f} {middle}H{left + high * length:.1f}" '
                             f'stroke="{INK}" stroke-width="1.2"/>')
            parts.append(text(left + max(median, high) * length + 6, top + 11, figure(median)))
        return parts


def text(x, y, content, size=11.5, weight=400, fill=INK, anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
            f'text-anchor="{anchor}">{escape(content)}</text>')


def figure(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def svg(panels, note):
    """Two columns of panels, with a note below."""
    panels = [panel for panel in panels if panel.bars]
    columns, bottoms = [[], []], [24, 24]
    for index, panel in enumerate(panels):
        column = index % 2
        columns[column] += panel.draw(24 + column * (WIDTH + 40), bottoms[column])
        bottoms[column] += panel.height + 16
    height = max(bottoms) + 30
    width = 2 * WIDTH + 88
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            'font-family="system-ui, sans-serif">',
            f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
            *columns[0],
            *columns[1],
            text(24, height - 16, note, fill=FAINT, size=11),
            "</svg>",
            "",
        ]
    )


def draw(results, note, order):
    """Every plot, by the name of its file."""

    def panel(*arguments, **options):
        return Panel(*arguments[:2], results, *arguments[2:], **options).in_order(order)

    return {
        "server.svg": svg(
            [
                panel("Instructions a call, 1×1", "user space; less is better", "instructions", "1x1", "instructions"),
                panel("Instructions a call, 1×64", "user space; less is better", "instructions", "1x64", "instructions"),
                panel("Processor time a call, 1×64", "µs, user and system; less is better", "unary", "1x64", "server_cpu"),
                panel("Unary calls, 1×64, C++ client", "calls a second; more is better", "unary", "1x64", "rate"),
                panel("Unary calls, 4×64, C++ client", "calls a second; more is better", "unary", "4x64", "rate"),
                panel("Unary calls, 1×64, h2load", "calls a second; more is better", "h2load", "1x64", "rate"),
                panel("Unary calls, 4×64, h2load", "calls a second; more is better", "h2load", "4x64", "rate"),
                panel("Unary latency p50, 1×1", "µs; less is better", "unary", "1x1", "p50"),
                panel("Context switches a call, 1×1", "voluntary; less is better", "unary", "1x1", "server_switches"),
            ],
            note,
        ),
        "streams.svg": svg(
            [
                panel("Ping-pong, 1 stream", "messages a second; more is better", "streams", "ping-pong, 1 stream", "rate"),
                panel("Ping-pong, 64 streams", "messages a second; more is better", "streams", "ping-pong, 64 streams", "rate"),
                panel("Server streaming, 100 B", "messages a second; more is better", "streams", "server stream, 100 B", "rate"),
                panel("Server streaming, 64 KiB", "MiB a second; more is better", "streams", "server stream, 64 KiB", "rate",
                      scale=1 / 16),
                panel("Memory when idle", "MiB; less is better", "idle", "1,000 streams", "server_resident", scale=1 / 1024),
                panel("Memory of an idle stream", "bytes; less is better", "idle", "1,000 streams", "stream_bytes"),
            ],
            note,
        ),
        "sizes.svg": svg(
            [
                panel("Unary calls of 1 KiB, 1×64", "calls a second; more is better", "unary 1 KiB", "1x64", "rate"),
                panel("Unary calls of 1 MiB, 1×64", "calls a second; more is better", "unary 1 MiB", "1x64", "rate"),
                panel("Latency p50 of 1 KiB, 1×1", "µs; less is better", "unary 1 KiB", "1x1", "p50"),
                panel("Latency p50 of 1 MiB, 1×1", "µs; less is better", "unary 1 MiB", "1x1", "p50"),
                panel("Processor time a call of 1 KiB, 1×64", "µs; less is better", "unary 1 KiB", "1x64", "server_cpu"),
                panel("Processor time a call of 1 MiB, 1×1", "µs; less is better", "unary 1 MiB", "1x1", "server_cpu"),
                panel("New TLS connections, each with a call", "a second; more is better", "connect", "TLS", "rate"),
                panel("Peak memory, 1 MiB, 1×64", "MiB; less is better", "unary 1 MiB", "1x64", "server_peak", scale=1 / 1024),
                panel("Server's start to its first answer", "ms; less is better", "start", "first answer", "milliseconds"),
                panel("Processor time of a new TLS connection", "µs; less is better", "connect", "TLS", "server_cpu"),
            ],
            note,
        ),
        "client.svg": svg(
            [
                panel("Latency p50, one call at a time", "µs; less is better", "clients", "1x1", "p50"),
                panel("Processor time a call, 64 at a time", "µs; less is better", "clients", "1x64", "client_cpu"),
                panel("Instructions a call", "user space, 1×1; less is better", "client instructions", "1x1", "instructions"),
                panel("One call, process start to exit", "ms; less is better", "once", "one call", "milliseconds"),
            ],
            note,
        ),
    }
