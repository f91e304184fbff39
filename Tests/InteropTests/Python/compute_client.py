"""A Compute client for the interop tests, on Python's own gRPC.

    PYTHONPATH=GENERATED python compute_client.py --target ADDRESS --mode sync|threads|aio [--cases a,b,c]
    PYTHONPATH=GENERATED python compute_client.py --target ADDRESS --say 123456

Runs its cases against a server that obeys the directives of compute_server.py. Prints `ok NAME`, `skipped NAME` or
`FAILED NAME: why` for each, then `N passed, M failed`; exits with 1 when any failed. With --say it asks once instead.
"""

import argparse
import asyncio
import faulthandler
import socket
import sys
import uuid
from concurrent import futures

import grpc
import grpc.aio

import compute_pb2
import compute_pb2_grpc
from checking import Mismatch, expect, run_cases, short

SAY_HELLO = "/compute.Compute/SayHello"
MIB = 1024 * 1024

# No call of a test may outlive the test; those that are about deadlines set their own.
PATIENCE_SECONDS = 60

# Large messages must meet the server's limits, not the client's. A proxy of the environment is not a part of a test.
OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
)


class Outcome:
    """How a call ended: with a reply, or with a status and its message; and the metadata that came with it."""

    def __init__(self, code, message, initial, trailing, reply=None):
        self.code = code
        self.message = message
        self.reply = reply
        self._initial = tuple(initial or ())
        self._trailing = tuple(trailing or ())

    def initial(self, prefix=""):
        return [(key, value) for key, value in self._initial if key.startswith(prefix)]

    def trailing(self, prefix=""):
        return [(key, value) for key, value in self._trailing if key.startswith(prefix)]

    def expect(self, what, result):
        expect(f"{what} (status message {self.message!r})", self.code, grpc.StatusCode.OK)
        reply = self.reply if isinstance(self.reply, bytes) else self.reply.result
        expect(what, reply, result)

    def expect_code(self, what, code):
        expect(f"{what} (status message {self.message!r})", self.code, code)


def request_of(text):
    return compute_pb2.HelloRequest(helloworld=text)


# The cases are written once, as coroutines over one of the two channels below. Those of SyncChannel never suspend:
# they block, as a program without asyncio would.


class SyncChannel:
    """A channel of blocking calls."""

    parallel_calls = None

    def __init__(self, target):
        self._channel = grpc.insecure_channel(target, options=OPTIONS)
        self._stub = compute_pb2_grpc.ComputeStub(self._channel)

    async def close(self):
        self._channel.close()

    def call_now(self, text, **options):
        return self._finish(self._stub.SayHello, request_of(text), options)

    async def call(self, text, **options):
        return self.call_now(text, **options)

    async def call_raw(self, method, data, **options):
        return self._finish(self._channel.unary_unary(method), data, options)

    async def start(self, text, **options):
        return SyncCall(self._stub.SayHello.future(request_of(text), **options))

    async def is_ready(self):
        """Whether the channel is connected at this moment; asking connects nothing."""
        seen = futures.Future()

        def note(state):
            if not seen.done():
                seen.set_result(state)

        self._channel.subscribe(note)
        try:
            return seen.result(PATIENCE_SECONDS) is grpc.ChannelConnectivity.READY
        finally:
            self._channel.unsubscribe(note)

    @staticmethod
    def _finish(method, request, options):
        options.setdefault("timeout", PATIENCE_SECONDS)
        try:
            reply, call = method.with_call(request, **options)
        except grpc.RpcError as error:
            return Outcome(error.code(), error.details(), error.initial_metadata(), error.trailing_metadata())
        return Outcome(call.code(), call.details(), call.initial_metadata(), call.trailing_metadata(), reply)


class SyncCall:
    """A call under way on a SyncChannel."""

    def __init__(self, future):
        self._future = future

    async def cancel(self):
        self._future.cancel()

    async def outcome(self):
        call = self._future
        try:
            reply = call.result(PATIENCE_SECONDS)
        except grpc.FutureCancelledError:
            # As a cancelled future has no more to tell, its call may.
            return Outcome(call.code(), call.details(), (), ())
        except grpc.RpcError as error:
            return Outcome(error.code(), error.details(), error.initial_metadata(), error.trailing_metadata())
        return Outcome(call.code(), call.details(), call.initial_metadata(), call.trailing_metadata(), reply)


