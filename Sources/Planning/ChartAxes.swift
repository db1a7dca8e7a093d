internal import Scaling
internal import Time

/// A vertical axis from 0 to a round number.
struct ValueAxis {
  /// Above 0.
  let top: Double
  /// From 0 to `top`.
  let ticks: [Double]

  /// - Parameter ticks: About how many to have above 0.
  init(maximum: Double, ticks count: Int) {
    let maximum = maximum.isFinite ? max(maximum, 1) : 1
    let rough = maximum / Double(max(count, 1))
    var step = 1.0
    // 1, 2, 5, 10, 20, 50, …: whole numbers, as replicas are.
    let factors = [2, 2.5, 2]
    var index = 0
    while step < rough {
      step *= factors[index % 3]
      index += 1
    }
    let count = Int((maximum / step).rounded(.up))
    top = Double(count) * step
    ticks = (0...count).map { Double($0) * step }
  }
}

/// An axis between two round numbers, which may be of any size and below zero.
struct NumberAxis {
  let from: Double
  let to: Double
  /// From `from` to `to`.
  let ticks: [Double]

  /// - Parameter ticks: About how many to have.
  init(from low: Double, to high: Double, ticks count: Int) {
    let span = max(high - low, 1e-6)
    var step = 1e-6
    let factors = [2, 2.5, 2]
    var index = 0
    while step * Double(count) < span {
      step *= factors[index % 3]
      index += 1
    }
    let first = (low / step).rounded(.down)
    let last = max((high / step).rounded(.up), first + 1)
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    from = first * step
    to = last * step
  }

  /// 0 at `from`, 1 at `to`.
  func fraction(of value: Double) -> Double { (value - from) / (to - from) }
}

/// A horizontal axis over a period, labelled in UTC.
struct TimeAxis {
  let from: Instant
  let to: Instant
  /// At round times of UTC.
  let ticks: [Instant]
  private let step: Int64

  /// Distances of ticks that people count in, in minutes: up to a day, then weeks, then more.
  private static let steps: [Int64] = [
    1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 40_320, 80_640,
    161_280, 525_600, 5_256_000,
  ].map { $0 * 60_000 }

  /// - Parameter most: How many ticks there is room for.
  init(from: Instant, to: Instant, most: Int) {
    self.from = from
    self.to = max(to, from.advanced(by: .milliseconds(1)))
    let length = self.from.duration(to: self.to).milliseconds
    step =
      Self.steps.first { length / $0 <= Int64(max(most, 1)) } ?? max(length, 1)
    var ticks: [Instant] = []
    let origin = from.milliseconds
    // Weeks begin on Mondays; 1970-01-05 was one.
    let anchor: Int64 = step >= 10_080 * 60_000 ? 4 * 86_400_000 : 0
    let remainder = ((origin - anchor) % step + step) % step
    var tick = remainder == 0 ? from : from.advanced(by: .milliseconds(step - remainder))
    while tick < self.to, ticks.count <= most + 1 {
      ticks.append(tick)
      tick = tick.advanced(by: .milliseconds(step))
    }
    self.ticks = ticks
  }

  /// 0 at the beginning, 1 at the end.
  func fraction(of instant: Instant) -> Double {
    Double(from.duration(to: instant).milliseconds) / Double(from.duration(to: to).milliseconds)
  }

  /// Where a column begins.
  func instant(at column: Int, of columns: Int) -> Instant {
    let length = Double(from.duration(to: to).milliseconds)
    return from.advanced(
      by: .milliseconds(Int64(length * Double(column) / Double(columns))))
  }

  /// `08:00` within two days, `11-21 08:00` within two months, `2026-11-21` beyond.
  func label(of tick: Instant) -> String {
    let text = tick.rfc3339
    let length = from.duration(to: to)
    if length <= .seconds(86_400) { return String(text.dropFirst(11).prefix(5)) }
    if length <= .seconds(60 * 86_400), step < 86_400_000 {
      return "\(text.dropFirst(5).prefix(5)) \(text.dropFirst(11).prefix(5))"
    }
    return String(length <= .seconds(60 * 86_400) ? text.dropFirst(5).prefix(5) : text.prefix(10))
  }
}
