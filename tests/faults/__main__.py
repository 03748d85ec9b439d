"""In full, by hand: `python -m tests.faults [--seed N] [--each N] [--comments N] [--only FAULT…] BASE_URL`.

BASE_URL is a PostgreSQL server's, such as `postgres://postgres@127.0.0.1:5432`; the database and Redis are its own.
Prints what was done and found, and ends with status 1 if anything did not hold.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.faults.run import FAULTS, faults_run
from tests.faults.system import system


def main() -> None:
    """Runs each fault so many times, in a random order, at random moments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--comments", type=int, default=3_000)
    parser.add_argument("--pause", type=float, default=4.0)
    parser.add_argument("--logs", type=Path, help="a folder for the logs of the worker and of beat")
    parser.add_argument("--only", action="append", choices=list(FAULTS))
    options = parser.parse_args()
    faults = (options.only or list(FAULTS)) * options.each
    random.Random(options.seed).shuffle(faults)
    print(f"seed {options.seed}: {len(faults)} faults", flush=True)
    with tempfile.TemporaryDirectory() as made, system(options.logs or Path(made), options.base, processes=2) as whole:
        found = faults_run(whole, faults=faults, comments=options.comments, seed=options.seed, pause=options.pause)
    done = ", ".join(f"{name} {found.done.count(name)}" for name in FAULTS)
    for name in FAULTS:
        seconds = [took for one, took in found.recovered if one == name]
        if seconds:
            print(f"{name}: scores again after {median(seconds):.1f} s, at most {max(seconds):.1f} s")
    print(f"the worker ended by itself and was started again: {whole.restarts}")
    print(f"{done}; {found.comments} comments, {found.decisions} decisions; settled in {found.settle_seconds:.0f} s")
    print("\n".join(found.violations) or "nothing was lost, nothing twice, nothing stuck")
    sys.exit(bool(found.violations))


if __name__ == "__main__":
    main()