class ThreadsChannel(SyncChannel):
    """A SyncChannel that ten threads share where a case asks for calls at the same time."""

    parallel_calls = 500

    async def call_all(self, texts):
        with futures.ThreadPoolExecutor(max_workers=10) as threads:
            return list(threads.map(self.call_now, texts))


class AsyncChannel:
    """A channel of asyncio calls."""

    parallel_calls = 500

    def __init__(self, target):
        self._channel = grpc.aio.insecure_channel(target, options=OPTIONS)
        self._stub = compute_pb2_grpc.ComputeStub(self._channel)

    async def close(self):
        await self._channel.close()

    async def call(self, text, **options):
        return await self._finish(self._stub.SayHello, request_of(text), options)

    async def call_raw(self, method, data, **options):
        return await self._finish(self._channel.unary_unary(method), data, options)

    async def start(self, text, **options):
        return AsyncCall(self._stub.SayHello(request_of(text), **options))

    async def call_all(self, texts):
        at_once = asyncio.Semaphore(50)

        async def one(text):
            async with at_once:
                return await self.call(text)

        return await asyncio.gather(*(one(text) for text in texts))

    async def is_ready(self):
        return self._channel.get_state() is grpc.ChannelConnectivity.READY

    @staticmethod
    async def _finish(method, request, options):
        options.setdefault("timeout", PATIENCE_SECONDS)
        return await AsyncCall(method(request, **options)).outcome()


class AsyncCall:
    """A call under way on an AsyncChannel."""

    def __init__(self, call):
        self._call = call
        self._task = asyncio.ensure_future(self._result())

    async def _result(self):
        return await self._call

    async def cancel(self):
        # The task that awaits the call, not the call: as asyncio.timeout() or a TaskGroup would.
        self._task.cancel()

    async def outcome(self):
        call = self._call
        try:
            reply = await self._task
        except asyncio.CancelledError:
            # Also what a status CANCELLED from the server looks like.
            reply = None
        except grpc.RpcError:
            reply = None
        code, message = await call.code(), await call.details()
        return Outcome(code, message, await call.initial_metadata(), await call.trailing_metadata(), reply)


