/// Keys of a trigger's metadata that mean something to Headstart beside `policy`, `workload`,
/// `leadTime` and `metricName`: those of the signals that a trigger may hold, and those by which
/// something else was meant. KEDA sends all keys of a trigger; the others are dropped.
package enum TriggerKey {
  /// In lower case: a known key in other case is reported as a mistake.
  private static let names: [StaticString] = [
    "policy", "workload", "leadtime", "metricname",
    "timezone", "start", "end", "desiredreplicas",
    "query", "threshold", "activationthreshold", "ignorenullvalues", "namespace", "serveraddress",
    "source", "customheaders", "queryparameters",
    "forecastquery", "forecast", "quantile", "history",
    "minreplicas", "maxreplicas", "hold",
    // Mistakes.
    "policyname", "policyref", "scalingpolicy", "workloadname", "sourcename", "datasource",
    "lead_time", "lead-time", "metric_name", "metric-name", "minreplicacount", "maxreplicacount",
    "desired_replicas", "time_zone", "time-zone",
  ]

  /// Whether Headstart reads a key, whatever its case.
  static func isRead(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
    names.contains { name in
      guard name.utf8CodeUnitCount == key.count else { return false }
      for index in 0..<key.count {
        let byte = key[index]
        let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
        if lower != name.utf8Start[index] { return false }
      }
      return true
    }
  }

  /// Whether Headstart reads a key, whatever its case.
  package static func isRead(_ key: String) -> Bool {
    var key = key
    return key.withUTF8 { isRead($0) }
  }
}

/// One entry of a trigger's metadata.
package struct TriggerEntry: Hashable, Sendable {
  package var key: String
  package var value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}
