internal import Glibc

/// Why the state directory could not be used: one sentence.
package struct StateFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String

  init(_ sentence: String) {
    description = sentence
  }

  /// - Parameter number: the value of `errno`.
  init(_ action: String, _ path: String, errno number: Int32) {
    description = "\(path) cannot be \(action): \(String(cString: strerror(number)))"
  }
}

/// Another process keeps its state in the same directory. It ends the start.
package struct StateDirectoryInUse: Error, Hashable, Sendable, CustomStringConvertible {
  package var path: String

  package var description: String {
    "flag --state-dir: another process uses the directory \(path); give each its own"
  }
}
