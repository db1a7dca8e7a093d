"""The policies: how each learns its demand, and what it then has to ask for.

Every scrape target exports the demand of every app, in replicas, as `load`. A sum over targets needs
evidence of how whole it is; a maximum does not.
"""

import json
from dataclasses import dataclass

from harness.policies import fixed, forecast, policy, query, source

TARGETS = 100
JOB = "fleet"
_EVIDENCE = f'count(up{{job="{JOB}"}} == 1)'


@dataclass(frozen=True)
class App:
    kind: str
    # Prometheus itself, or Thanos in front of it.
    source: str = "prometheus"
    # What its schedule asks for.
    floor: int = 0

    @property
    def may_rest(self):
        """Whether it may go to zero."""
        return self.floor == 0

    @property
    def sleeps(self):
        """Whether it is at zero all the time."""
        return self.kind in ("sleeping", "elasti")

    def signals(self, name, is_careless):
        """Its signals. A careless author does without evidence."""
        labels = f'job="{JOB}",app="{name}"'
        largest = f"{TARGETS} * max(load{{{labels}}})"
        from_here = {"threshold": TARGETS, "origin": self.source}
        match self.kind:
            case "sum":
                evidence = {} if is_careless else {"evidence": "targets"}
                return [query(f"sum(load{{{labels}}})", **evidence, **from_here)]
            case "largest" | "sleeping":
                return [query(largest, **from_here)]
            case "joined":
                return [query(largest, **from_here), fixed(self.floor)]
            case "eastern":
                # Half of the targets. An empty answer is zero by its author's will.
                text = f'{TARGETS} * max(load{{shard="b",{labels}}})'
                return [query(text, onEmpty="zero", evidence=_EVIDENCE, **from_here)]
            case "predicted":
                return [forecast(name)]
            case _:
                return [fixed(self.floor)]

    def manifest(self, name, is_careless=False):
        if self.kind != "elasti":
            return policy(name, *self.signals(name, is_careless))
        text = f'max(load{{job="{JOB}",app="{name}"}})'
        trigger = {"query": text, "threshold": "0.5", "uptimeFilter": f'job="{JOB}"'}
        return json.dumps(
            {
                "apiVersion": "elasti.truefoundry.com/v1alpha1",
                "kind": "ElastiService",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                    "service": name,
                    "minTargetReplicas": 2,
                    # Whoever begins it where nothing was awake runs the app for all of it.
                    "cooldownPeriod": 900,
                    "triggers": [{"type": "prometheus", "metadata": trigger}],
                },
            }
        )


def _apps():
    kinds = (
        [App("sum", origin) for origin in ("prometheus", "thanos") for _ in range(8)]
        + [App("largest", origin) for origin in ("prometheus", "thanos") for _ in range(3)]
        + [App("joined", origin, 2) for origin in ("prometheus", "thanos") for _ in range(3)]
        + [App("eastern", origin) for origin in ("prometheus", "thanos") for _ in range(3)]
        + [App("sleeping", origin) for origin in ("prometheus", "thanos") for _ in range(2)]
        + [App("elasti")] * 4
        + [App("predicted", "forecaster")] * 6
        + [App("calendar", "none", 7)] * 2
    )
    return {f"app-{number:02}": app for number, app in enumerate(kinds)}


APPS = _apps()
# Those whose demand changes.
CHANGING = [name for name, app in APPS.items() if not app.sleeps and app.kind != "calendar"]
FILES = 10


def manifests(front, forecaster, is_careless):
    """{file: text} of one replica."""
    files = {
        "sources.yaml": [
            source("prometheus", "prometheus", f"{front}/prometheus"),
            source("thanos", "prometheus", f"{front}/thanos"),
            source("forecaster", "forecaster", forecaster),
        ]
    }
    for number, (name, app) in enumerate(APPS.items()):
        files.setdefault(f"apps-{number % FILES}.yaml", []).append(app.manifest(name, is_careless))
    return {file: "\n---\n".join(texts) + "\n" for file, texts in files.items()}
