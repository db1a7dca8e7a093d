internal import CivilTime
internal import Foundation
internal import Planning
internal import Scaling
internal import TestKit
internal import Time

/// One database for all tests: it keeps what it loads.
let zones = CCTZDatabase()

extension TimeOfDay {
  /// `09:30`.
  static func at(_ text: String) -> TimeOfDay {
    let parts = text.split(separator: ":").compactMap { Int($0) }
    return TimeOfDay(minutes: parts[0] * 60 + parts[1]) ?? .startOfDay
  }
}

extension Signal {
  static func schedule(
    _ rules: [ScheduleRule] = [], default defaultReplicas: Int = 0, zone: String = "UTC"
  ) -> Signal {
    Signal(
      name: "calendar",
      kind: .schedule(
        Schedule(timeZone: zone, defaultReplicas: defaultReplicas, rules: rules)))
  }

  static func query(
    threshold: Double, required: Bool = false, uptimeFilter: String? = nil
  ) -> Signal {
    Signal(
      name: "live", required: required,
      kind: .prometheus(
        PrometheusSignal(
          source: "main", query: "load", threshold: threshold, uptimeFilter: uptimeFilter)))
  }

  static func forecast() -> Signal {
    Signal(
      name: "predicted", kind: .forecast(ForecastSignal(source: "default", workload: "my-api")))
  }
}

extension Policy {
  init(
    _ signals: [Signal], leadTime: Duration = .seconds(600), hold: Hold = .forever,
    limits: ReplicaLimits = ReplicaLimits()
  ) {
    self.init(
      name: ResourceName(name: "my-api"), leadTime: leadTime, hold: hold, limits: limits,
      signals: signals)
  }
}

/// Load histories: two of the project's own, and real ones beside the repository, which tests use
/// where they are.
extension LoadHistory {
  private static let real = "fixtures/load"

  /// What a test of the real histories is enabled by: without them it counts as skipped.
  static let areRealOnesThere = FileManager.default.fileExists(
    atPath: FixtureFiles.shared(real).path)

  /// Of the real ones.
  static func real(_ name: String) throws -> LoadHistory {
    try LoadHistory(csv: Array(Data(contentsOf: FixtureFiles.shared("\(real)/\(name)"))))
  }

  /// Of the project's own, which Tests/Fixtures/load/generate.py writes.
  static func own(_ name: String) throws -> LoadHistory {
    try LoadHistory(csv: Array(Data(contentsOf: FixtureFiles.own("load/\(name)"))))
  }
}
