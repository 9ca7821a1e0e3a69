"""Load many hostile files under an audit hook, and print what became of them.

    python tests/persistence/load_hostile.py model.sknn table.npy 2000

loads the files that are made by hand, 2,000 mutated at random and 2,000 forged ones.
The status is 1 if any was answered otherwise than it should be.
"""

import json
import random
import resource
import sys
import time
import warnings
from collections import Counter

import numpy as np

FORBIDDEN = (
    "exec", "compile", "import", "pickle.", "subprocess", "os.", "shutil.", "socket.",
    "ctypes.", "code.", "tempfile.",
)  # fmt: skip


def watch(seen):
    """Keep the audited events that no loading may cause; files may be read."""

    def hook(event, args):
        if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
            seen.append((event, str(args[0])))
        elif event.startswith(FORBIDDEN) and seen.armed:
            seen.append((event, str(args)[:200]))

    sys.addaudithook(hook)


class Seen(list):
    armed = False


def memory(reset=False):
    """Return memory in use, or the most since it was last asked to forget, in MB."""
    try:
        if reset:
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
        with open("/proc/self/status") as file:
            told = dict(line.split(":", 1) for line in file)
        return int(told["VmRSS" if reset else "VmHWM"].split()[0]) / 1024
    except OSError:  # not Linux: what was ever used
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(path, table, count):
    from hostile import CRAFTED, forged, mutated  # beside this program

    from sknn_bio.persistence import ModelFileError, inspect, load

    warnings.simplefilter("ignore")
    data = open(path, "rb").read()
    X = np.load(table)
    original = load(path)
    answer = original.predict(X).tobytes()
    # What is imported when it is first needed: repr's pretty printer, and inspect's.
    repr(original), str(inspect(path))
    rng, seen = random.Random(0), Seen()
    watch(seen)
    outcomes, wrong, slowest, grown = Counter(), [], 0.0, 0.0
    cases = list(CRAFTED.items())
    cases += [(f"{kind.__name__} {i}", lambda d, k=kind: k(d, rng))
              for i in range(count) for kind in (mutated, forged)]  # fmt: skip
    hostile = path + ".hostile"
    for name, make in cases:
        with open(hostile, "wb") as file:
            file.write(make(data))
        for ask in (load, inspect):
            before = memory(reset=True)
            start, seen.armed = time.perf_counter(), True
            seen.clear()
            try:
                model = ask(hostile)
                outcome = "opened"
            except ModelFileError:
                model, outcome = None, "refused"
            except BaseException as error:
                model, outcome = None, f"{type(error).__name__}: {error}"[:300]
                wrong.append((name, ask.__name__, outcome))
            seen.armed = False
            slowest = max(slowest, time.perf_counter() - start)
            grown = max(grown, memory() - before)
            wrong += [(name, ask.__name__, *event) for event in seen]
            kind = name.split()[0] if name.endswith(tuple("0123456789")) else "crafted"
            outcomes[f"{kind} {ask.__name__} {outcome}"[:80]] += 1
            if outcome == "opened" and ask is load:
                try:
                    equal = model.predict(X).tobytes() == answer
                    told = "equal" if equal else "another answer"
                except Exception as error:  # forged, and of a shape of its own
                    told = type(error).__name__
                outcomes[f"{name.split()[0]}: {told}"] += 1
                if name.startswith("mutated") and told != "equal":
                    wrong.append((name, told))
    report = {"seconds": slowest, "megabytes": grown, "wrong": wrong[:20],
              "outcomes": outcomes}  # fmt: skip
    print(json.dumps(report, indent=1))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
