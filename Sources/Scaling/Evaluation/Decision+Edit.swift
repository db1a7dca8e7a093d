internal import Time

extension Decision.Memory {
  /// What is remembered over an edit of the policy (design, section 1, "Memory").
  ///
  /// A signal of the same name goes on asking for its last number until its new form has been read
  /// once. Where nothing is known of a required signal, because it is new, has another name or was not
  /// required before, the last answer is not left until every required signal is known.
  ///
  /// - Parameter lastAnswer: the last decision's replicas; nil when it had none.
  package func edited(from old: Policy, to new: Policy, lastAnswer: Int?) -> Decision.Memory {
    guard old.signals != new.signals else { return self }
    let remembered = byName(in: old)
    var edited = self
    edited.signals = new.signals.map { signal in remembered[signal.name]?.serving(signal) }
    if new.signals.contains(where: { $0.required && remembered[$0.name] == nil }) {
      edited.floor = lastAnswer ?? floor
    }
    return edited
  }

  /// What each signal of a policy last asked, by its name, and by which definition.
  package func byName(in policy: Policy) -> [String: SignalMemory] {
    var result: [String: SignalMemory] = [:]
    for (signal, memory) in zip(policy.signals, signals) {
      guard var memory else { continue }
      memory.definition = memory.definition ?? signal.definition
      result[signal.name] = memory
    }
    return result
  }
}

extension SignalMemory {
  /// As what a signal last asked, whose definition may be another.
  package func serving(_ signal: Signal) -> SignalMemory {
    var memory = self
    if definition == signal.definition { memory.definition = nil }
    return memory
  }
}

extension Signal {
  /// A hash of what the signal reads and how it counts, the same in every process: readings of two
  /// definitions are not the same thing. FNV-1a, 64 bits.
  package var definition: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in kind.definition.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    return hash
  }
}

extension Signal.Kind {
  /// Everything that a demand depends on.
  fileprivate var definition: String {
    switch self {
    case .forecast(let signal):
      switch signal.origin {
      case .forecaster(let source, let workload):
        "forecast|\(source)|\(workload)\(signal.plan?.definition ?? "")"
          + (signal.options?.definition ?? "")
      case .json(let source, let query):
        "forecast|http|\(source)|\(query.value.definition)\(signal.plan?.definition ?? "")"
          + (signal.options?.definition ?? "")
      case .builtIn(let forecast): forecast.value.definition + (signal.plan?.definition ?? "")
      }
    // Read at every decision: it is never another one's number that counts.
    case .schedule: "schedule"
    case .prometheus(let signal):
      "prometheus|\(signal.source)|\(signal.json?.definition ?? signal.query)|\(signal.threshold)"
        + "|\(signal.activationThreshold)|\(signal.switchedTo ?? -1)|\(signal.evidence ?? "")"
        + (signal.options?.definition ?? "")
    }
  }
}

extension ForecastPlan {
  fileprivate var definition: String {
    "|\(threshold ?? 0)|\(headroom)|\(upMaxFactorPerStep ?? 0)|\(downMaxPercentPerStep ?? 0)"
  }
}

extension BuiltInForecast {
  fileprivate var definition: String {
    "built-in|\(source)|\(query)|\(threshold)|\(activationThreshold)|\(quantile)"
      + "|\(step.milliseconds)|\(leadTime.milliseconds)|\(bucket.rawValue)"
      + (headroom == 1 ? "" : "|\(headroom)") + (options?.definition ?? "")
  }
}
