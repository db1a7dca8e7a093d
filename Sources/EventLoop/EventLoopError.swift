internal import CUV

/// A call of libuv that failed.
package struct EventLoopError: Error, CustomStringConvertible {
  /// What was tried, as the end of "could not …".
  package let operation: String
  /// libuv's code: a negated `errno`.
  package let code: Int32

  package init(_ operation: String, code: Int32) {
    self.operation = operation
    self.code = code
  }

  /// What the system says of it, such as `address already in use`.
  package var reason: String {
    String(cString: uv_strerror(code))
  }

  package var description: String {
    "could not \(operation): \(reason)"
  }
}
