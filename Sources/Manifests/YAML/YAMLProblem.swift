/// Why a text is not a YAML stream that manifests may use: one sentence, and the place.
struct YAMLProblem: Error, Hashable, Sendable {
  var position: SourcePosition
  var message: String
}
