package import Telemetry

/// The file of a bearer token that is exchanged while the process runs, such as a service
/// account's: read again whenever it has changed.
package struct TokenFile {
  private var file: SecretFile

  package init(path: String) {
    file = SecretFile(path: path)
  }

  /// The token, without the line break at its end.
  ///
  /// - Throws: `HTTPFailure`, one sentence: it cannot be read, is empty, or is not one line.
  package mutating func read() throws(HTTPFailure) -> Redacted {
    do {
      return try file.read()
    } catch {
      throw HTTPFailure(kind: .invalidRequest, message: error.description)
    }
  }

  /// Forgets what was read, so that the next reading does not rely on the file's times.
  package mutating func forget() {
    file = SecretFile(path: file.path)
  }
}
