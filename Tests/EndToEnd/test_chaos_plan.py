"""What scripts/chaos plays."""

import re

from chaos import plan
from chaos.faults import FAULTS
from harness.paths import ROOT

# Seconds of a round beside its plan: until both replicas know the truth, on a busy machine.
REST = 8


def test_every_fault_is_drawn_and_every_fault_that_is_drawn_is_there():
    assert {*plan.SOURCES, *plan.PROCESSES, *plan.SURROUNDINGS} == set(FAULTS)


def test_every_kind_of_fault_occurs_in_the_run_of_ci():
    minutes, seed = re.search(r"chaos (\d+) --seed (\d+)", (ROOT / ".ci" / "run").read_text()).groups()
    left, played = 60 * int(minutes), set()
    for one in plan.rounds(int(seed)):
        left -= REST + max([fault.end for fault in one.faults], default=one.changed_at)
        if left < 0:
            break
        played |= {fault.name for fault in one.faults}
    assert played == set(FAULTS)


def test_nothing_else_happens_to_a_process_than_what_it_has_to_survive():
    for _, one in zip(range(200), plan.rounds(1)):
        names = {fault.name for fault in one.faults}
        assert not (plan.LASTING & names and set(plan.PROCESSES) & names), one
