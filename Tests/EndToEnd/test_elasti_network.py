"""KubeElasti's network part: requests for workloads at zero go to its resolver, and none is refused."""

import threading
import time

import pytest

from harness.apiserver import EASYSCALE, ELASTI, HEADSTART, KEDA, APIServer
from harness.custom_resources import events
from harness.direct_scaling import replicas, vector
from harness.resolver import NAMESPACE, SERVICE, Resolver, private_name, slice_name
from harness.service_network import SERVICE_LABEL, ServiceNetwork, resources
from harness.waiting import eventually

FINALIZER = "elasti.truefoundry.com/finalizer"
PRIVATE, SLICE = private_name("web-svc"), slice_name("web-svc")
RECEIVED = {"message": "Request received successfully!"}


@pytest.fixture
def api():
    def judge(service):
        """As the real one: addresses and node ports are given out once."""
        for other in server.all("Service"):
            if other["metadata"]["name"] == service["metadata"]["name"]:
                continue
            if service["spec"].get("clusterIP", "") in other["spec"].get("clusterIPs", []):
                return "spec.clusterIPs[0]", "Invalid value: provided IP is already allocated"
            taken = {port.get("nodePort") for port in other["spec"]["ports"]} - {None}
            if taken & {port.get("nodePort") for port in service["spec"]["ports"]}:
                return "spec.ports[0].nodePort", "Invalid value: provided port is already allocated"
        return None

    server = APIServer(*HEADSTART, *EASYSCALE, *ELASTI, *KEDA, *resources(judge))
    yield server
    server.close()


@pytest.fixture
def network(api):
    running = ServiceNetwork(api)
    yield running
    running.close()


@pytest.fixture
def resolver(network):
    running = Resolver(network)
    running.register()
    yield running
    running.close()


@pytest.fixture
def start(direct, prometheus_answers, resolver):
    vector(prometheus_answers, 0)

    def begin(*flags, **options):
        server = direct(
            "--watch", "--refresh=1s", resolver.flag,
            f"--prometheus-trigger-servers={prometheus_answers.url}", *flags, **options,
        )  # fmt: skip
        resolver.operator = server.http_url
        return server

    return begin


def service(**spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "web-svc",
            "namespace": "default",
            "labels": {"team": "shop"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "own": "kept"},
        },
        "spec": {
            "type": "NodePort",
            "clusterIP": "10.0.0.7",
            "clusterIPs": ["10.0.0.7"],
            "selector": {"app": "web"},
            "ports": [
                {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP", "nodePort": 30080}
            ],
            **spec,
        },
    }


def elasti(name="web", cooldown=2, **spec):
    trigger = {"type": "prometheus", "metadata": {"query": "q", "threshold": "0.5"}}
    return {
        "apiVersion": "elasti.truefoundry.com/v1alpha1",
        "kind": "ElastiService",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "deployments", "name": "web"},
            "service": "web-svc",
            "minTargetReplicas": 1,
            "cooldownPeriod": cooldown,
            "triggers": [trigger],
            **spec,
        },
    }


def status(api):
    return api.get("ElastiService", "default", "web").get("status", {})


def test_a_request_at_zero_is_held_wakes_the_target_and_is_answered(api, network, resolver, start):
    api.deployment("web", 0)
    api.apply(service())
    api.apply(elasti(cooldown=600))
    server = start()
    eventually(lambda: api.get("EndpointSlice", "default", SLICE), timeout=20)
    private = api.get("Service", "default", PRIVATE)
    assert private["spec"] == {
        "type": "ClusterIP",
        "selector": {"app": "web"},
        "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
    }
    assert private["metadata"]["labels"] == {"team": "shop"}
    assert private["metadata"]["annotations"] == {"own": "kept"}
    (owner,) = private["metadata"]["ownerReferences"]
    found = api.get("ElastiService", "default", "web")
    assert (owner["kind"], owner["uid"]) == ("ElastiService", found["metadata"]["uid"])
    assert FINALIZER in found["metadata"]["finalizers"]
    leading = api.get("EndpointSlice", "default", SLICE)
    assert leading["metadata"]["labels"] == {SERVICE_LABEL: "web-svc"}
    assert leading["addressType"] == "IPv4"
    assert leading["ports"] == [{"name": "http", "protocol": "TCP", "port": resolver.port}]
    assert leading["endpoints"] == [{"addresses": [resolver.address]}]
    eventually(lambda: status(api).get("mode") == "proxy", timeout=20)
    assert server.metric("elasti_operator_mode", crd_name="default/web") == 1

    code, body = network.request("web-svc")
    assert code == 200 and body.startswith("127.")
    assert resolver.held == ["web-svc"]
    eventually(lambda: resolver.told)
    assert all(told == (200, RECEIVED) for told in resolver.told), resolver.told
    assert replicas(api) == 1
    # The pods have the requests now.
    eventually(lambda: api.get("EndpointSlice", "default", SLICE) is None)
    assert api.get("Service", "default", PRIVATE)
    eventually(lambda: status(api).get("mode") == "serve", timeout=20)
    assert status(api)["lastScaledUpTime"] and status(api)["lastReconciledTime"]
    assert server.metric("elasti_operator_mode", crd_name="default/web") == 0
    assert (
        server.metric(
            "elasti_operator_scale_counter", service_name="web-svc", namespace="default",
            target="Deployment-web", error="success",
        )
        == 1
    )  # fmt: skip
    assert server.metric("elasti_operator_CRD_update_counter", mode="serve", error="success") == 1


