"""The values of the chart that become flags: helm takes what the binary takes, and nothing else."""

import subprocess

import pytest

from harness import deployment
from harness.deployment import template
from harness.paths import BINARY

NO_CLUSTER = "/no/such/kubeconfig"


def is_taken_by_helm(values):
    try:
        template(values)
    except AssertionError as refusal:
        (path,) = paths(values)
        # The message names the value, and is no mishap of a template.
        assert f"at '/{path}" in str(refusal), refusal
        return False
    return True


def paths(values):
    """The path of the one value beside the mode."""
    for key, inner in values.items():
        if isinstance(inner, dict):
            yield from (f"{key}/{rest}" for rest in paths(inner))
        elif key != "mode":
            yield key


def is_taken_by_the_binary(*flags):
    """A start reads all its flags before it looks for the cluster, which it does not find."""
    finished = subprocess.run(
        [BINARY, "serve", *flags, "--watch", f"--kubeconfig={NO_CLUSTER}"],
        capture_output=True, text=True, timeout=10,
    )  # fmt: skip
    assert finished.returncode == 2
    if NO_CLUSTER in finished.stderr:
        return True
    name, _, _ = flags[-1].partition("=")
    assert f"flag {name}" in finished.stderr, finished.stderr
    return False


def direct(name):
    """Values of mode direct, with that value of `direct`."""
    return lambda value: {"mode": "direct", "direct": {name: value}}


