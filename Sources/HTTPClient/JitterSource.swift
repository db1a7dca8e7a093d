/// The random numbers that spread fetches over time: SplitMix64, so that a test can repeat them.
package struct JitterSource: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  /// Differs from one process to the next, so that replicas do not fetch in step.
  package static func random() -> JitterSource {
    var system = SystemRandomNumberGenerator()
    return JitterSource(seed: system.next())
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