def test_no_request_is_refused_while_the_target_goes_to_zero_and_comes_back(
    api, network, resolver, start
):
    api.deployment("web", 2)
    api.apply(service())
    api.apply(elasti(cooldown=1))
    start()
    answers = []
    failures = []
    over = threading.Event()

    def ask():
        while not over.is_set():
            try:
                code, body = network.request("web-svc")
                answers.append((time.monotonic(), code))
                if code != 200:
                    failures.append((code, body))
            except Exception as error:
                failures.append(repr(error))
            # The time between two requests of a client: the machine has other work, too.
            time.sleep(0.005)

    def patches(count):
        found = api.calls_of("patch", "deployments", "scale")
        return [call for call in found if call.body["spec"]["replicas"] == count and call.code == 200]

    eventually(lambda: len(network.endpoints("web-svc")) == 2)
    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        # Down and up, twice.
        eventually(lambda: len(patches(0)) >= 2 and len(patches(1)) >= 2, timeout=90)
        last = patches(1)[-1].at
        eventually(lambda: answers and answers[-1][0] > last + 1, timeout=60)
    finally:
        over.set()
        for client in clients:
            client.join(90)
    assert not failures, failures[:5]
    assert resolver.held
    # The slice was there before the pods went.
    made = [call.at for call in api.calls_of("create", "endpointslices") if call.code == 201]
    assert made[0] < patches(0)[0].at


def test_changes_of_the_service_and_of_the_resolver_are_followed(api, network, resolver, start):
    api.deployment("web", 0)
    api.apply(service())
    api.apply(elasti())
    start()
    eventually(lambda: api.get("EndpointSlice", "default", SLICE), timeout=20)
    changed = service(
        selector={"tier": "front"},
        ports=[{"name": "web", "port": 81, "targetPort": 8081, "protocol": "TCP", "nodePort": 30081}],
    )
    with api.lock:
        api.apply(changed)
    resolver.register(["127.0.9.2", "127.0.9.1"])

    def followed():
        spec = api.get("Service", "default", PRIVATE)["spec"]
        leading = api.get("EndpointSlice", "default", SLICE)
        return (
            spec["selector"] == {"tier": "front"}
            and spec["ports"] == [{"name": "web", "port": 81, "targetPort": 8081, "protocol": "TCP"}]
            and leading["ports"][0]["name"] == "web"
            and [item["addresses"] for item in leading["endpoints"]] == [["127.0.9.1"], ["127.0.9.2"]]
        )

    eventually(followed, timeout=20)
    # What somebody takes away comes back.
    api.delete("EndpointSlice", "default", SLICE)
    eventually(lambda: api.get("EndpointSlice", "default", SLICE), timeout=20)


def test_on_deletion_the_slice_goes_then_the_service_then_the_finalizer(api, network, resolver, start):
    api.deployment("web", 0)
    api.apply(service())
    api.apply(elasti())
    server = start()
    eventually(lambda: api.get("EndpointSlice", "default", SLICE), timeout=20)
    api.delete("ElastiService", "default", "web")
    eventually(lambda: api.get("ElastiService", "default", "web") is None, timeout=20)
    assert api.get("Service", "default", PRIVATE) is None
    assert api.get("EndpointSlice", "default", SLICE) is None
    assert api.get("Service", "default", "web-svc")
    (one,) = api.calls_of("delete", "endpointslices")
    (two,) = api.calls_of("delete", "services")
    three = api.calls_of("patch", "elastiservices")[-1]
    assert one.at < two.at < three.at
    name = "elasti_operator_CRD_finalizer_counter"
    eventually(lambda: server.metric(name, crd_name="default/web", error="success") == 1)


def test_another_service_takes_the_place_of_the_one_before(api, network, resolver, start):
    api.deployment("web", 0)
    api.apply(service())
    other = service(clusterIP="10.0.0.8", clusterIPs=["10.0.0.8"], type="ClusterIP")
    other["metadata"]["name"] = "other"
    other["spec"]["ports"] = [{"name": "http", "port": 80, "protocol": "TCP"}]
    api.apply(other)
    api.apply(elasti())
    start()
    eventually(lambda: api.get("EndpointSlice", "default", SLICE), timeout=20)
    api.apply(elasti(service="other"))
    eventually(lambda: api.get("EndpointSlice", "default", slice_name("other")), timeout=20)
    assert api.get("Service", "default", private_name("other"))
    assert api.get("Service", "default", PRIVATE) is None
    assert api.get("EndpointSlice", "default", SLICE) is None


def test_a_resolver_that_is_away_stops_no_scaling(api, network, resolver, start):
    resolver.register([])
    api.deployment("web", 1)
    api.apply(service())
    api.apply(elasti())
    server = start()
    eventually(lambda: replicas(api) == 0, timeout=30)
    sentence = f"{NAMESPACE}/{SERVICE} has no addresses"
    server.wait_for_log("requests may not reach the resolver", sentence)
    eventually(lambda: any(sentence in event["note"] for event in events(api, "ResolverNotReached")))
    name = "elasti_operator_CRD_update_counter"
    assert server.metric(name, mode="proxy", error="blocked") >= 1
    # It comes back, and takes the requests.
    resolver.register()
    eventually(lambda: api.get("EndpointSlice", "default", SLICE), timeout=20)
    server.wait_for_log("requests go where they should again")


def test_a_role_without_the_verbs_stops_no_scaling(api, network, resolver, start):
    api.deployment("web", 1)
    api.apply(service())
    api.apply(elasti())
    api.allow_only(
        [
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch", "patch", "update"]},
            {"apiGroups": ["*"], "resources": ["leases", "events", "services"], "verbs": ["create"]},
        ]
    )
    server = start()
    eventually(lambda: replicas(api) == 0, timeout=30)
    server.wait_for_log("requests may not reach the resolver", "create on endpointslices")
    api.rules = None
    eventually(lambda: api.get("EndpointSlice", "default", SLICE), timeout=60)