class Cases:
    """Every case is a method; its name with hyphens is the case's name."""

    def __init__(self, make_channel, target, python_server):
        self._make_channel = make_channel
        self._target = target
        self._python_server = python_server
        self.channel = None

    async def open(self):
        self.channel = self._make_channel(self._target)

    async def close(self):
        await self.channel.close()

    async def _expect_connected(self, after):
        """The connection must outlive a refused call: a lost one stays lost until the next call reconnects."""
        await asyncio.sleep(0.1)
        expect(f"connected after {after}", await self.channel.is_ready(), True)
        (await self.channel.call("123456")).expect(f"next call after {after}", "6")

    async def _expect_recorded(self, call):
        outcome = await self.channel.call("", metadata=(("x-test-await-cancelled", call),))
        outcome.expect("the server noticed the end of the call", "cancelled")

    async def strings(self):
        mixed = "aß世👩\0" * 20_000
        texts = ["123456", "👨‍👩‍👧", "e\u0301", "a\0b", "", "\U0010ffff", "\ufeff", "\ud7ff\ue000", mixed]
        for text in texts:
            (await self.channel.call(text)).expect(f"length of {short(text)}", str(len(text)))

    async def large_3_mib(self):
        (await self.channel.call("x" * (3 * MIB))).expect("length of 3 MiB", "3145728")

    async def large_5_mib(self):
        outcome = await self.channel.call("x" * (5 * MIB))
        outcome.expect_code("5 MiB", grpc.StatusCode.RESOURCE_EXHAUSTED)
        await self._expect_connected("5 MiB")

    async def sequential_100(self):
        for number in range(100):
            (await self.channel.call("x" * number)).expect(f"call {number}", str(number))

    async def parallel(self):
        lengths = [number % 100 for number in range(self.channel.parallel_calls)]
        outcomes = await self.channel.call_all("x" * length for length in lengths)
        expect("number of answers", len(outcomes), len(lengths))
        for length, outcome in zip(lengths, outcomes):
            outcome.expect("one of many calls", str(length))

    async def delay(self):
        outcome = await self.channel.call("123456", metadata=(("x-test-delay-ms", "100"),))
        outcome.expect("delayed answer", "6")

    async def deadline(self):
        call = str(uuid.uuid4())
        outcome = await self.channel.call("", metadata=(("x-test-hang", call),), timeout=1)
        outcome.expect_code("hanging call", grpc.StatusCode.DEADLINE_EXCEEDED)
        await self._expect_recorded(call)

    async def cancel(self):
        call = str(uuid.uuid4())
        hanging = await self.channel.start("", metadata=(("x-test-hang", call),), timeout=PATIENCE_SECONDS)
        # Once a later call on the same connection was answered, the server knows of the first as well; its handler
        # may yet need a moment to begin.
        (await self.channel.call("123456")).expect("call beside the hanging one", "6")
        await asyncio.sleep(0.1)
        await hanging.cancel()
        (await hanging.outcome()).expect_code("cancelled call", grpc.StatusCode.CANCELLED)
        await self._expect_recorded(call)

    async def deadline_seen(self):
        report = (("x-test-report-deadline", "1"),)
        outcome = await self.channel.call("", metadata=report, timeout=5)
        outcome.expect_code("deadline of 5 s", grpc.StatusCode.OK)
        remaining = outcome.reply.result
        # C-core's clients round a timeout of this size up to a hundredth of a second before they send it.
        if not remaining.isdecimal() or not 0 < int(remaining) <= 5010:
            raise Mismatch(f"deadline of 5 s: expected more than 0 and at most 5010 ms, came {short(remaining)}")
        outcome = await self.channel.call("", metadata=report, timeout=None)
        outcome.expect("no deadline", "none")

    async def metadata(self):
        echo = [("x-test-echo", "one"), ("x-test-echo", "two, and more")]
        # A comma would do for several values in one header, had they not been encoded.
        echo_bin = [("x-test-echo-bin", bytes(range(256))), ("x-test-echo-bin", b"\x00"), ("x-test-echo-bin", b",")]
        outcome = await self.channel.call("123456", metadata=tuple(echo + echo_bin))
        outcome.expect("call with metadata", "6")
        expect("initial metadata", outcome.initial("x-test-"), echo)
        expect("trailing metadata", outcome.trailing("x-test-"), echo_bin)

    async def status(self):
        trailers = [("x-test-trailing", "t1"), ("x-test-trailing", "t2")]
        trailers_bin = [("x-test-trailing-bin", b"\x00\xff\x01\xfe")]
        failures = [
            (code, (("x-test-message", f"this is {code.name}"),), f"this is {code.name}")
            for code in grpc.StatusCode
            if code is not grpc.StatusCode.OK
        ]
        failures += [
            (grpc.StatusCode.NOT_FOUND, (("x-test-message-bin", message.encode()),), message)
            for message in ("grüße 世界", "100 % of %41,\nin two lines", "👨‍👩‍👧")
        ]
        failures.append((grpc.StatusCode.ABORTED, (), ""))
        for code, message, text in failures:
            outcome = await self.channel.call("", metadata=(("x-test-fail", code.name), *message))
            outcome.expect_code("failure", code)
            expect(f"message of {code.name}", outcome.message, text)
            expect(f"trailing metadata of {code.name}", outcome.trailing("x-test-trailing"), [*trailers, *trailers_bin])

    async def long_messages(self):
        delayed = [await self.channel.start("123456", metadata=(("x-test-delay-ms", "300"),)) for _ in range(50)]
        for size in (9_000, 100_000):
            directives = (("x-test-fail", "NOT_FOUND"), ("x-test-message-size", str(size)))
            outcome = await self.channel.call("", metadata=directives)
            outcome.expect_code("long message", grpc.StatusCode.NOT_FOUND)
            expect("long message", outcome.message, "x" * len(outcome.message))
            expect("the message is cut to what gRPC accepts", 7_000 < len(outcome.message) < 8_192, True)
        for call in delayed:
            (await call.outcome()).expect("call beside those with long messages", "6")

    async def raise_(self):
        outcome = await self.channel.call("", metadata=(("x-test-raise", "an ordinary exception"),))
        outcome.expect_code("exception", grpc.StatusCode.UNKNOWN)
        await self._expect_connected("an exception")

    async def unimplemented(self):
        for method in ("/compute.Compute/Nope", "/nope.Nope/SayHello"):
            outcome = await self.channel.call_raw(method, b"")
            outcome.expect_code(method, grpc.StatusCode.UNIMPLEMENTED)
            await self._expect_connected(method)

    async def bad_bytes(self):
        bodies = {"no protobuf": b"\xff\xff\xff", "a string that is not UTF-8": b"\x0a\x02\xc3\x28"}
        for what, body in bodies.items():
            outcome = await self.channel.call_raw(SAY_HELLO, body)
            # To Python's asyncio server a request that it cannot decode is an exception like any other.
            tolerated = self._python_server and outcome.code is grpc.StatusCode.UNKNOWN
            outcome.expect_code(what, grpc.StatusCode.UNKNOWN if tolerated else grpc.StatusCode.INTERNAL)
            await self._expect_connected(what)
        # A message of no bytes is one of no fields, and an unknown field is none of the server's business.
        for body in (b"", b"\x10\x01"):
            (await self.channel.call_raw(SAY_HELLO, body)).expect(f"answer to {body!r}", b"\x0a\x010")

    async def wait_for_ready(self):
        outcome = await self.channel.call("123456", wait_for_ready=True)
        outcome.expect("call that may wait", "6")
        await self._expect_of_dead_port(grpc.StatusCode.DEADLINE_EXCEEDED, wait_for_ready=True, timeout=0.5)

    async def dead(self):
        await self._expect_of_dead_port(grpc.StatusCode.UNAVAILABLE)

    async def _expect_of_dead_port(self, code, **options):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        channel = self._make_channel(f"127.0.0.1:{port}")
        try:
            outcome = await channel.call("123456", **options)
            outcome.expect_code("call to a dead port", code)
        finally:
            await channel.close()


