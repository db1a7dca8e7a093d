private import Synchronization

/// A count that only rises. Lock-free; one handle may be used from any thread.
package final class Counter: Sendable {
  private let count = Atomic<UInt64>(0)

  init() {}

  /// How much it has counted since the process started.
  package var value: UInt64 { count.load(ordering: .relaxed) }

  package func increment() {
    count.wrappingAdd(1, ordering: .relaxed)
  }

  package func increment(by amount: UInt64) {
    count.wrappingAdd(amount, ordering: .relaxed)
  }
}

extension Counter {
  func write(to samples: inout SampleText) {
    samples.append(suffix: "", value: String(value))
  }
}
