"""What the samples say: is it flat, and did every call succeed?"""

from statistics import mean

# Of resident memory: the last third against the middle one.
TOLERANCE = 0.02
# Descriptors come and go with connections of sources, of streams and of scrapes.
DESCRIPTORS = 1


class Verdict:
    """`samples` are dictionaries of one time each, in order."""

    def __init__(self, samples):
        third = len(samples) // 3
        self.middle, self.last = samples[third : 2 * third], samples[2 * third :]
        self.calls = sum(sample["calls"] for sample in samples)
        self.failed = sum(sample["failed"] for sample in samples)
        self.problems = self._problems() if third else ["too few samples for a verdict"]

    def _means(self, key):
        return [mean(sample[key] for sample in part) for part in (self.middle, self.last)]

    @property
    def drift(self):
        """How much more resident memory the last third has than the middle one, as a share."""
        middle, last = self._means("resident")
        return last / middle - 1

    @property
    def histories(self):
        """The bytes of all histories: the mean of the middle third and of the last one."""
        return self._means("history")

    @property
    def descriptors(self):
        """The mean of the middle third and of the last one."""
        return self._means("descriptors")

    def _problems(self):
        problems = []
        if abs(self.drift) > TOLERANCE:
            problems.append(
                f"resident memory changed by {self.drift:+.1%}, allowed are {TOLERANCE:.0%}"
            )
        middle, last = self.descriptors
        if last > middle + DESCRIPTORS:
            problems.append(f"descriptors grew from {middle:.1f} to {last:.1f}")
        if self.failed:
            problems.append(f"{self.failed} of {self.calls} calls failed")
        if not self.calls:
            problems.append("no call was answered")
        return problems

    @property
    def is_good(self):
        return not self.problems

    @property
    def sentence(self):
        if self.problems:
            return "FAILED: " + "; ".join(self.problems)
        middle, last = self.descriptors
        return (
            f"OK: {self.calls:,} calls, none failed; resident memory of the last third "
            f"{self.drift:+.2%} against the middle third, histories of "
            f"{' and '.join(f'{size / 1e6:.1f} MB' for size in self.histories)} included; "
            f"descriptors {middle:.1f}, then {last:.1f}"
        )
