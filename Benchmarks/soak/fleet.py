"""The policies of the soak, and how they change while it runs."""

OBJECTS = 2_000
POLICIES_A_FILE = 50
WORKLOADS, QUERIES = 40, 20

_SOURCES = """\
apiVersion: headstart.dev/v1alpha1
kind: DataSource
metadata: {{name: predictor}}
spec: {{type: forecaster, address: "{forecaster}"}}
---
apiVersion: headstart.dev/v1alpha1
kind: DataSource
metadata: {{name: main}}
spec: {{type: prometheus, address: "{prometheus}"}}
"""

_POLICY = """\
apiVersion: headstart.dev/v1alpha1
kind: ScalingPolicy
metadata: {{name: {name}, namespace: default}}
spec:
  leadTime: 10m
  limits: {{minReplicas: 1, maxReplicas: 100}}
  signals:
"""

_SCHEDULE = """\
    - name: calendar
      schedule:
        timeZone: Europe/Paris
        default: {replicas}
        rules:
          - {{days: [Monday, Friday], start: "09:00", end: "18:00", replicas: {more}}}
"""

_FORECAST = """\
    - {{name: predicted, forecast: {{source: predictor, workload: workload-{workload}}}}}
"""

_QUERY = """\
    - {{name: live, prometheus: {{source: main, query: 'demand{{part="{query}"}}', threshold: 10}}}}
"""

# A key that does not exist: the file keeps its last good content.
_BROKEN = "apiVersion: headstart.dev/v1alpha1\nkind: ScalingPolicy\nmetadata: {nam: x}\n"


class Fleet:
    """A directory of manifests. Each change is whole: a file is renamed into its place."""

    def __init__(self, folder, forecaster, prometheus):
        self._folder = folder
        folder.mkdir()
        self.reloads = 0
        self._broken = None
        self._put("sources.yaml", _SOURCES.format(forecaster=forecaster, prometheus=prometheus))
        for first in range(0, OBJECTS, POLICIES_A_FILE):
            self._write(first, 0)

    def change_all(self, turn):
        """Every policy asks for another number than in the turn before."""
        for first in range(0, OBJECTS, POLICIES_A_FILE):
            self._write(first, turn % 3)

    def change(self, random):
        """One reload, as people and controllers cause them: numbers change, file by file; some files
        break and are mended; a policy comes and goes."""
        first = self.reloads * POLICIES_A_FILE % OBJECTS
        self.reloads += 1
        if self._broken is not None:
            self._write(self._broken, random.randrange(3))
            self._broken = None
            return
        kind = random.randrange(8)
        passing = self._folder / "passing.yaml"
        if kind == 0:
            self._broken = first
            self._put(self._name(first), _BROKEN)
        elif kind == 1 and passing.exists():
            passing.unlink()
        elif kind == 1:
            self._put(passing.name, self._policy(OBJECTS + 1, 0))
        else:
            self._write(first, random.randrange(3))

    @staticmethod
    def _name(first):
        return f"policies-{first:04}.yaml"

    def _write(self, first, more):
        policies = (self._policy(index, more) for index in range(first, first + POLICIES_A_FILE))
        self._put(self._name(first), "---\n".join(policies))

    @staticmethod
    def _policy(index, more):
        text = _POLICY.format(name=f"workload-{index:06}")
        text += _SCHEDULE.format(replicas=1 + index % 7 + more, more=10 + index % 20)
        if index % 4 in (1, 3):
            text += _FORECAST.format(workload=index % WORKLOADS)
        if index % 4 in (2, 3):
            text += _QUERY.format(query=index % QUERIES)
        return text

    def _put(self, name, text):
        new = self._folder / ".new"
        new.write_text(text)
        new.rename(self._folder / name)
