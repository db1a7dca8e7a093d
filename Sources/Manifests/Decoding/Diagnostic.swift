/// One thing that is wrong with a manifest, or looks wrong.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  package var severity: Severity
  /// The file or directory, as it was named to Headstart.
  package var file: String
  /// Nil when the problem is the file as a whole, such as one that cannot be opened.
  package var position: SourcePosition?
  /// What was expected, what was found, and what to do: one sentence.
  package var message: String

  package enum Severity: String, Hashable, Sendable {
    /// The file is not used; its last good content stays in force.
    case error
    /// The file is used as it is.
    case warning
  }

  package init(
    severity: Severity, file: String, position: SourcePosition? = nil, message: String
  ) {
    self.severity = severity
    self.file = file
    self.position = position
    self.message = message
  }

  /// As compilers print it: `policies/a.yaml:12:7: error: …`. Always one line.
  package var description: String {
    let place = position.map { ":\($0)" } ?? ""
    return printable("\(file)\(place): \(severity.rawValue): \(message)".unicodeScalars)
  }
}
