"""A server with the four kinds of call for the interop tests, on Python's own gRPC. Messages are bytes.

    python stream_server.py --mode sync|aio [--listen 127.0.0.1:0]

Prints `running... ADDRESS` once it accepts. Stops on SIGINT, SIGTERM, or when its standard input is a pipe that ends.

The methods of the service interop.Stream:

    Unary             answers with the request
    ClientStreaming   answers "NUMBER LENGTH", of the messages and of their bytes, in decimal
    ServerStreaming   for the request "COUNT SIZE" sends COUNT messages of SIZE bytes; see payload()
    Bidirectional     sends each message back as it comes

Request metadata directs the answer. Messages are counted as they were received (ClientStreaming) or sent:

    x-test-echo: VALUE            comes back as initial metadata, before the first message is received or sent
    x-test-echo-bin: BYTES        comes back as trailing metadata
    x-test-fail: CODE_NAME        fails with that status and the trailing metadata below ...
    x-test-fail-after: N          ... after N messages (default: 0), while the client may still send; or `end`: after
                                  all
    x-test-message-bin: TEXT      the message of that status, in UTF-8 ...
    x-test-message-times: N       ... repeated N times (default: 1)
    x-test-end-after: N           ends the call with OK after N messages, while the client may still send
    x-test-after-close: N         has Bidirectional send N more messages of 4 bytes after the client's half-close
    x-test-hang: ID               after the first message, or immediately if there is none, waits for the end of the
                                  call
    x-test-hold: ID               receives nothing before ID is released
    x-test-count: ID              counts, under ID, the messages whose sending is done

Unary tells about the other calls, and answers with a text then; FAILED_PRECONDITION if what it waits for never comes:

    x-test-await-hanging: ID      answers "hanging" as soon as that call hangs
    x-test-await-cancelled: ID    answers "cancelled" as soon as the call that hung is over
    x-test-release: ID            releases ID, and answers "released"
    x-test-report-count: ID       answers with the count
"""

import asyncio
import collections
import math
import threading

import grpc
import grpc.aio

import serving

SERVICE = "interop.Stream"
FAILURE_TRAILERS = (
    ("x-test-trailing", "t1"),
    ("x-test-trailing", "t2"),
    ("x-test-trailing-bin", b"\x00\xff\x01\xfe"),
)
PATIENCE_SECONDS = 20
# More messages than any call has.
END = math.inf


def payload(index, size):
    """A message that shows its place in the stream: the index in four bytes, then its last byte again and again."""
    return (index.to_bytes(4, "big") + bytes([index & 255]) * size)[:size]


class Directives:
    """What the metadata of a request asks for."""

    def __init__(self, context):
        self._values = collections.defaultdict(list)
        for key, value in context.invocation_metadata() or ():
            self._values[key].append(value)

    def get(self, name):
        """The first value of a directive, or None."""
        values = self._values.get(name)
        return values[0] if values else None

    def number(self, name, default=None):
        value = self.get(name)
        return default if value is None else int(value)

    @property
    def initial_metadata(self):
        return tuple(("x-test-echo", value) for value in self._values.get("x-test-echo", []))

    @property
    def trailing_metadata(self):
        echoed = tuple(("x-test-echo-bin", value) for value in self._values.get("x-test-echo-bin", []))
        return echoed + (FAILURE_TRAILERS if self.get("x-test-fail") else ())

    def failure(self, done):
        """The status to fail with after so many messages, as a code and a message, or None."""
        name = self.get("x-test-fail")
        after = END if self.get("x-test-fail-after") == "end" else self.number("x-test-fail-after", 0)
        if name is None or done < after:
            return None
        text = (self.get("x-test-message-bin") or b"").decode("utf-8")
        return grpc.StatusCode[name], text * self.number("x-test-message-times", 1)

    def ends(self, done):
        """Whether the call ends with OK after so many messages."""
        limit = self.number("x-test-end-after")
        return limit is not None and done >= limit


