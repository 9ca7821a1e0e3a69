"""Fit and predict thousands of hostile tables, and count what went wrong.

    python tests/soak/soak_tables.py --tables 10000

A table is well if its answers are finite and of the right shape, or if a `ValueError`
or `TypeError` says why not. Any other exception, a bad answer or a warning that tells a
user nothing is a failure; a process that dies is a crash, and a table that takes longer
than `--seconds` is a hang. Tables are tried in processes of 250, and each has a number:
``--only 1234 1235`` tries that one again. Writes what was refused, and how often.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "estimators" / "hostile_cases.py"
A_BATCH = 250


class Hang(BaseException):
    """A table took too long."""


def load_cases():
    spec = importlib.util.spec_from_file_location("hostile_cases", CASES)
    module = importlib.util.module_from_spec(spec)
    sys.modules["hostile_cases"] = module
    spec.loader.exec_module(module)
    return module


def place(error: BaseException) -> str:
    """Return where an error, or the one behind it, was raised."""
    where = traceback.extract_tb((error.__cause__ or error).__traceback__)[-1]
    return f"{Path(where.filename).name}:{where.lineno}"


def run(first: int, last: int, seconds: int) -> None:
    """Try some tables, and write a line of JSON before and after each."""
    cases = load_cases()

    def too_long(*_):
        raise Hang

    signal.signal(signal.SIGALRM, too_long)
    for number in range(first, last):
        case = cases.random_case(number)
        print(json.dumps({"number": number, "told": repr(case)}), flush=True)
        signal.alarm(seconds)
        start = time.perf_counter()
        try:
            refusals = cases.judge(case)
            out = {"kind": "refused" if refusals else "fitted", "messages": refusals}
        except Hang:
            out = {"kind": "hung", "messages": [traceback.format_exc(limit=-4)]}
        except Exception as error:
            message = f"{type(error).__name__}: {error} ({place(error)})"
            out = {"kind": "failed", "messages": [message]}
        finally:
            signal.alarm(0)
        out["seconds"] = time.perf_counter() - start
        print(json.dumps(out), flush=True)


def outcomes(first: int, last: int, seconds: int):
    """Yield (number and what was told, the outcome) of some tables, in a process."""
    command = [sys.executable, __file__, "--seconds", str(seconds), "--only"]
    command += [str(first), str(last)]
    told: dict[str, Any] = {}
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        # A loop in C does not hear the alarm.
        watch = threading.Timer((last - first) * seconds, process.kill)
        watch.start()
        for line in process.stdout:
            out = json.loads(line)
            if "told" in out:
                told = out
            else:
                yield told, out
                told = {}
        process.wait()
        watch.cancel()
        complaints.seek(0)
        if told:
            message = f"exit {process.returncode}: {complaints.read()[-500:]}"
            yield told, {"kind": "crashed", "messages": [message], "seconds": 0.0}
        elif process.returncode:
            raise RuntimeError(complaints.read())


def each_outcome(given):
    """Yield the outcomes of all tables; a process that died is followed by another."""
    first = 0
    while first < given.tables:
        last = min(first + A_BATCH, given.tables)
        for told, out in outcomes(first, last, given.seconds):
            yield told, out
            first = told["number"] + 1


def plain(message: str) -> str:
    """Leave out what differs from table to table."""
    message = message.split("\n")[0]
    message = re.sub(r"'[^']*'", "'…'", message)
    return re.sub(r"-?\d+(\.\d+)?(e[+-]?\d+)?", "#", message)[:160]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=30, help="a hang is longer")
    parser.add_argument(
        "--only", type=int, nargs=2, help="first and last: write JSON lines of these"
    )
    given = parser.parse_args()
    if given.only:
        run(*given.only, given.seconds)
        return 0
    counts: collections.Counter[str] = collections.Counter()
    refusals: collections.Counter[str] = collections.Counter()
    broken: collections.Counter[str] = collections.Counter()
    slowest, start = 0.0, time.perf_counter()
    for told, out in each_outcome(given):
        counts[out["kind"]] += 1
        slowest = max(slowest, out["seconds"])
        well = out["kind"] in ("fitted", "refused")
        for message in out["messages"]:
            known = refusals if well else broken
            known[plain(message)] += 1
            if not well and broken[plain(message)] == 1:
                print(f"{told['number']}: {out['kind']}: {message}\n    {told['told']}")
        if (told["number"] + 1) % A_BATCH == 0:
            print(f"{sum(counts.values())} tables: {dict(counts)}", flush=True)
    print(f"\n{len(refusals)} distinct refusals:")
    for message, count in refusals.most_common():
        print(f"{count:6d}  {message}")
    if broken:
        print(f"\n{len(broken)} distinct failures:")
    for message, count in broken.most_common():
        print(f"{count:6d}  {message}")
    seconds = time.perf_counter() - start
    print(
        f"\n{sum(counts.values())} tables in {seconds:.0f} s, the slowest {slowest:.1f}"
        f" s: {dict(counts)}"
    )
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
