internal import CivilTime
internal import Configuration
internal import DataSources
internal import Glibc
internal import Manifests
internal import Planning
internal import Scaling
internal import Serving
internal import Time

/// What `plan` and `backtest` read before they start: manifests, times, files.
enum CommandInput {
  /// The manifests that are named have errors, which have been printed.
  struct BrokenManifests: Error {}

  /// In bytes: a load history of a sample a second for three months.
  private static let fileLimit = 256 << 20
  /// The longest duration that makes sense on a command line; a century.
  private static let longestDuration = Duration.seconds(100 * 366 * 86_400)

  // MARK: Manifests

  /// The policies of files and directories, by name.
  ///
  /// Prints errors, as `check` does, and its warnings where they are asked for.
  ///
  /// - Throws: `UsageError` for a file that does not exist, and for none; `BrokenManifests`.
  static func policies(
    paths: [String], leadTime: Duration?, zones: any TimeZoneDatabase, now: Instant,
    showWarnings: Bool = false
  ) throws -> [Policy] {
    for path in paths where path != "-" && access(path, F_OK) != 0 {
      throw UsageError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    var defaults = PolicyDefaults(triggerServers: .any)
    if let leadTime { defaults.leadTime = leadTime }
    let check = ManifestCheck(paths: paths, defaults: defaults, zones: zones, now: now) { source in
      var reader = CalendarReader(source, zones: zones)
      return reader.readNow(
        userAgent: "headstart/\(Version.number)", environment: Server.cloudEnvironment,
        wallClock: WallClock.now)
    }
    for diagnostic in check.diagnostics where showWarnings || diagnostic.severity == .error {
      Command.write("\(diagnostic)\n", to: STDERR_FILENO)
    }
    guard !check.hasErrors else { throw BrokenManifests() }
    let policies = check.catalog.policies.values.map(\.value).sorted { $0.name < $1.name }
    guard !policies.isEmpty else {
      throw UsageError("there is no policy in \(paths.joined(separator: ", "))")
    }
    return policies
  }

  /// The policies of that name, as NAME or NAMESPACE/NAME; all of them for nil.
  static func choose(_ name: String?, among policies: [Policy]) throws(UsageError) -> [Policy] {
    guard let name else { return policies }
    let matching = policies.filter { $0.name.description == name || $0.name.name == name }
    guard matching.isEmpty else { return matching }
    let meant = Suggestion.nearest(
      to: name, among: policies.flatMap { [$0.name.name, "\($0.name)"] })
    let hint = meant.map { "did you mean \($0)?" } ?? list(policies)
    throw UsageError("no policy is named \"\(name.prefix(100))\": \(hint)")
  }

  /// `there are a, b and 3 more`, for a sentence about policies.
  static func list(_ policies: [Policy]) -> String {
    let shown = policies.prefix(10).map { "\($0.name)" }.joined(separator: ", ")
    let more = policies.count > 10 ? " and \(policies.count - 10) more" : ""
    return policies.count == 1 ? "there is only \(shown)" : "there are \(shown)\(more)"
  }

  // MARK: Values of flags

  /// RFC 3339, the same with a blank for `T`, a date alone, or `now`; UTC without an offset.
  static func time(
    _ text: String, flag: String, now: Instant
  ) throws(UsageError) -> Instant {
    if text == "now" { return now }
    var candidates = [text, "\(text)T00:00:00Z"]
    let bytes = Array(text.utf8)
    if bytes.count >= 16, bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T") {
      let rest = String(decoding: bytes[11...], as: UTF8.self)
      let seconds = bytes.count == 16 ? ":00" : ""
      let joined = "\(String(decoding: bytes[..<10], as: UTF8.self))T\(rest)\(seconds)"
      candidates += [joined, "\(joined)Z"]
    }
    for candidate in candidates {
      if let instant = try? Instant(rfc3339: candidate) { return instant }
    }
    throw UsageError(
      "flag --\(flag) is \"\(text.prefix(60))\", but has to be a time such as"
        + " 2026-11-27T09:00:00+01:00, \"2026-11-27 08:00:00\" or 2026-11-27")
  }

