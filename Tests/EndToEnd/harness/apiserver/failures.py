"""What the API server of the tests answers when it refuses, in the words of the real one."""


class Failure(Exception):
    """An answer of kind Status."""

    def __init__(self, code, reason, message, details=None, headers=None):
        super().__init__(message)
        self.code = code
        self.headers = headers or {}
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            **({"details": details} if details else {}),
            "code": code,
        }


class PlainNotFound(Exception):
    """What the server says of a path that it does not know."""


def missing(resource, name):
    return Failure(
        404,
        "NotFound",
        f'{resource.qualified} "{name}" not found',
        {"name": name, "group": resource.group, "kind": resource.name},
    )


def conflict(resource, name):
    return Failure(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been '
        "modified; please apply your changes to the latest version and try again",
        {"name": name, "group": resource.group, "kind": resource.name},
    )


def invalid(group, kind, name, field, message):
    qualified = f"{kind}.{group}" if group else kind
    return Failure(
        422,
        "Invalid",
        f'{qualified} "{name}" is invalid: {field}: {message}',
        {
            "name": name,
            "group": group,
            "kind": kind,
            "causes": [
                {"reason": "FieldValueInvalid", "message": message, "field": field}
            ],
        },
    )
