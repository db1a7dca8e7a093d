private import Glibc
private import Synchronization

extension Array where Element: Sendable {
  /// What `transform` makes of every element, in their order, on so many threads, the caller's among
  /// them. Elements are begun in their order. Returns when all are done and the other threads gone.
  ///
  /// - Parameter transform: is given the index too.
  func concurrentMap<Result: Sendable>(
    threads: Int, _ transform: @escaping @Sendable (Int, Element) -> Result
  ) -> [Result] {
    guard threads > 1, count > 1 else { return enumerated().map { transform($0, $1) } }
    let job = ConcurrentJob(self, transform)
    // Where a thread cannot be had, the others do its part.
    let helpers = (1..<Swift.min(threads, count)).compactMap { _ in job.startThread() }
    job.work()
    for helper in helpers { pthread_join(helper, nil) }
    return job.results
  }
}

enum Processors {
  /// How many the machine has.
  static var count: Int { Swift.max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// A list of elements that several threads work off together.
private final class ConcurrentJob<Element: Sendable, Result: Sendable>: Sendable {
  private let elements: [Element]
  private let transform: @Sendable (Int, Element) -> Result
  private let next = Atomic(0)
  private let done: Mutex<[Result?]>

  init(_ elements: [Element], _ transform: @escaping @Sendable (Int, Element) -> Result) {
    self.elements = elements
    self.transform = transform
    done = Mutex(Array(repeating: nil, count: elements.count))
  }

  /// In the order of the elements. To be asked for when all threads have ended.
  var results: [Result] { done.withLock { $0.compactMap(\.self) } }

  func work() {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < elements.count else { return }
      let result = transform(index, elements[index])
      done.withLock { $0[index] = result }
    }
  }

  /// Nil when the system has none.
  func startThread() -> pthread_t? {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Body { self.work() })
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      return nil
    }
    return thread
  }
}

/// What a thread runs: a C function pointer cannot be generic.
private final class Body {
  let run: () -> Void

  init(_ run: @escaping () -> Void) {
    self.run = run
  }
}
