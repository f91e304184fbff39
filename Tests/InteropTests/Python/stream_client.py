"""A client with the four kinds of call for the interop tests, on Python's own gRPC. Messages are bytes.

    python stream_client.py --target ADDRESS --mode sync|aio [--ca FILE] [--cases a,b,c]
    python stream_client.py --target ADDRESS --mode sync|aio --hang ID

Runs its cases against a server that obeys the directives of stream_server.py. Prints `ok NAME` or `FAILED NAME: why`
for each, then `N passed, M failed`; exits with 1 when any failed.

With --hang it has a call of each kind hang, as ID-Unary and so on, prints `hanging` once the server has them all, and
waits for its own end.
"""

import argparse
import asyncio
import collections
import faulthandler
import itertools
import queue
import sys
import uuid
from concurrent import futures

import grpc
import grpc.aio

from checking import Mismatch, expect, run_cases
from stream_server import FAILURE_TRAILERS, SERVICE, payload

UNARY, CLIENT_STREAMING, SERVER_STREAMING, BIDIRECTIONAL = KINDS = (
    "Unary",
    "ClientStreaming",
    "ServerStreaming",
    "Bidirectional",
)
MIB = 1024 * 1024

# No call of a test may outlive the test; those that are about deadlines set their own.
PATIENCE_SECONDS = 60

# A proxy of the environment is not a part of a test.
OPTIONS = (("grpc.enable_http_proxy", 0),)
OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


def method_of(channel, kind):
    """The callable of a method, with messages as they are."""
    path = f"/{SERVICE}/{kind}"
    if kind == UNARY:
        return channel.unary_unary(path)
    if kind == CLIENT_STREAMING:
        return channel.stream_unary(path)
    if kind == SERVER_STREAMING:
        return channel.unary_stream(path)
    return channel.stream_stream(path)


class Outcome:
    """How a call ended."""

    def __init__(self, code, message, trailing):
        self._code = code
        self._message = message
        self._trailing = tuple(trailing or ())

    def trailing(self, prefix="x-test-"):
        return [(key, value) for key, value in self._trailing if key.startswith(prefix)]

    def summary(self):
        return f"{self._code.name}: {self._message}"

    def expect(self, what, code=grpc.StatusCode.OK, message=None):
        expect(f"{what} (status message {self._message!r})", self._code, code)
        if message is not None:
            expect(f"status message of {what}", self._message, message)


# The cases are written once, as coroutines over calls of one of the two kinds below. Those of SyncCall never suspend:
# they block, as a program without asyncio would.


class SyncChannel:
    """A channel of blocking calls."""

    sends_until_the_end = True

    def __init__(self, target, credentials=None, options=OPTIONS):
        if credentials:
            self._channel = grpc.secure_channel(target, credentials, options=options)
        else:
            self._channel = grpc.insecure_channel(target, options=options)

    async def close(self):
        self._channel.close()

    def start(self, kind, request=None, metadata=(), timeout=PATIENCE_SECONDS):
        return SyncCall(self._channel, kind, request, metadata, timeout)

    @staticmethod
    async def gather(coroutines):
        with futures.ThreadPoolExecutor(max_workers=len(coroutines)) as threads:
            return list(threads.map(asyncio.run, coroutines))


class SyncCall:
    """A call with threads.

    What it sends is one message, or whatever an iterable has, or by default what is given to send() until half_close().
    """

    def __init__(self, channel, kind, request, metadata, timeout):
        self.written = 0
        self._queue = queue.SimpleQueue()
        self._answers_once = kind in (UNARY, CLIENT_STREAMING)
        method = method_of(channel, kind)
        if kind in (CLIENT_STREAMING, BIDIRECTIONAL):
            request = self._count(iter(self._queue.get, None) if request is None else request)
        start = method.future if self._answers_once else method
        self._call = start(request, metadata=tuple(metadata), timeout=timeout)
        self._is_read = False

    def _count(self, messages):
        for message in messages:
            yield message
            # gRPC asks for the next message when this one has been sent.
            self.written += 1

    def send(self, message):
        self._queue.put(message)

    def half_close(self):
        self._queue.put(None)

    def cancel(self):
        self._call.cancel()

    async def initial_metadata(self):
        return [(key, value) for key, value in self._call.initial_metadata() if key.startswith("x-test-")]

    async def read(self):
        """The next message; None when there is none any more, for whatever reason."""
        try:
            if not self._answers_once:
                return next(self._call, None)
            if not self._is_read:
                self._is_read = True
                return self._call.result()
        except (grpc.RpcError, grpc.FutureCancelledError):
            pass  # outcome() tells why.
        return None

    async def outcome(self):
        """How the call ended, once all its messages have been read or it failed."""
        call = self._call
        outcome = Outcome(call.code(), call.details(), call.trailing_metadata())
        self.half_close()  # Else the thread that sends waits for ever.
        return outcome


