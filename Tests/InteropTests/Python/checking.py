"""What the clients of the interop tests have in common: to expect something, and to run cases and say how they went."""


class Mismatch(Exception):
    """What a case expected is not what came."""


def short(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} characters)"


def expect(what, actual, expected):
    if actual != expected:
        raise Mismatch(f"{what}: expected {short(expected)}, came {short(actual)}")


async def run_cases(cases):
    """Runs pairs of a name and a coroutine function, None to skip it. Gives the exit status."""
    passed = failed = 0
    for name, case in cases:
        if case is None:
            print(f"skipped {name}", flush=True)
            continue
        try:
            await case()
        except Exception as error:  # A case that breaks has failed like one that finds a mismatch.
            failed += 1
            reason = error if isinstance(error, Mismatch) else repr(error)
            print(f"FAILED {name}: {reason}", flush=True)
        else:
            passed += 1
            print(f"ok {name}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if failed == 0 else 1
