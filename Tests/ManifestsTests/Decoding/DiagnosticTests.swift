internal import Testing

@testable internal import Manifests

struct DiagnosticTests {
  @Test func `a diagnostic is printed as compilers print theirs`() {
    var diagnostic = Diagnostic(
      severity: .error, file: "policies/a.yaml",
      position: SourcePosition(line: 12, column: 7), message: "no")
    #expect("\(diagnostic)" == "policies/a.yaml:12:7: error: no")
    diagnostic.severity = .warning
    diagnostic.position = nil
    #expect("\(diagnostic)" == "policies/a.yaml: warning: no")
  }

  @Test func `text of a file can neither fake a line nor move the cursor`() {
    let diagnostic = Diagnostic(
      severity: .error, file: "a\nb.yaml", message: "found \u{1B}[2J\u{202E}\u{2028}é")
    #expect("\(diagnostic)" == "a\\nb.yaml: error: found \\u{1B}[2J\\u{202E}\\u{2028}é")
  }

  @Test func `long text of a file is cut short`() {
    let long = String(repeating: "é", count: 61)
    #expect(quoted(long) == "\"" + String(repeating: "é", count: 60) + "…\"")
    #expect(quoted(long.dropLast()) == "\"" + String(repeating: "é", count: 60) + "\"")
  }
}
