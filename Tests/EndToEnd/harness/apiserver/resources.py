"""The kinds of objects that the API server of the tests stores."""


class Resource:
    """A kind of object that the server stores."""

    def __init__(
        self, api_version, kind, name, *subresources, namespaced=True, validate=None, status=None
    ):
        self.api_version = api_version
        self.kind = kind
        self.name = name
        self.subresources = set(subresources)
        self.namespaced = namespaced
        self.validate = validate
        # The members of the status that its schema has; others are dropped, as the real one does.
        self.status = status

    @property
    def group(self):
        return self.api_version.rpartition("/")[0]

    @property
    def qualified(self):
        return f"{self.name}.{self.group}" if self.group else self.name


BUILT_IN = [
    Resource("apps/v1", "Deployment", "deployments", "scale", "status"),
    Resource("apps/v1", "StatefulSet", "statefulsets", "scale", "status"),
    Resource("apps/v1", "ReplicaSet", "replicasets", "scale", "status"),
    Resource("apps/v1", "DaemonSet", "daemonsets", "status"),
    Resource("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "status"),
    Resource("coordination.k8s.io/v1", "Lease", "leases"),
    Resource("events.k8s.io/v1", "Event", "events"),
]
HEADSTART = [
    Resource("headstart.dev/v1alpha1", "ScalingPolicy", "scalingpolicies", "status"),
    Resource("headstart.dev/v1alpha1", "DataSource", "datasources", "status"),
    Resource("headstart.dev/v1alpha1", "Calendar", "calendars", "status"),
]
EASYSCALE = [Resource("easyscale.io/v1", "ScalingRule", "scalingrules", "status")]
ELASTI = [Resource("elasti.truefoundry.com/v1alpha1", "ElastiService", "elastiservices", "status")]
# With the schemas of those projects' own definitions.
EASYSCALE_OWN = [
    Resource(
        "easyscale.io/v1", "ScalingRule", "scalingrules", "status",
        status={
            "lastAppliedRule", "lastScalingTime", "currentReplicas", "desiredReplicas", "conditions",
        },
    )
]  # fmt: skip
ELASTI_OWN = [
    Resource(
        "elasti.truefoundry.com/v1alpha1", "ElastiService", "elastiservices", "status",
        status={"lastReconciledTime", "lastScaledUpTime", "mode"},
    )
]  # fmt: skip
KEDA = [Resource("keda.sh/v1alpha1", "ScaledObject", "scaledobjects", "status")]
