"""`headstart import`: what comes out is accepted, and what does not is said."""

from harness.server import run_command

SCALED_OBJECT = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop, labels: {team: a}}
spec:
  scaleTargetRef: {name: web}
  minReplicaCount: 1
  maxReplicaCount: 20
  cooldownPeriod: 120
  triggers:
    - type: cron
      metadata: {timezone: Europe/Berlin, start: 0 9 * * 1-5, end: 0 18 * * 1-5, desiredReplicas: "10"}
    - type: prometheus
      metadata: {serverAddress: "http://prometheus:9090", query: "sum(rate(x[1m]))", threshold: "100"}
"""

KAFKA = """
    - type: kafka
      metadata: {topic: orders}
"""


def test_what_comes_out_is_accepted_by_check(tmp_path):
    file = tmp_path / "keda.yaml"
    file.write_text(SCALED_OBJECT)
    done = run_command("import", file, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "datasources.yaml",
        "policies.yaml",
        "scaledobjects.yaml",
    ]
    checked = run_command("check", tmp_path / "out")
    assert checked.returncode == 0, checked.stdout
    assert "1 policy, 1 data source; 0 errors" in checked.stdout
    planned = run_command("plan", tmp_path / "out", "--at=2099-11-27T12:00:00Z", "--live=500")
    assert planned.returncode == 0 and "10" in planned.stdout


def test_what_is_not_carried_over_is_a_comment_and_exit_code_1(tmp_path):
    file = tmp_path / "keda.yaml"
    file.write_text(SCALED_OBJECT + KAFKA.lstrip("\n"))
    done = run_command("import", file)
    assert done.returncode == 1
    assert "# NOT CARRIED OVER: triggers[2] of type kafka stays" in done.stdout
    assert "not carried over: ScaledObject shop/web: triggers[2]" in done.stderr
    nothing = run_command("import", input="kind: Service\nmetadata: {name: x}\n", *["-"])
    assert nothing.returncode == 1 and "a Service is passed over" in nothing.stderr
    assert run_command("import").returncode == 2
