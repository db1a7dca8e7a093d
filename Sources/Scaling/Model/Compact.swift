// Optionals of numbers take twice the space of the number. What exists once for each of 100,000
// policies keeps none as a number that stands for nothing else.

/// An instant or none.
struct CompactInstant: Hashable, Sendable {
  private var milliseconds: Int64

  /// A millisecond after the distant past.
  private static let none = Int64.min + 1

  init(_ instant: Instant?) {
    milliseconds = instant?.milliseconds ?? Self.none
  }

  var instant: Instant? {
    milliseconds == Self.none ? nil : Instant(milliseconds: milliseconds)
  }
}

/// A count or none.
struct CompactCount: Hashable, Sendable {
  private var value: Int

  init(_ count: Int?) {
    value = count ?? .min
  }

  var count: Int? { value == .min ? nil : value }
}

/// A number, which is finite, or none.
struct CompactNumber: Hashable, Sendable {
  private var value: Double

  init(_ number: Double?) {
    value = number ?? .nan
  }

  var number: Double? { value.isNaN ? nil : value }

  static func == (left: CompactNumber, right: CompactNumber) -> Bool { left.number == right.number }

  func hash(into hasher: inout Hasher) { hasher.combine(number) }
}