class AsyncChannel:
    """A channel of asyncio calls."""

    # A write that fails as the server has just ended the call is to asyncio's client an INTERNAL error of its own,
    # which takes the place of the status (grpcio 1.85; 1.51 does not show it). So it keeps its side open, and writes no
    # more.
    sends_until_the_end = False

    def __init__(self, target, credentials=None, options=OPTIONS):
        if credentials:
            self._channel = grpc.aio.secure_channel(target, credentials, options=options)
        else:
            self._channel = grpc.aio.insecure_channel(target, options=options)

    async def close(self):
        await self._channel.close()

    def start(self, kind, request=None, metadata=(), timeout=PATIENCE_SECONDS):
        return AsyncCall(self._channel, kind, request, metadata, timeout)

    @staticmethod
    async def gather(coroutines):
        return await asyncio.gather(*coroutines)


class AsyncCall:
    """A call with asyncio, by read() and write(); see SyncCall."""

    def __init__(self, channel, kind, request, metadata, timeout):
        self.written = 0
        self._queue = asyncio.Queue()
        self._answers_once = kind in (UNARY, CLIENT_STREAMING)
        method = method_of(channel, kind)
        if kind in (CLIENT_STREAMING, BIDIRECTIONAL):
            self._call = method(metadata=tuple(metadata), timeout=timeout)
            self._pump = asyncio.ensure_future(self._write_all(request))
        else:
            self._call = method(request, metadata=tuple(metadata), timeout=timeout)
            self._pump = None
        self._is_read = False

    async def _write_all(self, messages):
        try:
            if messages is None:
                while (message := await self._queue.get()) is not None:
                    await self._write(message)
            else:
                for message in messages:
                    await self._write(message)
            await self._call.done_writing()
        except (grpc.RpcError, asyncio.InvalidStateError, asyncio.CancelledError):
            pass  # The call is over, and outcome() tells why.

    async def _write(self, message):
        await self._call.write(message)
        self.written += 1

    def send(self, message):
        self._queue.put_nowait(message)

    def half_close(self):
        self._queue.put_nowait(None)

    def cancel(self):
        self._call.cancel()

    async def initial_metadata(self):
        return [(key, value) for key, value in await self._call.initial_metadata() if key.startswith("x-test-")]

    async def read(self):
        try:
            if not self._answers_once:
                message = await self._call.read()
                return None if message is grpc.aio.EOF else message
            if not self._is_read:
                self._is_read = True
                return await self._call
        except (grpc.RpcError, asyncio.CancelledError):
            pass  # outcome() tells why.
        return None

    async def outcome(self):
        call = self._call
        outcome = Outcome(await call.code(), await call.details(), await call.trailing_metadata())
        if self._pump is not None:
            self.half_close()
            await self._pump
        return outcome


async def rest(call):
    """All messages that are still to come, and how the call ended."""
    messages = []
    while (message := await call.read()) is not None:
        messages.append(message)
    return messages, await call.outcome()


def request_of(kind, count, size):
    """What to send for so many messages of that size."""
    if kind == UNARY:
        return payload(0, size)
    if kind == SERVER_STREAMING:
        return f"{count} {size}".encode()
    return (payload(index, size) for index in range(count))


