"""A request to the API server of the tests."""


class Call:
    """One request, in the words of RBAC, and how it was answered."""

    def __init__(self, at, verb, group, resource, subresource, namespace, name, query, body, user):
        self.at = at
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.query = query
        self.body = body
        self.user = user
        self.code = None
        self.headers = {}

    @property
    def rule(self):
        """(verb, group, resource/subresource), which a role has to allow."""
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return self.verb, self.group, resource

    def __repr__(self):
        verb, group, resource = self.rule
        return f"{verb} {resource}.{group} {self.namespace}/{self.name} -> {self.code}"
