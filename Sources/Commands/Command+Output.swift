internal import Configuration
internal import Glibc
internal import Synchronization

/// A server that a command needs does not answer: exit code 3.
struct UnreachableServer: Error {
  /// One sentence for people.
  let sentence: String
}

extension Command {
  /// Writes all of a text. A reader who has gone, as `head` does, needs no more of it; any other
  /// failure is kept for `outputProblem`.
  static func write(_ text: String, to descriptor: Int32) {
    let error = writeAll(text, to: descriptor)
    if error != 0, error != EPIPE, descriptor == STDOUT_FILENO {
      outputError.store(error, ordering: .relaxed)
    }
  }

  /// Why not all of the output could be written; nil where it was. One sentence.
  static var outputProblem: String? {
    let error = outputError.load(ordering: .relaxed)
    guard error != 0 else { return nil }
    return "cannot write the output: \(String(cString: strerror(error)))"
  }

  private static let outputError = Atomic<Int32>(0)

  /// Text from outside, with everything made visible that a terminal would obey, line breaks and tabs
  /// apart.
  static func visible(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" || isHarmless(scalar) {
        result.append(scalar)
      } else {
        result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      }
    }
    return String(result)
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
      .privateUse:
      false
    default: true
    }
  }

  /// Writes a file, in place of what it held.
  ///
  /// - Throws: `UsageError` that says why it cannot be written.
  static func write(_ text: String, toFile path: String) throws(UsageError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw UsageError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let error = writeAll(text, to: descriptor)
    guard close(descriptor) == 0, error == 0 else {
      throw UsageError("cannot write \(path): \(String(cString: strerror(error)))")
    }
  }

  /// - Returns: 0, or the value of `errno`.
  private static func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = Glibc.write(
          descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if count >= 0 {
          written += count
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
  }
}