def answer_to(kind, count, size):
    """What comes back for it."""
    if kind == UNARY:
        return [payload(0, size)]
    if kind == CLIENT_STREAMING:
        return [f"{count} {count * size}".encode()]
    return [payload(index, size) for index in range(count)]


class Cases:
    """Every case is a method; its name with hyphens is the case's name."""

    def __init__(self, channel, beside):
        self.channel = channel
        # With a connection of its own: a question over the first one's makes C-core measure its bandwidth again, and
        # let the other end send more that nobody reads.
        self.beside = beside

    async def _ask(self, directive, value, channel=None):
        channel = channel or self.channel
        messages, outcome = await rest(channel.start(UNARY, b"", metadata=((f"x-test-{directive}", value),)))
        outcome.expect(f"{directive} {value}")
        return messages[0].decode()

    async def _exchange(self, kind, count, size):
        messages, outcome = await rest(self.channel.start(kind, request_of(kind, count, size)))
        what = f"{kind} of {count} messages of {size} bytes"
        outcome.expect(what)
        expect(what, messages, answer_to(kind, count, size))

    async def counts(self):
        for kind in (CLIENT_STREAMING, SERVER_STREAMING, BIDIRECTIONAL):
            for count in (0, 1, 100, 1000):
                await self._exchange(kind, count, 10)

    async def sizes(self):
        for kind in KINDS:
            for size in (0, 1, 16 * 1024, MIB):
                await self._exchange(kind, 5, size)

    async def _ping_pong(self, rounds):
        call = self.channel.start(BIDIRECTIONAL)
        for index in range(rounds):
            call.send(payload(index, 100))
            expect(f"pong {index}", await call.read(), payload(index, 100))
        call.half_close()
        messages, outcome = await rest(call)
        outcome.expect("ping-pong")
        expect("messages after the last pong", messages, [])

    async def ping_pong(self):
        await self._ping_pong(200)

    async def parallel(self):
        await self.channel.gather([self._ping_pong(20) for _ in range(50)])

    async def half_close(self):
        call = self.channel.start(BIDIRECTIONAL, metadata=(("x-test-after-close", "100"),))
        call.send(b"before")
        expect("echo", await call.read(), b"before")
        call.half_close()
        messages, outcome = await rest(call)
        outcome.expect("call that goes on after the half-close")
        expect("messages after the half-close", messages, [payload(index, 4) for index in range(100)])

    def _start_endless(self, kind, count, metadata):
        """A call whose requests, of which the server takes some, have no end."""
        call = self.channel.start(
            kind,
            (payload(index, 1000) for index in itertools.count()) if self.channel.sends_until_the_end else None,
            metadata,
        )
        for index in range(count):
            call.send(payload(index, 1000))
        return call

    async def early_ok(self):
        """The server ends the call while this client sends without end."""
        for count in (0, 3):
            for kind in (CLIENT_STREAMING, BIDIRECTIONAL):
                metadata = (("x-test-end-after", str(count)), ("x-test-echo-bin", b"\xff\x00"))
                messages, outcome = await rest(self._start_endless(kind, count, metadata))
                outcome.expect(f"{kind} that ends after {count} messages")
                expect(f"answer of {kind}, ended after {count}", messages, answer_to(kind, count, 1000))
                expect("trailing metadata", outcome.trailing(), [("x-test-echo-bin", b"\xff\x00")])

    async def early_error(self):
        """The server fails while this client sends without end."""
        text = "grüße 世界 %\n🎉"
        failures = [(kind, count) for kind in KINDS for count in (0, 3) if (kind, count) != (UNARY, 3)]
        for kind, count in failures:
            what = f"{kind} that fails after {count} messages"
            metadata = (
                ("x-test-fail", "ABORTED"),
                ("x-test-fail-after", str(count)),
                ("x-test-message-bin", text.encode()),
                ("x-test-echo-bin", b"\xff\x00"),
            )
            if kind in (UNARY, SERVER_STREAMING):
                call = self.channel.start(kind, request_of(kind, 10, 1000), metadata)
            else:
                call = self._start_endless(kind, count, metadata)
            messages, outcome = await rest(call)
            outcome.expect(what, grpc.StatusCode.ABORTED, text)
            streams = kind in (SERVER_STREAMING, BIDIRECTIONAL)
            expect(f"messages of {what}", messages, answer_to(kind, count, 1000) if streams else [])
            expect(
                f"trailing metadata of {what}",
                sorted(outcome.trailing()),
                sorted((("x-test-echo-bin", b"\xff\x00"), *FAILURE_TRAILERS)),
            )

    async def metadata(self):
        """Metadata of all kinds of call; in streams before anything was sent either way."""
        echo = [("x-test-echo", "one"), ("x-test-echo", "two, and more")]
        echo_bin = [("x-test-echo-bin", bytes(range(256))), ("x-test-echo-bin", b",")]
        for kind in (UNARY, SERVER_STREAMING, CLIENT_STREAMING):
            call = self.channel.start(kind, request_of(kind, 2, 3), echo + echo_bin)
            messages, outcome = await rest(call)
            outcome.expect(f"{kind} with metadata")
            expect(f"answer of {kind}", messages, answer_to(kind, 2, 3))
            expect(f"initial metadata of {kind}", await call.initial_metadata(), echo)
            expect(f"trailing metadata of {kind}", outcome.trailing(), echo_bin)
        call = self.channel.start(BIDIRECTIONAL, metadata=echo + echo_bin)
        expect("initial metadata before the first message", await call.initial_metadata(), echo)
        call.send(b"then")
        expect("echo", await call.read(), b"then")
        call.half_close()
        messages, outcome = await rest(call)
        outcome.expect("stream with metadata")
        expect("trailing metadata of a stream", outcome.trailing(), echo_bin)

    async def _hang(self, kind, identifier, **options):
        """Starts a call that hangs in the middle, where it has one, and does what is written before."""
        call = self.channel.start(
            kind,
            request_of(kind, 10, 100) if kind in (UNARY, SERVER_STREAMING) else None,
            metadata=(("x-test-hang", identifier),),
            **options,
        )
        call.send(payload(0, 100))
        if kind in (SERVER_STREAMING, BIDIRECTIONAL):
            expect(f"first message of {kind}", await call.read(), payload(0, 100))
        expect(kind, await self._ask("await-hanging", identifier), "hanging")
        return call

    async def cancel(self):
        for kind in KINDS:
            identifier = str(uuid.uuid4())
            call = await self._hang(kind, identifier)
            call.cancel()
            messages, outcome = await rest(call)
            outcome.expect(f"cancelled {kind}", grpc.StatusCode.CANCELLED)
            expect(f"messages of a cancelled {kind}", messages, [])
            expect("the server noticed the cancellation", await self._ask("await-cancelled", identifier), "cancelled")

    async def deadline(self):
        await self._ask("release", "nothing")  # Connects, so that the time is that of the calls alone.

        async def one(kind):
            identifier = str(uuid.uuid4())
            _, outcome = await rest(await self._hang(kind, identifier, timeout=2))
            outcome.expect(f"{kind} past its deadline", grpc.StatusCode.DEADLINE_EXCEEDED)
            expect("the server noticed the deadline", await self._ask("await-cancelled", identifier), "cancelled")

        await self.channel.gather([one(kind) for kind in KINDS])

    async def deadlines(self):
        """1,000 calls past their deadline, 64 at a time."""
        await self._ask("release", "nothing")
        number, at_once = 1000, 64
        ends = collections.Counter()
        indices = itertools.count()

        async def worker():
            while (index := next(indices)) < number:
                kind = KINDS[index % len(KINDS)]
                request = request_of(kind, 10, 100) if kind in (UNARY, SERVER_STREAMING) else None
                call = self.channel.start(kind, request, metadata=(("x-test-hang", "deadlines"),), timeout=0.2)
                call.send(payload(0, 100))
                _, outcome = await rest(call)
                ends[outcome.summary()] += 1

        await self.channel.gather([worker() for _ in range(at_once)])
        # On a busy machine the first write comes after the deadline; see AsyncChannel for what asyncio's client makes
        # of that.
        expected = ("DEADLINE_EXCEEDED", "INTERNAL: Internal error from Core")
        others = {end: count for end, count in ends.items() if not end.startswith(expected)}
        expect(f"ends of {number} calls other than DEADLINE_EXCEEDED", others, {})

    async def _expect_stall(self, what, written):
        """Waits until nothing moves any more, and expects that to be long before the 300 messages are written."""
        before = -1
        while (now := await written()) != before or now == 0:
            before = now
            # Nothing tells that something does not happen.
            await asyncio.sleep(0.3)
        if before >= 200:
            raise Mismatch(f"{what}: {before} of 300 messages were written although nobody reads")

    async def writer_stalls(self):
        """30 MB to a server that does not read yet."""
        identifier = str(uuid.uuid4())
        message = payload(0, 100_000)
        call = self.channel.start(CLIENT_STREAMING, itertools.repeat(message, 300), (("x-test-hold", identifier),))

        async def written():
            return call.written

        await self._expect_stall("this client", written)
        expect("release", await self._ask("release", identifier), "released")
        messages, outcome = await rest(call)
        outcome.expect("30 MB to a slow server")
        expect("what the server got", messages, [b"300 30000000"])

    async def reader_stalls(self):
        """30 MB from a server, which this client does not read yet."""
        identifier = str(uuid.uuid4())
        call = self.channel.start(SERVER_STREAMING, b"300 100000", (("x-test-count", identifier),))
        expect("first message", await call.read(), payload(0, 100_000))

        async def written():
            return int(await self._ask("report-count", identifier, self.beside))

        await self._expect_stall("the server", written)
        messages, outcome = await rest(call)
        outcome.expect("30 MB to a slow client")
        expect("what the client got", messages, [payload(index, 100_000) for index in range(1, 300)])

    async def hang(self, identifier):
        """A call of each kind that hangs until this process ends."""
        calls = [await self._hang(kind, f"{identifier}-{kind}") for kind in KINDS]
        print("hanging", flush=True)
        for call in calls:
            await rest(call)


