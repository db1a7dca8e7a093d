/// Gathers what is wrong with one file while it is decoded.
///
/// A class, because every value of the file reports to the same one; it stays within one call.
final class ManifestReport {
  /// Everything found so far, in the order of the file's lines.
  var diagnostics: [Diagnostic] {
    var sorted = found.sorted { ($0.position ?? .start) < ($1.position ?? .start) }
    if suppressed > 0 {
      sorted.append(
        Diagnostic(
          severity: .error, file: file, message: "\(suppressed) more problems are not shown"))
    }
    return sorted
  }
  /// How many errors and warnings have been reported.
  var count: Int { found.count + suppressed }
  /// A file with an error is not used.
  private(set) var errorCount = 0
  private var found: [Diagnostic] = []
  private var suppressed = 0
  private let file: String

  /// Enough to correct a file by; a file of a million mistakes must not fill the memory with them.
  private static let limit = 100

  init(file: String) {
    self.file = file
  }

  func error(_ message: @autoclosure () -> String, at position: SourcePosition) {
    errorCount += 1
    add(.error, message, position)
  }

  func warning(_ message: @autoclosure () -> String, at position: SourcePosition) {
    add(.warning, message, position)
  }

  private func add(
    _ severity: Diagnostic.Severity, _ message: () -> String, _ position: SourcePosition
  ) {
    guard found.count < ManifestReport.limit else {
      suppressed += 1
      return
    }
    found.append(
      Diagnostic(severity: severity, file: file, position: position, message: message()))
  }
}