def service_of(streams):
    """What adds the methods of SyncStreams or AsyncStreams to a server, with messages as they are."""
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(streams.unary),
        "ClientStreaming": grpc.stream_unary_rpc_method_handler(streams.client_streaming),
        "ServerStreaming": grpc.unary_stream_rpc_method_handler(streams.server_streaming),
        "Bidirectional": grpc.stream_stream_rpc_method_handler(streams.bidirectional),
    }
    service = grpc.method_handlers_generic_handler(SERVICE, handlers)
    return lambda server: server.add_generic_rpc_handlers((service,))


class SyncStreams:
    """The service with a thread for each call, and generators for streams."""

    def __init__(self):
        self.happened = set()
        self.changed = threading.Condition()
        self.counts = collections.Counter()

    def note(self, event):
        with self.changed:
            self.happened.add(event)
            self.changed.notify_all()

    def unary(self, request, context):
        call = SyncCall(self, context)
        call.step(END)
        call.hang()
        for event in ("hanging", "cancelled"):
            identifier = call.directives.get(f"x-test-await-{event}")
            if identifier is not None:
                call.wait_for((event, identifier))
                return event.encode()
        if call.directives.get("x-test-release") is not None:
            self.note(("released", call.directives.get("x-test-release")))
            return b"released"
        if call.directives.get("x-test-report-count") is not None:
            return str(self.counts[call.directives.get("x-test-report-count")]).encode()
        return request

    def client_streaming(self, requests, context):
        call = SyncCall(self, context)
        call.hold()
        number = length = 0
        if not call.step(0):
            for request in requests:
                number += 1
                length += len(request)
                if call.step(number):
                    break
            else:
                call.step(END)
        if number == 0:
            call.hang()
        return f"{number} {length}".encode()

    def server_streaming(self, request, context):
        call = SyncCall(self, context)
        count, size = map(int, request.split())
        if call.step(0):
            return
        for index in range(count):
            yield payload(index, size)
            call.sent()
            if call.step(index + 1):
                return
        call.step(END)
        if count == 0:
            call.hang()

    def bidirectional(self, requests, context):
        call = SyncCall(self, context)
        call.hold()
        number = 0
        if call.step(0):
            return
        for request in requests:
            yield request
            call.sent()
            number += 1
            if call.step(number):
                return
        call.step(END)
        if number == 0:
            call.hang()
        for index in range(call.directives.number("x-test-after-close", 0)):
            yield payload(index, 4)


class SyncCall:
    """One call of SyncStreams."""

    def __init__(self, streams, context):
        self.directives = Directives(context)
        self._streams = streams
        self._context = context
        # Set as soon as the call is over for whatever reason, so that no wait outlives its call.
        self._over = threading.Event()
        if not context.add_callback(self._finish):
            self._over.set()
        if self.directives.initial_metadata:
            context.send_initial_metadata(self.directives.initial_metadata)
        if self.directives.trailing_metadata:
            context.set_trailing_metadata(self.directives.trailing_metadata)

    def _finish(self):
        self._over.set()
        with self._streams.changed:
            self._streams.changed.notify_all()

    def step(self, done):
        """Fails or hangs if it is time, and says whether the call ends."""
        failure = self.directives.failure(done)
        if failure:
            self._context.abort(*failure)
        if done == 1:
            self.hang()
        return self.directives.ends(done)

    def hang(self):
        """Waits for the end of the call, if that is asked for."""
        identifier = self.directives.get("x-test-hang")
        if identifier is None:
            return
        self._streams.note(("hanging", identifier))
        self._over.wait()
        self._streams.note(("cancelled", identifier))

    def hold(self):
        if self.directives.get("x-test-hold") is not None:
            self.wait_for(("released", self.directives.get("x-test-hold")))

    def sent(self):
        if self.directives.get("x-test-count") is not None:
            self._streams.counts[self.directives.get("x-test-count")] += 1

    def wait_for(self, event):
        streams = self._streams
        with streams.changed:
            streams.changed.wait_for(lambda: event in streams.happened or self._over.is_set(), PATIENCE_SECONDS)
            happened = event in streams.happened
        if not happened:
            self._context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{event} did not happen")


