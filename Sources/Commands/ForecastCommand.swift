internal import CivilTime
internal import Configuration
internal import DataSources
internal import Forecasting
internal import Glibc
internal import Planning
internal import Scaling
internal import Serving
internal import Time

/// `headstart forecast`: what the built-in forecaster expects of a load.
struct ForecastCommand {
  let flags: FlagParser<ForecastFlag>
  private let zones = CCTZDatabase()
  private let now = WallClock.now()

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<ForecastFlag>(arguments)
  }

  /// - Returns: the exit code.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.forecast, to: STDOUT_FILENO)
      return 0
    }
    try CommandInput.refuse(flags.operands, of: "forecast")
    let threshold = try CommandInput.number(
      try needed(.threshold, "the load that one replica carries, such as --threshold=100"),
      flag: "threshold")
    let leadTime = try CommandInput.duration(
      try needed(.leadTime, "how far ahead to look, such as --lead-time=10m"), flag: "lead-time",
      atLeast: .seconds(1))
    let quantiles = try quantiles()
    let width = try CommandInput.chartWidth(value(.width))
    let buckets = try buckets(leadTime)
    let step = buckets.step
    let parameters = try quantiles.map { quantile throws(UsageError) in
      guard
        let parameters = ForecastParameters(
          step: step, leadTime: leadTime, threshold: threshold, quantile: quantile,
          ignoresOutages: !flags.isOn(.learnOutages))
      else {
        throw UsageError(
          "flag --lead-time is \(leadTime.text), which is more than 24 steps of \(step.text): give a"
            + " longer --step")
      }
      return parameters
    }
    var walk = ForecastWalk(buckets, parameters, clock: try clock(of: buckets))
    guard !flags.isOn(.walk) else {
      print(&walk, parameters)
      return 0
    }
    let bar = ProgressBar("learning")
    walk.run(progress: bar.advance)
    bar.end()
    try report(walk, leadTime: leadTime, width: width)
    return 0
  }

  func value(_ flag: ForecastFlag) -> String? {
    flags.values[flag]?.last
  }

  var zone: String { flags.valueOrDefault(.timeZone) }

  /// Prints the forecasts before every bucket.
  private func print(_ walk: inout ForecastWalk, _ parameters: [ForecastParameters]) {
    let bar = ProgressBar("learning")
    var lines = ForecastWalk.csvHeading(parameters) + "\n"
    walk.run(progress: bar.advance) { index, forecasts in
      lines += ForecastWalk.csvLine(index, forecasts) + "\n"
      guard lines.utf8.count > 1 << 20 else { return }
      Command.write(lines, to: STDOUT_FILENO)
      lines = ""
    }
    bar.end()
    Command.write(lines, to: STDOUT_FILENO)
  }

  // MARK: Input

  /// The load, from where the flags say.
  private func buckets(_ leadTime: Duration) throws -> LoadBuckets {
    do {
      guard let path = value(.load) else {
        return try fetch(bucket: try step(leadTime, atLeast: .zero))
      }
      guard value(.prometheus) == nil else {
        throw UsageError("give either --load or --prometheus: both are the load")
      }
      let history = try CommandInput.history(path)
      return try LoadBuckets(history, step: try step(leadTime, atLeast: history.step))
    } catch let error as InvalidHistory {
      throw UsageError("\(error)")
    }
  }

  private func needed(_ flag: ForecastFlag, _ meaning: String) throws(UsageError) -> String {
    guard let text = value(flag) else {
      throw UsageError("forecast needs --\(flag.rawValue): \(meaning)")
    }
    return text
  }

  private func quantiles() throws(UsageError) -> [Double] {
    let texts = flags.values[.quantile] ?? [flags.valueOrDefault(.quantile)]
    var quantiles: [Double] = []
    for text in texts {
      guard let quantile = Double(text), ForecastParameters.quantiles.contains(quantile) else {
        throw UsageError(
          "flag --quantile is \"\(text.prefix(60))\", but has to be a number from 0.5 to 0.99, such as"
            + " 0.9")
      }
      if !quantiles.contains(quantile) { quantiles.append(quantile) }
    }
    return quantiles
  }

  /// The length of a bucket: not shorter than the samples, where no one says so.
  private func step(_ leadTime: Duration, atLeast sample: Duration) throws(UsageError) -> Duration {
    guard let text = value(.step) else {
      guard let usual = ForecastParameters.defaultStep(leadTime: leadTime) else {
        throw UsageError(
          "flag --lead-time is \(leadTime.text), but has to be at most 24h")
      }
      return ForecastParameters.steps.first { $0 >= max(usual, sample) } ?? .seconds(3600)
    }
    let step = try CommandInput.duration(text, flag: "step", atLeast: .seconds(1))
    guard ForecastParameters.steps.contains(step) else {
      throw UsageError(
        "flag --step is \(text), but has to be one of"
          + " \(ForecastParameters.steps.map(\.text).joined(separator: ", "))")
    }
    return step
  }

  private func clock(of buckets: LoadBuckets) throws(UsageError) -> LocalClock {
    let rules = try CommandInput.zone(zone, in: zones)
    let seconds = Int(buckets.step.components.seconds)
    let day = 86_400 / seconds
    return LocalClock(
      step: seconds,
      changes: rules.offsets(
        from: buckets.start(of: buckets.first - 2 * day),
        to: buckets.start(of: buckets.end + 2 * day)))
  }

  /// The history of the query as a server would ask for it: the highest value of each bucket.
  private func fetch(bucket: Duration) throws -> LoadBuckets {
    guard let address = value(.prometheus) else {
      throw UsageError("forecast needs a load: --load=FILE, or --prometheus=URL with --query")
    }
    guard let query = value(.query) else {
      throw UsageError("flag --prometheus needs --query beside it")
    }
    let length = try CommandInput.historyLength(flags.valueOrDefault(.history))
    let step = bucket.milliseconds
    let resolution = max(step / 5, 60_000) / 1000
    let day: Int64 = 86_400_000
    let first = now.advanced(by: .zero - length).milliseconds / day * day
    // A bucket counts once it is 30 seconds old.
    let end = (now.milliseconds - 30_000) / step * step
    let range = PrometheusRange(
      address: try CommandInput.address(address),
      query: "max_over_time((\(query))[\(step / 1000)s:\(resolution)s])",
      from: Instant(milliseconds: first + step), to: Instant(milliseconds: end),
      step: .milliseconds(step))
    // The value at T is that of the bucket that ends at T.
    let history = try CommandInput.history(range) { point in
      point.value < 0
        ? nil
        : LoadHistory.Sample(
          at: point.at.advanced(by: .milliseconds(-step)), value: point.value)
    }
    return try LoadBuckets(fetched: history, step: bucket, until: range.to)
  }
}
