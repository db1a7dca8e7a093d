"""Each fault is a context: it begins when the context is entered, and ends with it."""

import signal
from contextlib import contextmanager

from .apps import FILES, TARGETS


@contextmanager
def _prometheus_killed(stage, chance):
    stage.prometheus.kill()
    yield
    stage.prometheus.start()


@contextmanager
def _prometheus_stopped(stage, chance):
    stage.prometheus.signal(signal.SIGSTOP)
    yield
    stage.prometheus.signal(signal.SIGCONT)


def _front(name, mode):
    @contextmanager
    def fault(stage, chance):
        for one in stage.replicas:
            one.front.modes[name] = mode
        yield
        for one in stage.replicas:
            one.front.modes[name] = "ok"

    return fault


@contextmanager
def _targets_gone(stage, chance):
    stage.targets.gone = frozenset(chance.sample(range(TARGETS), 60))
    yield
    stage.targets.gone = frozenset()


def _forecaster(mode):
    @contextmanager
    def fault(stage, chance):
        stage.forecaster.mode = mode
        yield
        stage.forecaster.mode = "ok"

    return fault


@contextmanager
def _cut_off(stage, chance):
    front = chance.choice(stage.replicas).front
    front.is_cut_off = True
    yield
    front.is_cut_off = False


def _killed(count):
    @contextmanager
    def fault(stage, chance):
        replicas = chance.sample(stage.replicas, count)
        for one in replicas:
            one.kill()
        yield
        for one in replicas:
            one.start()
        for one in replicas:
            one.wait_ready()

    return fault


@contextmanager
def _restarted(stage, chance):
    one = chance.choice(stage.replicas)
    one.stop()
    yield
    one.start()
    one.wait_ready()


@contextmanager
def _rolling_restart(stage, chance):
    for one in stage.replicas:
        one.stop()
        one.start()
        one.wait_ready()
    yield


@contextmanager
def _replaced(stage, chance):
    one = chance.choice(stage.replicas)
    one.stop()
    one.forget()
    one.start()
    one.wait_ready()
    yield


@contextmanager
def _disk_full(stage, chance):
    one = chance.choice(stage.replicas)
    one.fill_disk(True)
    yield
    one.fill_disk(False)


@contextmanager
def _clock_set(stage, chance):
    world = chance.choice(stage.replicas).world
    world.set(clock=chance.choice([-2400, -30, 30, 2400]))
    yield
    world.set(clock=0)


def _files(spoil, count=1):
    """As a ConfigMap is edited: for all replicas."""

    @contextmanager
    def fault(stage, chance):
        files = [f"apps-{number}.yaml" for number in chance.sample(range(FILES), count)]
        for one in stage.replicas:
            for file in files:
                one.write(file, spoil(one.files[file]))
        yield
        for one in stage.replicas:
            for file in files:
                one.write(file, one.files[file])

    return fault


@contextmanager
def _directory_empty(stage, chance):
    for one in stage.replicas:
        for file in one.files:
            (one.policies / file).unlink()
    yield
    for one in stage.replicas:
        for file, text in one.files.items():
            one.write(file, text)


FAULTS = {
    "Prometheus killed": _prometheus_killed,
    "Prometheus stopped": _prometheus_stopped,
    "Prometheus fails": _front("prometheus", "fails"),
    "Prometheus slow": _front("prometheus", "slow"),
    "Prometheus refuses": _front("prometheus", "refuses"),
    "Thanos partial": _front("thanos", "partial"),
    "Thanos fails": _front("thanos", "fails"),
    "Thanos slow": _front("thanos", "slow"),
    "60 targets gone": _targets_gone,
    "forecaster fails": _forecaster("error"),
    "forecaster hangs": _forecaster("hang"),
    "forecaster stale": _forecaster("stale"),
    "one cut off": _cut_off,
    "one killed": _killed(1),
    "both killed": _killed(2),
    "one restarted": _restarted,
    "rolling restart": _rolling_restart,
    "one replaced": _replaced,
    "disk full": _disk_full,
    "clock set": _clock_set,
    "file broken": _files(lambda text: text.replace('"kind"', '"knid"', 1)),
    "file truncated": _files(lambda text: text[: len(text) // 2]),
    "directory empty": _directory_empty,
}
