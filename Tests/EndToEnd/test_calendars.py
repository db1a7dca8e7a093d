"""Calendars: holidays from a file or a server, kept while it cannot be read."""

import json
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from harness.policies import policy, query, schedule
from harness.server import run_command
from harness.waiting import eventually


def ics(*days):
    """A calendar of these days from today, all of them whole."""
    today = datetime.now(timezone.utc).date()
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{day}\r\nDTSTART;VALUE=DATE:{today + timedelta(day):%Y%m%d}\r\nEND:VEVENT\r\n"
        for day in days
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n"


# Around the change of a day, too.
NOW, NEVER = ics(-1, 0, 1), ics(-30)


class Calendar:
    """A server of one calendar."""

    def __init__(self, text):
        self.text = text
        self.status = 200
        self.headers = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.headers.append(dict(self.headers))
                body = owner.text.encode()
                self.send_response(owner.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/days.ics"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def days():
    server = Calendar(NOW)
    yield server
    server.stop()


def calendar(**spec):
    return json.dumps({
        "apiVersion": "headstart.dev/v1alpha1", "kind": "Calendar",
        "metadata": {"name": "days"}, "spec": {"refresh": "1s"} | spec,
    })


HOLIDAY = policy("my-api", schedule([{"name": "Holiday", "calendar": "days", "replicas": 7}], 2))
WORK = policy(
    "my-api", schedule([{"name": "Work", "replicas": 7, "except": [{"calendar": "days"}]}], 2))


def replicas(server):
    return server.get("/api/v1/decisions/default/my-api").json["desiredReplicas"]


def findings(server):
    return [found["message"] for found in server.get("/api/v1/findings").json["findings"]]


def test_a_holiday_is_one_line(headstart, days, tmp_path):
    server = headstart(
        policies={"a.yaml": HOLIDAY, "b.yaml": calendar(address=days.address)})
    assert replicas(server) == 7
    assert server.metric("headstart_calendar_read_timestamp_seconds", calendar="days") > 0
    days.text = NEVER
    eventually(lambda: replicas(server) == 2)


def test_a_calendar_takes_days_away(headstart, tmp_path):
    file = tmp_path / "days.ics"
    file.write_text(NOW)
    server = headstart(policies={"a.yaml": WORK, "b.yaml": calendar(file=str(file))})
    assert replicas(server) == 2
    file.write_text(NEVER)
    eventually(lambda: replicas(server) == 7)


def test_what_was_read_stays_while_the_source_fails(headstart, days):
    server = headstart(policies={"a.yaml": HOLIDAY, "b.yaml": calendar(address=days.address)})
    assert replicas(server) == 7
    days.status, days.text = 503, "away"
    eventually(lambda: any("stays in force" in found and "HTTP 503" in found for found in findings(server)))
    days.status, days.text = 200, "<html>Sign in</html>"
    eventually(lambda: any("BEGIN:VCALENDAR" in found for found in findings(server)))
    assert replicas(server) == 7
    days.text = NEVER
    eventually(lambda: replicas(server) == 2 and not findings(server))


def test_a_restart_without_the_source_knows_what_was_read(headstart, days, tmp_path):
    flags = [f"--state-dir={tmp_path / 'state'}"]
    manifests = {"a.yaml": HOLIDAY, "b.yaml": calendar(address=days.address, timeout="1s")}
    server = headstart(*flags, policies=manifests)
    assert replicas(server) == 7
    # Written a moment after it was read.
    eventually(lambda: "VCALENDAR" in "".join(
        file.read_text(errors="replace") for file in (tmp_path / "state").iterdir() if file.is_file()))
    server.stop()
    days.stop()
    again = headstart(*flags, policies=manifests)
    assert replicas(again) == 7
    eventually(lambda: any("stays in force" in found for found in findings(again)))


def test_one_that_was_never_read_applies_to_nothing(headstart, days):
    days.status = 500
    server = headstart(policies={"a.yaml": HOLIDAY, "b.yaml": calendar(address=days.address)})
    assert replicas(server) == 2
    assert any("was never read" in found for found in findings(server))
    days.status = 200
    eventually(lambda: replicas(server) == 7)


def test_a_calendar_is_asked_for_with_its_credentials(headstart, days, tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    server = headstart(policies={
        "a.yaml": HOLIDAY, "b.yaml": calendar(address=days.address, bearerTokenFile=str(token)),
    })
    assert replicas(server) == 7
    assert days.headers[0]["Authorization"] == "Bearer s3cret"


class Guarded:
    """A server of one calendar at `/days?export`, for whoever has a token of its own endpoint."""

    def __init__(self):
        self.tokens = []
        self.asked = []
        self.token_answer = None

    def __call__(self, request):
        if request["path"] == "/token":
            if self.token_answer:
                return self.token_answer
            self.tokens.append(f"token-{len(self.tokens) + 1}")
            return 200, {"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": None}
        if request["headers"].get("authorization") not in {f"Bearer {each}" for each in self.tokens}:
            return 401, "who are you?"
        self.asked.append(request["target"])
        return 200, NOW


def with_a_token(fake, tmp_path, **spec):
    (tmp_path / "secret").write_text("s3cret\n")
    return calendar(
        address=f"{fake.url}/days?export", oauth2={
            "tokenURL": f"{fake.url}/token", "clientID": "me",
            "clientSecretFile": str(tmp_path / "secret"),
        }, **spec)


def test_a_calendar_is_asked_for_with_a_token_and_its_query(headstart, web_api, tmp_path):
    guard = Guarded()
    manifest = with_a_token(web_api(guard), tmp_path)
    server = headstart(policies={"a.yaml": HOLIDAY, "b.yaml": manifest})
    assert replicas(server) == 7
    eventually(lambda: len(guard.asked) >= 3)
    assert set(guard.asked) == {"/days?export"} and len(guard.tokens) == 1
    # One that is not taken any more is asked for again.
    guard.tokens[0] = "revoked"
    eventually(lambda: len(guard.tokens) == 2)
    count = len(guard.asked)
    eventually(lambda: len(guard.asked) > count)
    assert not findings(server) and "s3cret" not in server.log_text
    (tmp_path / "all.yaml").write_text(f"{HOLIDAY}\n---\n{manifest}\n")
    planned = run_command("plan", str(tmp_path / "all.yaml"), "--at=now")
    assert 'rule "Holiday"' in planned.stdout, planned.stderr


def test_a_calendar_stays_while_no_token_is_handed_out(headstart, web_api, tmp_path):
    guard = Guarded()
    server = headstart(
        policies={"a.yaml": HOLIDAY, "b.yaml": with_a_token(web_api(guard), tmp_path)})
    assert replicas(server) == 7
    guard.token_answer = 503, {"error": "temporarily_unavailable"}
    guard.tokens.clear()
    eventually(lambda: any("temporarily_unavailable" in found for found in findings(server)))
    assert replicas(server) == 7
    guard.token_answer = None
    eventually(lambda: not findings(server), 90)


def test_check_finds_rules_that_overlap_by_a_calendar(tmp_path):
    file = tmp_path / "days.ics"
    file.write_text(NOW)
    rules = [
        {"name": "Always", "replicas": 3}, {"name": "Holiday", "calendar": "days", "replicas": 7}]
    manifest = tmp_path / "all.yaml"
    manifest.write_text(
        f"{policy('my-api', schedule(rules, 2))}\n---\n{calendar(file=str(file))}\n")
    checked = run_command("check", str(manifest))
    assert checked.returncode == 0
    assert '"Holiday" and "Always" both set replicas' in checked.stdout, checked.stdout
    assert '"Holiday" never sets replicas' in checked.stdout
    file.write_text(NEVER)
    assert "nothing in the calendar is to come" in run_command("check", str(manifest)).stdout


def test_check_and_plan_read_calendars(tmp_path, days):
    file = tmp_path / "days.ics"
    file.write_text("<html>Sign in</html>")
    manifest = tmp_path / "all.yaml"
    manifest.write_text(f"{HOLIDAY}\n---\n{calendar(file=str(file))}\n")
    checked = run_command("check", str(manifest))
    assert checked.returncode == 0 and "begins with BEGIN:VCALENDAR" in checked.stdout
    assert "1 policy, 0 data sources, 1 calendar" in checked.stdout
    file.unlink()
    # It may be there where the server runs.
    assert "0 errors, 0 warnings" in run_command("check", str(manifest)).stdout
    manifest.write_text(f"{HOLIDAY}\n---\n{calendar(address=days.address)}\n")
    planned = run_command("plan", str(manifest), "--at=now")
    assert planned.returncode == 0, planned.stderr
    assert 'rule "Holiday"' in planned.stdout


def test_an_exception_that_meets_no_occurrence_is_named(headstart, tmp_path):
    file = tmp_path / "days.ics"
    lines = [
        "BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:sale", "DTSTART;TZID=Europe/Berlin:20360301T100000",
        "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20360308T100000Z", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip
    file.write_text("\n".join(lines))
    document = calendar(file=str(file))
    manifest = tmp_path / "all.yaml"
    manifest.write_text(f"{HOLIDAY}\n---\n{document}\n")
    checked = run_command("check", str(manifest)).stdout
    words = 'line 2: the event "sale" is not taken away by its EXDATE 2036-03-08T10:00:00Z'
    assert words in checked, checked
    server = headstart(policies={"a.yaml": HOLIDAY, "b.yaml": document})
    eventually(lambda: any(words in found for found in findings(server)))
    # What is proposed takes it away.
    assert "EXDATE;VALUE=DATE:20360308" in checked
    file.write_text("\n".join(lines).replace("EXDATE:20360308T100000Z", "EXDATE;VALUE=DATE:20360308"))
    assert "EXDATE" not in run_command("check", str(manifest)).stdout


def test_a_rule_raises_what_a_query_asks_for(headstart, prometheus_answers):
    prometheus_answers.result = {"resultType": "scalar", "result": [0, "10"]}
    rule = {"name": "sale", "replicas": "+20%"}
    server = headstart(
        f"--prometheus-url={prometheus_answers.url}",
        policies={"a.yaml": policy("my-api", query("up", origin="default"), schedule([rule]))})
    eventually(lambda: replicas(server) == 12)
    explained = server.get("/api/v1/decisions/default/my-api").json
    assert '+20 % by rule "sale" of calendar = 12' in explained["explanation"]
    (limit,) = explained["appliedLimits"]
    assert (limit["limit"], limit["asked"], limit["replicas"]) == ("increase", 10, 12)