CASES = (
    "counts",
    "sizes",
    "ping-pong",
    "parallel",
    "half-close",
    "early-ok",
    "early-error",
    "metadata",
    "cancel",
    "deadline",
    "writer-stalls",
    "reader-stalls",
)
# Run when asked for: it takes some seconds.
LONG_CASES = ("deadlines",)
CHANNELS = {"sync": SyncChannel, "aio": AsyncChannel}


async def run(arguments, names):
    credentials = None
    if arguments.ca is not None:
        with open(arguments.ca, "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
    channel = CHANNELS[arguments.mode](arguments.target, credentials)
    beside = CHANNELS[arguments.mode](arguments.target, credentials, OPTIONS + OWN_CONNECTION)
    cases = Cases(channel, beside)
    try:
        if arguments.hang is not None:
            return await cases.hang(arguments.hang)
        return await run_cases((name, getattr(cases, name.replace("-", "_"))) for name in names)
    finally:
        await beside.close()
        await channel.close()


def main():
    parser = argparse.ArgumentParser(description="Makes calls of the four kinds.")
    parser.add_argument("--target", required=True, metavar="ADDRESS")
    parser.add_argument("--mode", choices=sorted(CHANNELS), default="sync")
    parser.add_argument("--ca", metavar="FILE", help="the authorities to trust, PEM; with it the channel speaks TLS")
    parser.add_argument(
        "--cases",
        default=",".join(CASES),
        metavar="A,B,C",
        help=f"which cases to run (default: all but {', '.join(LONG_CASES)})",
    )
    parser.add_argument("--hang", metavar="ID", help="have calls hang instead, until this process is ended")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="give up after so long")
    arguments = parser.parse_args()
    names = arguments.cases.split(",")
    unknown = [name for name in names if name not in CASES + LONG_CASES]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    # Should gRPC itself hang, say where and leave.
    faulthandler.dump_traceback_later(arguments.limit, exit=True)
    sys.exit(asyncio.run(run(arguments, names)))


if __name__ == "__main__":
    main()
