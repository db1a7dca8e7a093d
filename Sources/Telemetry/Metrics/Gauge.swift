private import Synchronization

/// A number that goes up and down. Lock-free; one handle may be used from any thread.
package final class Gauge: Sendable {
  /// The bit pattern of a Double.
  private let bits = Atomic<UInt64>(0)

  init() {}

  package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  package func set(_ value: Double) {
    bits.store(value.bitPattern, ordering: .relaxed)
  }

  package func set(_ value: Int) {
    set(Double(value))
  }

  /// In seconds.
  package func set(_ value: Duration) {
    set(value.inSeconds)
  }

  package func increment() {
    add(1)
  }

  package func decrement() {
    add(-1)
  }

  package func add(_ amount: Double) {
    bits.addDouble(amount)
  }
}

extension Gauge {
  func write(to samples: inout SampleText) {
    samples.append(suffix: "", value: SampleText.number(value))
  }
}

extension Duration {
  /// As a floating-point number of seconds, which is what Prometheus counts in.
  package var inSeconds: Double {
    // In halves, because the division of 128-bit integers behind `components` would be most of
    // the cost of a histogram.
    let attoseconds = attoseconds
    let high = Double(Int64(truncatingIfNeeded: attoseconds >> 64))
    let low = Double(UInt64(truncatingIfNeeded: attoseconds))
    return (high * 0x1p64 + low) / 1e18
  }
}
