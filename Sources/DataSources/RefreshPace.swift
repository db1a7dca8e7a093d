internal import HTTPClient
internal import Scaling

/// How long to wait between two fetches of one feed.
///
/// Waits are spread so that neither the feeds of a source nor the replicas of Headstart fetch in
/// step, and they grow while fetching fails, up to a ceiling that keeps recovery quick.
struct RefreshPace {
  private var jitter: JitterSource

  /// Failing feeds are tried at least this often, unless their refresh interval is longer.
  static let longestBackOff = Duration.seconds(60)
  /// In refresh intervals: a source with a short one is not left alone for a whole minute.
  private static let backOffCeiling = 4.0
  /// How far a wait may differ from the refresh interval, either way.
  private static let deviation = 0.1

  init(jitter: JitterSource) {
    self.jitter = jitter
  }

  /// The wait between the starts of two fetches while all goes well.
  mutating func regular(refresh: Duration) -> Duration {
    Self.scaled(
      refresh, by: Double.random(in: 1 - Self.deviation...1 + Self.deviation, using: &jitter))
  }

  /// The first wait of the n-th feed of a source: a part of the refresh interval that spreads the
  /// feeds evenly over it, although all were fetched at about the same time at first.
  ///
  /// Multiples of the golden ratio, modulo 1, leave gaps of nearly equal size however many there
  /// are. The feed number 0 waits for a whole interval.
  mutating func spread(feed number: Int, refresh: Duration) -> Duration {
    let position = (Double(number % 1_000_000) * 0.618_033_988_749_895)
      .truncatingRemainder(dividingBy: 1)
    return Self.scaled(regular(refresh: refresh), by: 1 - position)
  }

  /// The wait after that many failures in a row, 1 or more: the refresh interval, then twice as
  /// long each time up to the ceiling. Never longer than the ceiling, and up to a tenth shorter.
  mutating func backOff(failures: Int, refresh: Duration) -> Duration {
    let ceiling = max(
      refresh, min(Self.longestBackOff, Self.scaled(refresh, by: Self.backOffCeiling)))
    let doublings = Double(1 << min(max(failures - 1, 0), 16))
    let wait = min(Self.scaled(refresh, by: doublings), ceiling)
    return Self.scaled(wait, by: Double.random(in: 1 - Self.deviation...1, using: &jitter))
  }

  /// A short random wait, for many feeds that all have a reason to be fetched soon.
  mutating func soon(refresh: Duration) -> Duration {
    Self.scaled(min(refresh, .seconds(1)), by: Double.random(in: 0...1, using: &jitter))
  }

  private static func scaled(_ duration: Duration, by factor: Double) -> Duration {
    let longest = 1e12
    let milliseconds = min(Double(duration.milliseconds) * factor, longest)
    return .milliseconds(Int64(max(milliseconds.rounded(.up), 1)))
  }
}
