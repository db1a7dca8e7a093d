internal import Testing

/// A manifest and the only thing that is wrong with it.
struct RejectedText: Sendable, CustomTestStringConvertible {
  let text: String
  /// `line:column: severity: message`.
  let diagnostic: String

  init(_ text: String, _ diagnostic: String) {
    self.text = text
    self.diagnostic = diagnostic
  }

  var testDescription: String { diagnostic }
}

/// Expects exactly that diagnostic.
func expectDiagnostic(_ rejected: RejectedText, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(
    decode(rejected.text).lines == ["a.yaml:\(rejected.diagnostic)"],
    sourceLocation: sourceLocation)
}
