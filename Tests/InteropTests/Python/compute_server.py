"""A Compute server for the interop tests, on Python's own gRPC.

    PYTHONPATH=GENERATED python compute_server.py --mode sync|aio [--listen 127.0.0.1:0]

Prints `running... ADDRESS` once it accepts. Stops on SIGINT, SIGTERM, or when its standard input is a pipe that ends.

Request metadata directs the answer; without any, it is the number of code points in the text:

    x-test-delay-ms: N            answers after N milliseconds, or not at all once the call is cancelled
    x-test-echo: VALUE            comes back as initial metadata (every value, in order)
    x-test-echo-bin: BYTES        comes back as trailing metadata (every value, in order)
    x-test-raise: TEXT            raises an ordinary exception
    x-test-fail: CODE_NAME        fails with that status and the trailing metadata below
    x-test-message[-bin]: TEXT    the message of that status; -bin: as UTF-8, for what ASCII cannot say
    x-test-message-size: N        the message of that status: N times x
    x-test-hang: ID               never answers; records ID once the call is cancelled or past its deadline
    x-test-await-cancelled: ID    answers "cancelled" as soon as ID is recorded; FAILED_PRECONDITION after 5 s
    x-test-report-deadline: 1     answers with the milliseconds left before the deadline, or "none"
"""

import asyncio
import threading

import grpc
import grpc.aio

import compute_pb2
import compute_pb2_grpc
import serving

FAILURE_TRAILERS = (
    ("x-test-trailing", "t1"),
    ("x-test-trailing", "t2"),
    ("x-test-trailing-bin", b"\x00\xff\x01\xfe"),
)
AWAIT_CANCELLED_SECONDS = 5

# Python reports a call without a deadline as one that is some centuries away.
NO_DEADLINE_SECONDS = 10 * 365 * 24 * 3600


class Directives:
    """What the metadata of a request asks for."""

    def __init__(self, context):
        self._values = {}
        for key, value in context.invocation_metadata() or ():
            self._values.setdefault(key, []).append(value)

    def get(self, name):
        """The first value of a directive, or None."""
        return self._values.get(name, [None])[0]

    @property
    def delay(self):
        milliseconds = self.get("x-test-delay-ms")
        return None if milliseconds is None else int(milliseconds) / 1000

    @property
    def initial_metadata(self):
        return tuple(("x-test-echo", value) for value in self._values.get("x-test-echo", []))

    @property
    def trailing_metadata(self):
        echoed = tuple(("x-test-echo-bin", value) for value in self._values.get("x-test-echo-bin", []))
        return echoed + (FAILURE_TRAILERS if self.get("x-test-fail") else ())

    @property
    def failure(self):
        """The status to fail with, as a code and a message, or None."""
        name = self.get("x-test-fail")
        if name is None:
            return None
        size = self.get("x-test-message-size")
        if size is not None:
            return grpc.StatusCode[name], "x" * int(size)
        message = self.get("x-test-message-bin")
        text = self.get("x-test-message") or "" if message is None else message.decode("utf-8")
        return grpc.StatusCode[name], text


def result(request, directives, context):
    """The answer of a call that nothing holds up."""
    if directives.get("x-test-report-deadline") is None:
        return str(len(request.helloworld))
    remaining = context.time_remaining()
    if remaining is None or remaining > NO_DEADLINE_SECONDS:
        return "none"
    return str(int(remaining * 1000))


class SyncCompute(compute_pb2_grpc.ComputeServicer):
    """The service with a thread for each call."""

    def __init__(self):
        self._cancelled = set()
        self._changed = threading.Condition()

    def SayHello(self, request, context):
        directives = Directives(context)
        # Set as soon as the call is over for whatever reason, so that no wait outlives its call.
        over = threading.Event()
        if not context.add_callback(lambda: self._finish(over)):
            over.set()

        if directives.initial_metadata:
            context.send_initial_metadata(directives.initial_metadata)
        if directives.trailing_metadata:
            context.set_trailing_metadata(directives.trailing_metadata)
        if directives.delay is not None:
            over.wait(directives.delay)
        if directives.get("x-test-raise") is not None:
            raise RuntimeError(directives.get("x-test-raise"))
        if directives.failure:
            context.abort(*directives.failure)
        if directives.get("x-test-hang") is not None:
            over.wait()
            self._record(directives.get("x-test-hang"))
            return compute_pb2.HelloReply()
        if directives.get("x-test-await-cancelled") is not None:
            return self._await_cancelled(directives.get("x-test-await-cancelled"), over, context)
        return compute_pb2.HelloReply(result=result(request, directives, context))

    def _finish(self, over):
        over.set()
        with self._changed:
            self._changed.notify_all()

    def _record(self, call):
        with self._changed:
            self._cancelled.add(call)
            self._changed.notify_all()

    def _await_cancelled(self, call, over, context):
        with self._changed:
            self._changed.wait_for(lambda: call in self._cancelled or over.is_set(), AWAIT_CANCELLED_SECONDS)
            recorded = call in self._cancelled
        if not recorded:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{call} was not cancelled")
        return compute_pb2.HelloReply(result="cancelled")


class AsyncCompute(compute_pb2_grpc.ComputeServicer):
    """The service with an asyncio task for each call; the end of a call cancels its task."""

    def __init__(self):
        self._cancelled = {}

    async def SayHello(self, request, context):
        directives = Directives(context)
        if directives.initial_metadata:
            await context.send_initial_metadata(directives.initial_metadata)
        if directives.trailing_metadata:
            context.set_trailing_metadata(directives.trailing_metadata)
        if directives.delay is not None:
            await asyncio.sleep(directives.delay)
        if directives.get("x-test-raise") is not None:
            raise RuntimeError(directives.get("x-test-raise"))
        if directives.failure:
            await context.abort(*directives.failure)
        if directives.get("x-test-hang") is not None:
            try:
                await asyncio.Event().wait()
            finally:
                self._recorded(directives.get("x-test-hang")).set()
        if directives.get("x-test-await-cancelled") is not None:
            return await self._await_cancelled(directives.get("x-test-await-cancelled"), context)
        return compute_pb2.HelloReply(result=result(request, directives, context))

    def _recorded(self, call):
        return self._cancelled.setdefault(call, asyncio.Event())

    async def _await_cancelled(self, call, context):
        try:
            await asyncio.wait_for(self._recorded(call).wait(), AWAIT_CANCELLED_SECONDS)
        except asyncio.TimeoutError:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{call} was not cancelled")
        return compute_pb2.HelloReply(result="cancelled")


if __name__ == "__main__":
    serving.main(
        "A Compute server that obeys the x-test directives.",
        lambda server: compute_pb2_grpc.add_ComputeServicer_to_server(SyncCompute(), server),
        lambda server: compute_pb2_grpc.add_ComputeServicer_to_server(AsyncCompute(), server),
    )
