internal import CivilTime
internal import Configuration
internal import DataSources
internal import Glibc
internal import Planning
internal import Scaling
internal import Serving
internal import Time

/// `headstart recommend`: a policy for a load that was measured, tested on its last half.
struct RecommendCommand {
  private let flags: FlagParser<RecommendFlag>
  private let zones = CCTZDatabase()
  private let now = WallClock.now()

  /// One day to make a policy of, and one to test it on.
  private static let shortestHistory = Duration.seconds(2 * 86_400)
  /// Stands for the query where the load comes from a file.
  private static let placeholder = "the_query_of_this_load"

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<RecommendFlag>(arguments)
  }

  /// - Returns: the exit code.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.recommend, to: STDOUT_FILENO)
      return 0
    }
    try CommandInput.refuse(flags.operands, of: "recommend")
    let wish = try wish()
    let zone = try CommandInput.zone(wish.timeZone, in: zones)
    let history = try history()
    let bar = ProgressBar("trying policies")
    defer { bar.end() }
    let recommendation = try Recommendation(
      wish, over: history, zone: zone, zones: zones,
      walk: { try CommandInput.walk($0, over: history, zones: zones) { _ in } },
      progress: { bar.advance(to: $0) })
    bar.end()
    Command.write(
      recommendation.yaml(address: value(.prometheus), zone: zone), to: STDOUT_FILENO)
    return 0
  }

  // MARK: Input

  private func value(_ flag: RecommendFlag) -> String? {
    flags.values[flag]?.last
  }

  private func wish() throws(UsageError) -> Recommendation.Wish {
    guard let perReplica = value(.perReplica) else {
      throw UsageError(
        "recommend needs --per-replica: the load that one replica carries, such as --per-replica=100"
      )
    }
    let leadTime = try value(.leadTime).map { text throws(UsageError) in
      try CommandInput.duration(text, flag: "lead-time", atLeast: .seconds(1))
    }
    if let leadTime, leadTime > .seconds(86_400) {
      throw UsageError("flag --lead-time is \(leadTime.text), but has to be at most 24h")
    }
    let least = try CommandInput.whole(
      flags.valueOrDefault(.minReplicas), flag: "min-replicas", in: 0...Recommendation.mostReplicas)
    let most = try value(.maxReplicas).map { text throws(UsageError) in
      try CommandInput.whole(text, flag: "max-replicas", in: 1...Recommendation.mostReplicas)
    }
    if let most, most < least {
      throw UsageError("at least \(least) and at most \(most) replicas leave no choice")
    }
    return Recommendation.Wish(
      source: try source(), query: value(.query) ?? Self.placeholder,
      perReplica: try CommandInput.number(perReplica, flag: "per-replica"),
      startup: try CommandInput.duration(
        flags.valueOrDefault(.startup), flag: "startup", atLeast: .zero),
      atMostShort: try atMostShort(), timeZone: flags.valueOrDefault(.timeZone),
      leadTime: leadTime, minReplicas: least, maxReplicas: most,
      tolerance: try CommandInput.number(
        flags.valueOrDefault(.tolerance), flag: "tolerance", orZero: true))
  }

  private func atMostShort() throws(UsageError) -> Double {
    let text = flags.valueOrDefault(.atMostShort)
    let percent = try CommandInput.number(text, flag: "at-most-short", orZero: true)
    guard percent <= 100 else {
      throw UsageError("flag --at-most-short is \(text), but has to be 0 to 100: it is in per cent")
    }
    return percent / 100
  }

  private func source() throws(UsageError) -> String {
    let name = flags.valueOrDefault(.source)
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    guard name.utf8.count <= 63, let first = name.first, let last = name.last,
      letters.contains(first), letters.contains(last),
      name.allSatisfy({ letters.contains($0) || $0 == "-" })
    else {
      throw UsageError(
        "flag --source is \"\(name.prefix(60))\", but has to be a name of a-z, 0-9 and - such as"
          + " main")
    }
    return name
  }

  private func history() throws -> LoadHistory {
    if let path = value(.load) {
      guard value(.prometheus) == nil else {
        throw UsageError("give either --load or --prometheus: both are the load")
      }
      return try CommandInput.history(path, shape: .linear)
    }
    guard let address = value(.prometheus) else {
      throw UsageError("recommend needs a load: --load=FILE, or --prometheus=URL with --query")
    }
    guard let query = value(.query) else {
      throw UsageError("flag --prometheus needs --query beside it")
    }
    let length = try CommandInput.historyLength(
      flags.valueOrDefault(.history), atLeast: Self.shortestHistory)
    let step = try CommandInput.duration(
      flags.valueOrDefault(.step), flag: "step", atLeast: .seconds(1))
    // At whole steps, so that the same question has the same answer.
    let end = Instant(
      milliseconds: now.milliseconds / step.milliseconds * step.milliseconds)
    let range = PrometheusRange(
      address: try CommandInput.address(address), query: query,
      from: end.advanced(by: .zero - length), to: end, step: step)
    return try CommandInput.history(range, shape: .linear) {
      LoadHistory.Sample(at: $0.at, value: max($0.value, 0))
    }
  }
}
