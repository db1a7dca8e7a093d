/// What a trigger's metadata says beside `policy`, `workload`, `leadTime` and `metricName`: signals of
/// its own, and mistakes.
package struct TriggerMetadata: Hashable, Sendable {
  /// In the order of their keys, each once.
  package let entries: [Entry]

  package struct Entry: Hashable, Sendable {
    package let key: String
    package let value: String
  }

  /// As many bytes as a few long queries have.
  package static let longest = 32 << 10

  /// Nil for nothing.
  package init?(_ entries: [(key: String, value: String)]) {
    guard !entries.isEmpty else { return nil }
    self.entries = entries.sorted { $0.key < $1.key }.map { Entry(key: $0.key, value: $0.value) }
  }

  /// The value of a key; nil where it is absent or empty.
  package subscript(key: String) -> String? {
    guard let value = entries.first(where: { $0.key == key })?.value, !value.isEmpty else {
      return nil
    }
    return value
  }

  /// Whether one of some keys has a value.
  func has(anyOf keys: [String]) -> Bool { keys.contains { self[$0] != nil } }

  package var byteCount: Int {
    entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
  }

  /// Tells apart two triggers of one ScaledObject: twelve hexadecimal digits, the same in every
  /// process. FNV-1a of 64 bits, cut.
  var hash: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ text: String) {
      // The zero ends each text: no two lists of texts run into one.
      for byte in Array(text.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    for entry in entries {
      add(entry.key)
      add(entry.value)
    }
    let digits = String(hash >> 16, radix: 16)
    return String(repeating: "0", count: 12 - digits.count) + digits
  }

  // MARK: Keys

  /// Keys by which a signal of the trigger's own begins.
  package static let signalKeys = [
    "desiredReplicas", "end", "forecast", "forecastQuery", "query", "start",
  ]

  /// What a ScaledObject says beside the signals of its trigger; `ScaledObject` has a property for each.
  package static let keysOfObject = ["policy", "workload", "leadTime", "metricName"]

  /// All that a signal, or the policy around it, may say.
  package static let keys =
    signalKeys + [
      "activationThreshold", "customHeaders", "history", "hold", "ignoreNullValues", "maxReplicas",
      "minReplicas", "namespace", "quantile", "queryParameters", "serverAddress", "source",
      "threshold", "timezone",
    ]

  /// What people write for a key, in lower case, and the key that they mean.
  package static let mistakes = [
    "policyname": "policy", "policyref": "policy", "scalingpolicy": "policy",
    "workloadname": "workload", "sourcename": "source", "datasource": "source",
    "lead_time": "leadTime", "lead-time": "leadTime", "metric_name": "metricName",
    "metric-name": "metricName", "minreplicacount": "minReplicas",
    "maxreplicacount": "maxReplicas", "desired_replicas": "desiredReplicas",
    "time_zone": "timezone", "time-zone": "timezone",
  ]

  /// The first signal that the trigger holds itself, by its key; nil for none.
  var signalKey: String? {
    Self.signalKeys.first { self[$0] != nil && !($0 == "forecast" && self[$0] == "false") }
  }

  /// - Throws: `invalidReference` for a key by which another one was meant.
  func checkKeys(of object: ScaledObject) throws(AnswerError) {
    let known = Self.keys + Self.keysOfObject
    for entry in entries where !known.contains(entry.key) {
      let lower = entry.key.lowercased()
      let meant = known.first { $0.lowercased() == lower } ?? Self.mistakes[lower]
      guard let meant else { continue }
      throw AnswerError(
        .invalidReference,
        "metadata \"\(entry.key)\" of \(object) is unknown: write \"\(meant)\"")
    }
  }
}