class AsyncStreams:
    """The service with an asyncio task for each call, whose end cancels the task; streams by read() and write()."""

    def __init__(self):
        self._events = collections.defaultdict(asyncio.Event)
        self._counts = collections.Counter()

    async def unary(self, request, context):
        directives = await self._begin(context)
        await self._step(END, directives, context)
        await self._hang(directives)
        for event in ("hanging", "cancelled"):
            identifier = directives.get(f"x-test-await-{event}")
            if identifier is not None:
                await self._wait_for((event, identifier), context)
                return event.encode()
        if directives.get("x-test-release") is not None:
            self._events["released", directives.get("x-test-release")].set()
            return b"released"
        if directives.get("x-test-report-count") is not None:
            return str(self._counts[directives.get("x-test-report-count")]).encode()
        return request

    async def client_streaming(self, _, context):
        directives = await self._begin(context)
        await self._hold(directives, context)
        number = length = 0
        if not await self._step(0, directives, context):
            while (request := await context.read()) is not grpc.aio.EOF:
                number += 1
                length += len(request)
                if await self._step(number, directives, context):
                    break
            else:
                await self._step(END, directives, context)
        if number == 0:
            await self._hang(directives)
        return f"{number} {length}".encode()

    async def server_streaming(self, request, context):
        directives = await self._begin(context)
        count, size = map(int, request.split())
        if await self._step(0, directives, context):
            return
        for index in range(count):
            await self._send(payload(index, size), directives, context)
            if await self._step(index + 1, directives, context):
                return
        await self._step(END, directives, context)
        if count == 0:
            await self._hang(directives)

    async def bidirectional(self, _, context):
        directives = await self._begin(context)
        await self._hold(directives, context)
        number = 0
        if await self._step(0, directives, context):
            return
        while (request := await context.read()) is not grpc.aio.EOF:
            await self._send(request, directives, context)
            number += 1
            if await self._step(number, directives, context):
                return
        await self._step(END, directives, context)
        if number == 0:
            await self._hang(directives)
        for index in range(directives.number("x-test-after-close", 0)):
            await context.write(payload(index, 4))

    @staticmethod
    async def _begin(context):
        directives = Directives(context)
        if directives.initial_metadata:
            await context.send_initial_metadata(directives.initial_metadata)
        if directives.trailing_metadata:
            context.set_trailing_metadata(directives.trailing_metadata)
        return directives

    async def _step(self, done, directives, context):
        """Fails or hangs if it is time, and says whether the call ends."""
        failure = directives.failure(done)
        if failure:
            await context.abort(*failure)
        if done == 1:
            await self._hang(directives)
        return directives.ends(done)

    async def _hang(self, directives):
        """Waits for the end of the call, if that is asked for."""
        identifier = directives.get("x-test-hang")
        if identifier is None:
            return
        self._events["hanging", identifier].set()
        try:
            await asyncio.Event().wait()
        finally:
            self._events["cancelled", identifier].set()

    async def _hold(self, directives, context):
        if directives.get("x-test-hold") is not None:
            await self._wait_for(("released", directives.get("x-test-hold")), context)

    async def _send(self, message, directives, context):
        await context.write(message)
        if directives.get("x-test-count") is not None:
            self._counts[directives.get("x-test-count")] += 1

    async def _wait_for(self, event, context):
        try:
            await asyncio.wait_for(self._events[event].wait(), PATIENCE_SECONDS)
        except asyncio.TimeoutError:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{event} did not happen")


if __name__ == "__main__":
    serving.main(
        "A server with the four kinds of call that obeys the x-test directives.",
        lambda server: service_of(SyncStreams())(server),
        lambda server: service_of(AsyncStreams())(server),
    )
