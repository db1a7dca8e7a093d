"""scripts/chaos: rounds of faults until the time is up, and a summary."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from harness import stubs
from harness.paths import ROOT

from .apps import APPS
from .faults import FAULTS
from .judge import FELL, Judge
from .plan import rounds, rounds_without_targets
from .stage import Stage

# Seconds from the end of all faults until both replicas have to know the truth. A refresh is one
# second here; the rest is for the back-off of a source that failed, and for a busy machine.
FOLLOWED_WITHIN = 20


def play(stage, judge, plan):
    """One round: its faults and the new demand in their order, then the truth."""
    running = {}

    def change():
        before = dict(stage.demand)
        stage.change(plan.demand)
        judge.lowered()
        judge.count["rises"] += sum(stage.demand[app] > before[app] for app in APPS)
        judge.count["falls"] += sum(stage.demand[app] < before[app] for app in APPS)

    def begin(fault):
        running[fault.name] = FAULTS[fault.name](stage, fault.chance)
        running[fault.name].__enter__()

    def end(fault):
        running.pop(fault.name).__exit__(None, None, None)

    steps = [(plan.changed_at, change, ())]
    for fault in plan.faults:
        steps += [(fault.begin, begin, (fault,)), (fault.end, end, (fault,))]
    began = time.monotonic()
    for at, step, arguments in sorted(steps, key=lambda step: step[0]):
        # The plan's own pace: what lies between two faults is part of the test.
        time.sleep(max(0, began + at - time.monotonic()))
        step(*arguments)
    return judge.wait_until_all_know(FOLLOWED_WITHIN)


def run(minutes, seed, directory, is_careless=False):
    """Plays until the time is up or something is wrong, and returns what is wrong."""
    stage = Stage(directory, is_careless)
    try:
        judge = Judge(stage, stubs.generate(directory))
        judge.wait_until_all_know(60)
        judge.start()
        deadline = time.monotonic() + 60 * minutes
        faults, slowest = Counter(), 0.0
        number = 0
        for plan in (rounds_without_targets if is_careless else rounds)(seed):
            if time.monotonic() >= deadline or judge.violations:
                break
            number += 1
            print(f"round {number}: {plan}", end="", flush=True)
            try:
                took = play(stage, judge, plan)
            except AssertionError as error:
                judge.note_fault(str(plan), str(error).splitlines()[0])
                break
            print(f"; all know after {took:.1f} s", flush=True)
            faults.update(fault.name for fault in plan.faults)
            slowest = max(slowest, took)
        judge.close()
    finally:
        stage.save_logs(directory)
        stage.close()
    print(f"\n{number} rounds, seed {seed}; faults:")
    for name, count in sorted(faults.items()):
        print(f"  {count:3} {name}")
    print(", ".join(f"{count} {name}" for name, count in judge.count.items()))
    print(f"the truth was followed within {slowest:.1f} s of the end of all faults")
    for text in judge.violations.values():
        print(text)
    return judge.violations


def main():
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("minutes", nargs="?", type=float, default=15)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    print(f"{len(APPS)} policies, two replicas, {options.minutes:g} minutes, seed {options.seed}")
    folder = ROOT / ".build" / "chaos"
    folder.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(dir=folder))
    violations = run(options.minutes, options.seed, directory, options.self_test)
    if options.self_test:
        shutil.rmtree(directory)
        has_fallen = any(FELL in text for text in violations.values())
        print("a wrong decrease was seen, as it should be" if has_fallen else "NO wrong decrease was seen")
        return 0 if has_fallen else 1
    if violations:
        print(f"{len(violations)} wrong; the logs are in {directory}; --seed {options.seed} repeats it")
        return 1
    print("no wrong decrease")
    shutil.rmtree(directory)
    return 0


sys.exit(main())
