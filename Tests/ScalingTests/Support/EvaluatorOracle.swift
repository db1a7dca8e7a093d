internal import Scaling
internal import TestKit
internal import Time

/// Design, section 1, read literally: looks at every second of the lead window.
///
/// Right for policies and readings on whole seconds only.
struct EvaluatorOracle {
  let policy: Policy
  let readings: [SignalReading]
  let memory: Decision.Memory
  let now: Instant

  /// What a signal asks at an instant, or that it takes no part.
  private enum Part {
    case asks((Int64) -> Int?)
    case silent
    case unknown
  }

  /// Nil for unavailable.
  func replicas() -> Int? {
    let parts = policy.signals.indices.map(part)
    let isMissing = zip(policy.signals, parts).contains { signal, part in
      if case .unknown = part { signal.required } else { false }
    }
    let floor = isMissing ? memory.floor : nil
    if isMissing, floor == nil { return nil }
    let asking = policy.signals.indices.filter { if case .asks = parts[$0] { true } else { false } }
    if asking.isEmpty, floor == nil { return nil }

    let longest = policy.signals.map(leadTime(of:)).max() ?? .zero
    var answer = 0
    for instant in instants(leadTime: longest) {
      var demand = 0
      for index in asking {
        guard case .asks(let ask) = parts[index],
          instants(leadTime: leadTime(of: policy.signals[index])).contains(instant)
        else { continue }
        demand = max(demand, ask(instant) ?? 0)
      }
      let raised = (demand * factor(at: instant) + 999) / 1000
      answer = max(answer, min(max(raised, floor ?? 0), cap(at: instant)))
    }
    answer = max(answer, policy.limits.minReplicas)
    if let maxReplicas = policy.limits.maxReplicas { answer = min(answer, maxReplicas) }
    return answer
  }

  private func leadTime(of signal: Signal) -> Duration { signal.leadTime ?? policy.leadTime }

  /// The present instant, and every second after it within the lead time.
  private func instants(leadTime: Duration) -> StrideTo<Int64> {
    let length = max(leadTime.milliseconds, 1)
    return stride(from: now.milliseconds, to: now.milliseconds + length, by: 1000)
  }

  private func part(_ index: Int) -> Part {
    let signal = policy.signals[index]
    switch (signal.kind, readings[index]) {
    case (.schedule, .schedule(let timeline)):
      return .asks { instant in timeline.steps.last { $0.start.milliseconds <= instant }?.replicas }
    case (.forecast(let forecast), .forecast(let reading)):
      return part(index, forecast: forecast, reading)
    case (.prometheus(let query), .prometheus(let reading, let uptime, _)):
      return part(index, query: query, reading, uptime)
    default: return .unknown
    }
  }

  private func part(_ index: Int, forecast: ForecastSignal, _ reading: Reading?) -> Part {
    guard case .forecast(let series)? = reading?.value else { return unread(index, reading) }
    let leadTime = leadTime(of: policy.signals[index])
    let maxAge = forecast.maxAge ?? (leadTime == .zero ? .seconds(300) : leadTime) * 2
    let stale = min(series.generatedAt + maxAge, reading?.staleSince ?? .distantFuture)
    let reaches = reaches(series, leadTime)
    if reaches, let failure = reading?.failure, failure.kind == .outside {
      return kept(index, since: failure.since, series: series)
    }
    if reaches, now < stale { return .asks { self.demand(series, at: $0) } }
    return kept(index, since: nil, series: reaches ? series : nil)
  }

