"""An HTTP API that answers as a test says, and only what is asked in the right way."""

import json
import urllib.parse

from .loopback import Handler, Loopback


class FakeAPI(Loopback):
    """`answer` is what every request gets, or a function of the request that returns (status, body).

    A request is a dictionary: method, path, query, headers (names in lower case), body. All of them
    are in `requests`. Text is sent as it is, anything else as JSON.
    """

    def __init__(self, answer, port=0):
        self.answer = answer
        self.requests = []
        owner = self

        class Answers(Handler):
            def _answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                parts = urllib.parse.urlsplit(self.path)
                request = {
                    "method": self.command,
                    "target": self.path,
                    "path": parts.path,
                    "query": dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": self.rfile.read(length).decode(),
                }
                request["form"] = dict(urllib.parse.parse_qsl(request["body"]))
                owner.requests.append(request)
                answer = owner.answer
                status, body = answer(request) if callable(answer) else (200, answer)
                text = body if isinstance(body, str) else json.dumps(body)
                self.reply(status, text.encode())

            do_GET = do_POST = do_PUT = _answer

        self.listen(Answers, port)

    def secure(self, context):
        """Speaks TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")
