"""TAP for Python tests: check() prints a line each, done() the plan."""
import sys
import time
import traceback

_checks = _failures = 0


def check(claim, holds, *details):
    """One check. details say what was there instead, when it does not hold."""
    global _checks, _failures
    _checks += 1
    _failures += not holds
    print(f"{'ok' if holds else 'not ok'} {_checks} - {claim}")
    if not holds:
        for detail in details:
            for line in str(detail).splitlines()[:20]:
                print(f"# {line}")
    sys.stdout.flush()
    return bool(holds)


def equal(claim, got, wanted):
    return check(claim, got == wanted, f"got    {got!r}", f"wanted {wanted!r}")


def raises(claim, kind, call, *args):
    """The call fails with this exception, or with this errno if kind is a
    number."""
    try:
        got = f"it returned {call(*args)!r}"
    except Exception as error:
        right = (getattr(error, "errno", None) == kind
                 if isinstance(kind, int) else isinstance(error, kind))
        if right:
            return check(claim, True)
        got = traceback.format_exc()
    return check(claim, False, got)


def until(condition, seconds=30):
    """Asks again until it is true; the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def done():
    print(f"1..{_checks}")
    sys.exit(1 if _failures else 0)