  private func part(
    _ index: Int, query: PrometheusSignal, _ reading: Reading?, _ uptime: Reading?
  ) -> Part {
    let last: Int? =
      if case .sample(let value)? = reading?.value { count(query, value) } else { nil }
    if let failure = reading?.failure {
      switch failure.kind {
      case .silent, .learning: return unread(index, reading)
      case .partial(let bound?):
        guard let kept = memory.signals[index] else { return .unknown }
        let part = part(kept, of: index, since: failure.since, series: nil)
        guard case .asks(let ask) = part else { return part }
        let peak = instants(leadTime: leadTime(of: policy.signals[index])).compactMap(ask).max()
        let least = count(query, bound)
        return peak ?? 0 < least ? .asks { _ in least } : part
      case .partial(nil), .invalid, .outside, .lost:
        return kept(index, since: failure.since, constant: last)
      }
    }
    guard let last else { return unread(index, reading) }
    let asked = memory.signals[index].flatMap { $0.definition == nil ? $0.replicas : nil }
    let isSeenLater = asked == 0 || uptime?.obtainedAt ?? now >= reading?.obtainedAt ?? now
    let isUp = uptime?.value == .sample(1) && uptime?.failure == nil && isSeenLater
    if last == 0, query.uptimeFilter != nil, !isUp { return kept(index, since: nil) }
    return .asks { _ in last }
  }

  private func unread(_ index: Int, _ reading: Reading?) -> Part {
    let isSilent = reading?.failure?.kind == .silent
    if memory.signals[index] == nil, isSilent { return .silent }
    return kept(index, since: reading?.failure?.since)
  }

  /// What is remembered, or what a lost reading still says.
  private func kept(
    _ index: Int, since: Instant?, series: ForecastSeries? = nil, constant: Int? = nil
  ) -> Part {
    let stale = series.map {
      SignalMemory(replicas: 0, series: $0, readAt: now)
    }
    let known =
      memory.signals[index] ?? stale ?? constant.map { SignalMemory(replicas: $0, readAt: now) }
    guard let known else { return .unknown }
    return part(known, of: index, since: since, series: series)
  }

  private func part(
    _ kept: SignalMemory, of index: Int, since: Instant?, series: ForecastSeries?
  ) -> Part {
    let signal = policy.signals[index]
    let lostSince = min(kept.lostSince ?? since ?? now, now)
    if case .upTo(let hold) = signal.hold ?? policy.hold, now >= lostSince + hold {
      return .unknown
    }
    // The newest snapshot that reaches into the window, unless it is another definition's.
    let known = [series, kept.series].compactMap(\.self)
      .filter { reaches($0, leadTime(of: signal)) }
    let newest =
      kept.definition == nil ? known.max { $0.generatedAt <= $1.generatedAt } : known.first
    if let series = newest {
      return .asks { self.demand(series, at: $0) }
    }
    return .asks { _ in kept.replicas }
  }

  private func reaches(_ series: ForecastSeries, _ leadTime: Duration) -> Bool {
    instants(leadTime: leadTime).contains { demand(series, at: $0) != nil }
  }

  private func demand(_ series: ForecastSeries, at instant: Int64) -> Int? {
    guard instant >= series.generatedAt.milliseconds else { return nil }
    let step = (instant - series.generatedAt.milliseconds) / series.step.milliseconds
    return step < series.replicas.count ? series.replicas[Int(step)] : nil
  }

  private func count(_ signal: PrometheusSignal, _ value: Double) -> Int {
    guard value > signal.activationThreshold, value > 0 else { return 0 }
    let load = Int((value * 1000 + 1e-6).rounded(.down))
    let perReplica = Int((signal.threshold * 1000).rounded())
    return max((load + perReplica - 1) / perReplica, 1)
  }

  /// In thousandths, the highest of all schedules.
  private func factor(at instant: Int64) -> Int {
    var factor = 1000
    for case .schedule(let timeline) in readings {
      let step = timeline.steps.last { $0.start.milliseconds <= instant }
      factor = max(factor, step?.increase?.by.thousandths ?? 0)
    }
    return factor
  }

  private func cap(at instant: Int64) -> Int {
    var cap = Int.max
    for case .schedule(let timeline) in readings {
      cap = min(cap, timeline.steps.last { $0.start.milliseconds <= instant }?.cap ?? .max)
    }
    return cap
  }
}
