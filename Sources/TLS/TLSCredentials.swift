internal import Synchronization

/// The context that new connections get, which a reload exchanges; connections keep the one that
/// they began with.
package final class TLSCredentials: Sendable {
  private let context: Mutex<TLSContext>

  package init(_ context: TLSContext) {
    self.context = Mutex(context)
  }

  package var current: TLSContext {
    context.withLock { $0 }
  }

  package func replace(with new: TLSContext) {
    context.withLock { $0 = new }
  }
}
