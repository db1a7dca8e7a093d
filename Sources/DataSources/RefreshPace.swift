internal import HTTPClient
internal import Scaling
internal import Time

/// How long to wait between two fetches of one feed.
///
/// Waits are spread so that neither the feeds of a source nor the replicas of Headstart fetch in
/// step, and they grow while fetching fails, up to a ceiling that keeps recovery quick.
struct RefreshPace {
  private var jitter: JitterSource

  /// Failing feeds are tried at least this often, unless their refresh interval is longer.
  static let longestBackOff = Duration.seconds(60)
  /// What may be the source's trouble is tried at least this often, whatever the refresh interval:
  /// 15 s, less what a turn may take.
  static let longestOutageWait = Duration.seconds(14)
  /// How long a server is left alone at most, however long it asks for.
  static let longestRest = Duration.seconds(300)
  /// A feed that was never read is tried again after 0.5, 1, 2 and 4 s first: Prometheus may start
  /// a second after Headstart.
  private static let firstWait = Duration.milliseconds(500)
  private static let firstTries = 4
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
  ///
  /// - Parameters:
  ///   - concernsSource: Whether the failure may be the source's; the ceiling is lower then.
  ///   - wasRead: False for a feed that never had a value; it is tried a few times soon.
  mutating func backOff(
    failures: Int, refresh: Duration, concernsSource: Bool = false, wasRead: Bool = true
  ) -> Duration {
    var ceiling = max(
      refresh, min(Self.longestBackOff, Self.scaled(refresh, by: Self.backOffCeiling)))
    if concernsSource { ceiling = min(ceiling, Self.longestOutageWait) }
    let first = wasRead ? 0 : Self.firstTries
    var wait = min(Self.doubled(refresh, times: failures - first - 1), ceiling)
    if failures <= first { wait = min(wait, Self.doubled(Self.firstWait, times: failures - 1)) }
    return Self.scaled(wait, by: Double.random(in: 1 - Self.deviation...1, using: &jitter))
  }

  /// For how long a server is left alone that asks for it: that long, up to a tenth longer, within
  /// bounds.
  mutating func rest(_ asked: Duration) -> Duration {
    Self.scaled(
      min(max(asked, .zero), Self.longestRest),
      by: Double.random(in: 1...1 + Self.deviation, using: &jitter))
  }

  /// A short random wait, for many feeds that all have a reason to be fetched soon.
  mutating func soon(refresh: Duration) -> Duration {
    Self.scaled(min(refresh, .seconds(1)), by: Double.random(in: 0...1, using: &jitter))
  }

  /// 0 times for less.
  private static func doubled(_ duration: Duration, times: Int) -> Duration {
    scaled(duration, by: Double(1 << min(max(times, 0), 16)))
  }

  private static func scaled(_ duration: Duration, by factor: Double) -> Duration {
    let longest = 1e12
    let milliseconds = min(Double(duration.milliseconds) * factor, longest)
    return .milliseconds(Int64(max(milliseconds.rounded(.up), 1)))
  }
}