DURATIONS = [
    "0", "+0", "-0", "0s", "-0s", "00s", "60", "0060", "604800", "604801", "+60", "6e2", "1s", "+1s", "-1s",
    "01s", "1.s", ".5s", ".s", "s", "", " 1s", "1s ", "1 s", "1S", "1sec", "5min", "0.5m", "1.5h", "1h30m",
    "30m1h", "1m1m", "1h-30m", "999ms", "1000ms", "0.999s", "0.9999999999s", "1.0000000001s", "0m900ms",
    "999999us", "1000000us", "1000000µs", "1000000μs", "999999999ns", "1000000000ns", "1000000000.9ns",
    "7d", "1w", "168h", "10080m", "604800s", "604800000ms", "604800.000000001s", "604800.0000000001s",
    "168h1ns", "6d23h59m59s1000ms", "6d24h1ns", "8d", "1.1w", "2w", "1000000w", "292y",
    "9" * 30 + "d", "0" * 40 + "1s", "0." + "0" * 40 + "1w", "1.5.5s", "1,5s", "0x10s", "NaNs", "Infs",
]  # fmt: skip
PORTS = [
    "", "0", "1", "9", "80", "443", "8012", "08012", "00001", "000001", "59999", "60000", "64999", "65000",
    "65499", "65500", "65529", "65530", "65535", "65536", "65540", "65600", "66000", "70000", "99999",
    "100000", "-1", "+80", "8e1", "http",
]  # fmt: skip
NAMES = [
    "a", "0", "a-b", "a--b", "-a", "a-", "a.b", "A", "a_b", "", "*", "a" * 63, "a" * 64, "a:b", "[a]",
]  # fmt: skip
SUBDOMAINS = [*NAMES, "a..b", ".a", "a.", "a.-b", "a-.b", "a/b", "a." * 126 + "a", "a." * 127 + "a"]
HOSTS = [
    "a", "a.b.svc", "a.b.", "a..b", ".a", "", "A", "a_b", "-", "a%20b", "ä", "a b", "u@a", "u:p@a",
    "10.0.0.1", "[::1]", "[::]", "[1::8]", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]", "[1:2::5:6:7:8]",
    "[::2:3:4:5:6:7:8]", "[fd00::1.2.3.4]", "[::ffff:10.0.0.1]", "[1:2:3:4:5:6:1.2.3.4]", "[::1.2.3.04]",
    "[1:2:3:4:5:6:7:1.2.3.4]", "[::1.2.3.256]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[:::]", "[12345::]",
    "[g::]", "[::1%eth0]", "[a]", "[]", "[::1", "::1", "[::1]a",
    "169.254.169.254", "169.254.169.253", "169.254.170.2", "169.254.170.23", "169.254.170.24",
    "[fd00:ec2::254]", "[FD00:ec2::23]", "[fd00:ec2::24]", "metadata.google.internal",
    "Metadata.Google.internal.", "metadata.google.internal.example", "169.254.169.254.example",
]  # fmt: skip
URLS = [
    *(f"http://{host}" for host in HOSTS),
    *(f"http://{host}:9090/" for host in HOSTS),
    *(f"http://a:{port}" for port in PORTS),
    "https://a", "HTTP://a", "hTtPs://a/b", "ftp://a", "a:9090", "//a", "http:/a", "http:a", "http://",
    "http://a/b/c", "http://a//", "http://a/?b", "http://a?b", "http://a#b", "http://a/b#c", "http://a/@b",
    "http://a/b:c;d=e&f", "http://a/[b]", "http://a/%20", "http://a/~b", "http://a/$'()*+!",
    *(f"http://a/{character}" for character in ' "<>\\^`{|}\x7fä\t'),
    " http://a", "http://a ", "http://a\n",
]  # fmt: skip
SELECTORS = [
    "a", " a ", "!a", "! a", "!!a", "a=b", "a==b", "a!=b", "a = b", "a=", "a!=", "=b", "a===b", "a!==b",
    "a=b=c", "a.b/c", "/c", "a/", "a/b/c", "-a", "a-", "a_b", "_a", "a=-b", "a=b_", "a=" + "b" * 63,
    "a=" + "b" * 64, "a" * 63, "a" * 64, "a" * 253 + "/b", "a" * 254 + "/b", "a b", "a in (b)", "a in(b)",
    "a  in  (b)", "a notin (b,c)", "a notin(b , c )", "a in ()", "a in (,)", "a in (b", "a in b)", "a in",
    "in", "in in (in)", "a on (b)", "a IN (b)", "!a in (b)", "a in (b) c", "a in ((b))", "a,b", "a, b", "a,",
    ",a", "a,,b", "a in (b,c),d notin (e),!f", "a\tin (b)", "a>1", " ", "ä",
]  # fmt: skip
FLAGS = {
    "checkInterval": ("--check-interval", direct("checkInterval"), DURATIONS),
    "cooldown": ("--cooldown", direct("cooldown"), DURATIONS),
    "crossNamespace": (
        "--direct-cross-namespace",
        lambda value: direct("crossNamespace")([value]),
        [*(f"{name}/a" for name in NAMES), *(f"shop/{name}" for name in SUBDOMAINS), "shop", "a/b/c"],
    ),
    "resolver": (
        "--elasti-resolver",
        lambda value: {"mode": "direct", "elasti": {"resolver": value}},
        [
            *(f"elasti/resolver:{port}" for port in PORTS),
            *(f"{name}/resolver:8012" for name in NAMES),
            *(f"elasti/{name}:8012" for name in NAMES),
            "resolver:8012", "elasti/resolver", "a/b/c:1",
        ],
    ),
    "prometheusURL": ("--prometheus-url", lambda value: {"prometheusURL": value}, URLS),
    "forecasterURL": ("--forecaster-url", lambda value: {"forecasterURL": value}, URLS[::7]),
    "triggerServers": (
        "--prometheus-trigger-servers", lambda value: {"triggerServers": [value]}, URLS[1::7],
    ),
    "watchSelector": (
        "--watch-selector", lambda value: {"mode": "keda-crds", "watchSelector": value}, SELECTORS,
    ),
    "watchNamespaces": (
        "--watch-namespaces", lambda value: {"mode": "keda-crds", "watchNamespaces": [value]}, NAMES,
    ),
    "logLevel": (
        "--log-level", lambda value: {"logLevel": value},
        ["debug", "info", "warn", "warning", "error", "", "trace", "fatal", "infos"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FLAGS)
def test_helm_takes_a_value_exactly_where_the_binary_takes_the_flag(name):
    flag, values, texts = FLAGS[name]
    beside = ["--direct"] if values("").get("mode") == "direct" else []
    answers = {
        text: (is_taken_by_helm(values(text)), is_taken_by_the_binary(*beside, f"{flag}={text}"))
        for text in texts
    }
    assert {text: both for text, both in answers.items() if both[0] != both[1]} == {}
    # Both answers occur: the comparison is not one of refusals alone.
    assert {helm for helm, _ in answers.values()} == {True, False}


@pytest.mark.parametrize("text", ["60", "1000000µs", "0.5m", "6d24h"])
def test_a_duration_is_a_flag_as_it_stands_in_the_values(text):
    objects = template({"mode": "direct", "direct": {"checkInterval": text, "cooldown": text}})
    assert {f"--check-interval={text}", f"--cooldown={text}"} <= set(deployment.flags(objects))


@pytest.mark.parametrize("count", [1, 50, 51])
def test_helm_takes_as_many_namespaces_as_the_binary(count):
    names = [f"shop-{number}" for number in range(count)]
    taken = is_taken_by_the_binary(f"--watch-namespaces={','.join(names)}")
    assert is_taken_by_helm({"mode": "keda-crds", "watchNamespaces": names}) == taken == (count < 51)
