internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// 2026-11-20T08:00:00Z, a Friday: when tests take place unless they say otherwise.
let base = Instant(milliseconds: 1_795_161_600_000)

/// A policy together with the readings of its signals, ready to be decided.
struct Setting {
  var policy: Policy
  var readings: [SignalReading]
  var memory = Decision.Memory()

  enum Source {
    case calendar(Schedule, name: String = "calendar")
    /// One replica for every 100; a value that is not finite stands for no reading.
    case live(Double, name: String = "live")
    /// A snapshot of `base`, in steps of a minute; an empty one stands for no reading.
    case predicted([Int], name: String = "predicted")
  }

  /// Schedules are laid out over three days around `base`. No signal is required, so that what
  /// is missing takes no part unless a test says otherwise.
  init(leadTime: Duration = .seconds(300), _ sources: [Source]) throws {
    var signals: [Signal] = []
    readings = []
    for source in sources {
      switch source {
      case .calendar(let schedule, let name):
        signals.append(Signal(name: name, required: false, kind: .schedule(schedule)))
        readings.append(
          .schedule(
            try schedule.timeline(
              from: base - .seconds(86_400), to: base + .seconds(2 * 86_400), zones: zones)))
      case .live(let value, let name):
        signals.append(
          Signal(
            name: name, required: false,
            kind: .prometheus(PrometheusSignal(source: "main", query: "q", threshold: 100))))
        readings.append(
          .prometheus(Reading(value: .sample(value), obtainedAt: base), uptime: nil))
      case .predicted(let replicas, let name):
        signals.append(
          Signal(
            name: name, required: false,
            kind: .forecast(
              ForecastSignal(source: "default", workload: "w", maxAge: .seconds(86_400)))))
        let series = ForecastSeries(
          generatedAt: base, step: .seconds(60), replicas: replicas)
        readings.append(
          .forecast(
            replicas.isEmpty ? nil : Reading(value: .forecast(series), obtainedAt: base)))
      }
    }
    policy = Policy(
      name: ResourceName(namespace: "default", name: "my-api"), leadTime: leadTime,
      signals: signals)
  }

  func decide(at now: Instant = base) -> Decision {
    Evaluator.decide(policy, readings: readings, memory: memory, at: now)
  }

  func decide(_ now: String) -> Decision {
    guard let now = try? Instant(rfc3339: now) else {
      Issue.record("\(now) is not a timestamp")
      return decide()
    }
    return decide(at: now)
  }

  /// Makes a query fail, with its value kept.
  mutating func fail(_ index: Int, since: String, _ message: String) {
    guard case .prometheus(var reading?, let uptime, _) = readings[index],
      let since = try? Instant(rfc3339: since)
    else {
      Issue.record("expected a query")
      return
    }
    reading.failure = Reading.Failure(since: since, message: message)
    readings[index] = .prometheus(reading, uptime: uptime)
  }

  /// Gives a query an uptime filter and that filter's reading.
  mutating func setUptime(_ index: Int, _ uptime: Reading?) {
    guard case .prometheus(var signal) = policy.signals[index].kind,
      case .prometheus(let reading, _, _) = readings[index]
    else {
      Issue.record("expected a query")
      return
    }
    signal.uptimeFilter = "job=\"my-api\""
    policy.signals[index].kind = .prometheus(signal)
    readings[index] = .prometheus(reading, uptime: uptime)
  }
}