CASES = (
    "strings",
    "large-3-mib",
    "large-5-mib",
    "sequential-100",
    "parallel",
    "delay",
    "deadline",
    "cancel",
    "deadline-seen",
    "metadata",
    "status",
    "long-messages",
    "raise",
    "unimplemented",
    "bad-bytes",
    "wait-for-ready",
    "dead",
)
CHANNELS = {"sync": SyncChannel, "threads": ThreadsChannel, "aio": AsyncChannel}


async def run(arguments, names):
    make_channel = CHANNELS[arguments.mode]
    cases = Cases(make_channel, arguments.target, arguments.server == "python")
    await cases.open()
    skipped = set() if make_channel.parallel_calls else {"parallel"}
    # A Python server sends what its clients do not accept.
    if arguments.server == "python":
        skipped.add("long-messages")
    methods = {name: "raise_" if name == "raise" else name.replace("-", "_") for name in names}
    try:
        return await run_cases(
            (name, None if name in skipped else getattr(cases, method)) for name, method in methods.items()
        )
    finally:
        await cases.close()


async def say(arguments):
    channel = CHANNELS[arguments.mode](arguments.target)
    outcome = await channel.call(arguments.say)
    await channel.close()
    if outcome.code is not grpc.StatusCode.OK:
        print(f"{outcome.code.name}: {outcome.message}", file=sys.stderr)
        return 1
    print(f"received: {outcome.reply.result}")
    return 0


def main():
    parser = argparse.ArgumentParser(description="Asks a Compute server that obeys the x-test directives.")
    parser.add_argument("--target", required=True, metavar="ADDRESS")
    parser.add_argument("--mode", choices=sorted(CHANNELS), default="sync")
    parser.add_argument("--cases", default=",".join(CASES), metavar="A,B,C", help="which cases to run (default: all)")
    parser.add_argument("--server", choices=("python",), help="allow for what a Python server does otherwise")
    parser.add_argument("--say", metavar="TEXT", help="send this text and print the answer, instead of the cases")
    parser.add_argument("--limit", type=float, default=300, metavar="SECONDS", help="give up after so long")
    arguments = parser.parse_args()
    names = arguments.cases.split(",")
    unknown = [name for name in names if name not in CASES]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    # Should gRPC itself hang, say where and leave.
    faulthandler.dump_traceback_later(arguments.limit, exit=True)
    sys.exit(asyncio.run(run(arguments, names) if arguments.say is None else say(arguments)))


if __name__ == "__main__":
    main()
