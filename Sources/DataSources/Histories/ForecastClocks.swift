internal import Forecasting
internal import Scaling
internal import Time

/// The local clocks of forecasts: one for each zone and step, laid out a while ahead.
struct ForecastClocks {
  private let zones: any TimeZoneDatabase
  private var clocks: [Key: (clock: LocalClock, until: Int)] = [:]

  private struct Key: Hashable {
    let zone: String
    let step: Int
  }

  /// How far clocks are laid out beyond the bucket that is asked about, and before it, in days.
  private static let ahead = 60
  private static let back = 9

  init(zones: any TimeZoneDatabase) {
    self.zones = zones
  }

  /// A clock that is right from nine days before a bucket to at least two days after it. A zone that
  /// the system does not have, which manifests exclude, is UTC.
  mutating func clock(zone: String, step: Int, around bucket: Int) -> (
    clock: LocalClock, until: Int
  ) {
    let key = Key(zone: zone, step: step)
    let day = 86_400 / step
    if let known = clocks[key], bucket + 2 * day <= known.until,
      bucket - Self.back * day >= known.until - (Self.ahead + Self.back + 2) * day
    {
      return known
    }
    let first = bucket - Self.back * day
    let until = bucket + Self.ahead * day
    func instant(_ bucket: Int) -> Instant {
      Instant(milliseconds: Int64(bucket) * Int64(step) * 1000)
    }
    let changes =
      zones.timeZone(named: zone)?.offsets(from: instant(first), to: instant(until)) ?? []
    let made = (LocalClock(step: step, changes: changes), until)
    clocks[key] = made
    return made
  }
}