  /// A duration of at least `least`.
  static func duration(
    _ text: String, flag: String, atLeast least: Duration
  ) throws(UsageError) -> Duration {
    let duration: Duration
    do {
      duration = try Duration(text: text)
    } catch {
      throw UsageError("flag --\(flag): \(error)")
    }
    guard duration >= least, duration <= longestDuration else {
      throw UsageError(
        "flag --\(flag) is \(text), but has to be between \(least.text) and 100 years")
    }
    return duration
  }

  /// A finite number, above 0 or also 0.
  static func number(
    _ text: String, flag: String, orZero: Bool = false
  ) throws(UsageError) -> Double {
    guard let number = Double(text), number.isFinite, number > 0 || orZero && number == 0 else {
      throw UsageError(
        "flag --\(flag) is \"\(text.prefix(60))\", but has to be a number "
          + (orZero ? "of 0 or more" : "above 0"))
    }
    return number
  }

  /// A whole number of a range.
  static func whole(
    _ text: String, flag: String, in range: ClosedRange<Int>
  ) throws(UsageError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "flag --\(flag) is \"\(text.prefix(60))\", but has to be a whole number from"
          + " \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The columns of a chart: as the flag `--width` says, those of the terminal, or 100.
  static func chartWidth(_ text: String?) throws(UsageError) -> Int {
    if let text { return try whole(text, flag: "width", in: TextChart.widths) }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return Int(size.ws_col)
  }

  // MARK: Files

  static func bytes(of path: String) throws(UsageError) -> [UInt8] {
    do {
      guard path != "-" else { return try FileReader.readStandardInput(limit: fileLimit) }
      return try FileReader.read(path: path, limit: fileLimit)
    } catch {
      throw UsageError("\(path) \(error.message)")
    }
  }

  /// A load history as CSV.
  static func history(
    _ path: String, shape: LoadShape = .held
  ) throws(UsageError) -> LoadHistory {
    let bytes = try bytes(of: path)
    do {
      return try LoadHistory(csv: bytes, shape: shape)
    } catch {
      throw UsageError("\(path): \(error)")
    }
  }

  /// The series of each forecast signal for which there is a file.
  ///
  /// - Throws: `UsageError` for a file that no signal asks for.
  static func forecasts(
    files: [String], of policies: [Policy]
  ) throws(UsageError) -> [String: ForecastSeries] {
    var byName: [String: ForecastSeries] = [:]
    for path in files {
      let bytes = try bytes(of: path)
      var wanted: Set<String> = []
      var found: String?
      var matches = false
      for signal in policies.flatMap(\.signals) {
        guard case .forecast(let forecast) = signal.kind, let workload = forecast.workload else {
          continue
        }
        wanted.insert(workload)
        let file = try Self.forecast(
          bytes, of: path, loads: forecast.plan?.threshold != nil)
        found = file.workload
        guard found == nil || found == workload else { continue }
        byName[signal.name] = file.series
        matches = true
      }
      // A file that is no forecast is refused as that first.
      if wanted.isEmpty { _ = try Self.forecast(bytes, of: path, loads: false) }
      guard !matches else { continue }
      throw UsageError(
        wanted.isEmpty
          ? "\(path) is unused: no signal of the policy is a forecast"
          : "\(path) is a forecast of workload \"\(found ?? "")\", but the policy asks for"
            + " \(wanted.sorted().joined(separator: ", "))")
    }
    return byName
  }

  private static func forecast(
    _ bytes: [UInt8], of path: String, loads: Bool
  ) throws(UsageError) -> ForecastFile {
    do {
      return try ForecastFile(bytes, loads: loads)
    } catch {
      throw UsageError("\(path) is not a forecast: \(error)")
    }
  }
}
