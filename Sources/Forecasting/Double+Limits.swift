extension Double {
  /// Between -limit and limit.
  func clamped(to limit: Double) -> Double { Swift.min(Swift.max(self, -limit), limit) }

  /// Between 0 and limit; 0 for NaN.
  func clamped(upTo limit: Double) -> Double { self > 0 ? Swift.min(self, limit) : 0 }
}
