internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// The example of design section 4, word for word.
private let example = """
  apiVersion: headstart.dev/v1alpha1
  kind: DataSource
  metadata: {name: main}
  spec:
    type: prometheus              # or forecaster
    address: http://prometheus:9090
    timeout: 5s
    refresh: 15s
    headers: {X-Scope-OrgID: team-a}
    bearerTokenFile: /var/run/secrets/prometheus/token
  ---
  apiVersion: headstart.dev/v1alpha1
  kind: ScalingPolicy
  metadata: {name: my-api, namespace: default}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: my-api}   # needed for direct scaling only
    leadTime: 10m
    hold: 5m
    limits: {minReplicas: 2, maxReplicas: 50}
    signals:
      - name: predicted
        forecast: {source: default, workload: my-api, maxAge: 20m}
      - name: calendar
        schedule:
          timeZone: Europe/Paris
          default: 2
          rules:
            - {name: Business hours, days: [Monday, Tuesday, Wednesday, Thursday, Friday], start: "09:00", end: "18:00", replicas: 10, priority: 100}
            - {name: Black Friday, dates: ["2026-11-27"], replicas: 30, priority: 300}
      - name: live
        prometheus: {source: main, query: 'sum(rate(http_requests_total[1m]))', threshold: 100, activationThreshold: 5}
  """

struct DesignExampleTests {
  @Test func `the example decodes to exactly the model that it describes`() throws {
    let file = decode(example)
    #expect(file.lines == [])
    #expect(
      file.dataSources == [
        DataSource(
          name: ResourceName(name: "main"), kind: .prometheus,
          address: "http://prometheus:9090", timeout: .seconds(5), refresh: .seconds(15),
          headers: ["X-Scope-OrgID": "team-a"],
          bearerTokenFile: "/var/run/secrets/prometheus/token")
      ])
    let nine = try #require(TimeOfDay(minutes: 540))
    let six = try #require(TimeOfDay(minutes: 1080))
    let blackFriday = try #require(CivilDate(year: 2026, month: 11, day: 27))
    let schedule = Schedule(
      timeZone: "Europe/Paris", defaultReplicas: 2,
      rules: [
        ScheduleRule(
          name: "Business hours", days: [.monday, .tuesday, .wednesday, .thursday, .friday],
          start: nine, end: six, replicas: 10, priority: 100),
        ScheduleRule(name: "Black Friday", dates: [blackFriday], replicas: 30, priority: 300),
      ])
    #expect(
      file.policies == [
        Policy(
          name: ResourceName(namespace: "default", name: "my-api"), leadTime: .seconds(600),
          hold: .upTo(.seconds(300)), limits: ReplicaLimits(minReplicas: 2, maxReplicas: 50),
          signals: [
            Signal(
              name: "predicted",
              kind: .forecast(
                ForecastSignal(source: "default", workload: "my-api", maxAge: .seconds(1200)))),
            Signal(name: "calendar", kind: .schedule(schedule)),
            Signal(
              name: "live",
              kind: .prometheus(
                PrometheusSignal(
                  source: "main", query: "sum(rate(http_requests_total[1m]))", threshold: 100,
                  activationThreshold: 5))),
          ],
          scaleTarget: ScaleTarget(apiVersion: "apps/v1", kind: "Deployment", name: "my-api"))
      ])
  }
}
