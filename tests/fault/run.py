#!/usr/bin/env python3
"""Fault tests with real processes: kills, freezes, cuts and abuses networks on this machine. See README.md."""

import argparse
import concurrent.futures
import os
import pathlib
import random
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
# What decodes blocks, contracts' answers and hashes is shared with the suite that recomputes elections.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "recompute"))

from cluster import VALIDATORS, Broken, Cluster  # noqa: E402
from node import Unanswered  # noqa: E402
from rpc import Down, Late, Refused  # noqa: E402
from scenarios import SCENARIOS, Skip  # noqa: E402


# What scenarios that run now have started.
RUNNING = set()


class Context:
    """What a scenario gets: options, a seeded random generator, and clusters that end with it."""

    def __init__(self, options, name):
        self.options, self.name, self.clusters = options, name, []
        self.random = random.Random(f"{options.seed}/{name}")

    def note(self, text):
        print(f"     {self.name}: {text}", flush=True)

    def cluster(self, start=True, size=VALIDATORS):
        cluster = Cluster(self.options.binary, self.random, self.note, size)
        self.clusters.append(cluster)
        cluster.create()
        if start:
            cluster.start()
        return cluster

    def close(self, keep):
        for cluster in self.clusters:
            cluster.stop(keep)


def run_one(name, scenario, options):
    """True when it passed; skipped counts as passed, and says so loudly."""
    context, begun, passed, skipped, text = Context(options, name), time.monotonic(), False, False, ""
    RUNNING.add(context)
    try:
        text = scenario(context) or ""
        for cluster in context.clusters:
            cluster.check_logs()
        passed = True
    except Skip as reason:
        passed = skipped = True
        text = f"SKIPPED: {reason}"
    except (Broken, Late, Down, Refused, Unanswered, AssertionError, OSError) as error:
        text = f"{type(error).__name__}: {error}"
        if options.verbose:
            traceback.print_exc()
    finally:
        context.close(keep=options.keep and not passed)
        RUNNING.discard(context)
    print(f"{'ok' if passed else 'FAIL'} {name} ({time.monotonic() - begun:.1f} s) {text}", flush=True)
    return passed, skipped


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=12, help="kills in kill-under-load")
    parser.add_argument("--only", action="append", choices=list(SCENARIOS), help="one scenario; several with several flags")
    parser.add_argument("--jobs", type=int, default=1, help="scenarios at a time; each has a network of its own")
    parser.add_argument("--seed", type=int, default=None, help="repeats the random choices of an earlier run")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed scenarios")
    parser.add_argument("--verbose", action="store_true", help="print where a failure was noticed")
    options = parser.parse_args()
    options.binary = os.environ.get("ALTHING_BIN", "target/debug/althing")
    if not pathlib.Path(options.binary).is_file():
        parser.error(f"{options.binary} is not there: build `althing`, or set ALTHING_BIN")
    options.binary = os.path.abspath(options.binary)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(2**32)
    return options


def main():
    options = parse()
    # SIGTERM ends as Ctrl-C does: through `finally`, so that no process stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"seed {options.seed}", flush=True)
    names = [name for name in SCENARIOS if name in (options.only or SCENARIOS)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as lanes:
        runs = [lanes.submit(run_one, name, SCENARIOS[name], options) for name in names]
        try:
            results = [run.result() for run in runs]
        except BaseException:
            # Ctrl-C ends what runs, and nothing more begins.
            lanes.shutdown(wait=False, cancel_futures=True)
            for context in list(RUNNING):
                context.close(options.keep)
            raise
    passed, skipped = sum(p for p, _ in results), sum(s for _, s in results)
    note = f" ({skipped} of them SKIPPED)" if skipped else ""
    print(f"{passed} passed, {len(results) - passed} failed{note}")
    return 0 if passed == len(results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
