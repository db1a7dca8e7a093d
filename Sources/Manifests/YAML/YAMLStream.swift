/// The documents of a YAML or JSON text, and the error that ended it, if one did.
struct YAMLStream: Sendable {
  /// The root of every document that was read whole; documents without content are left out.
  var documents: [YAMLNode]
  var problem: YAMLProblem?

  /// Reads a text. JSON is read as the part of YAML that it is.
  init(_ bytes: [UInt8], limits: YAMLLimits = .defaults) {
    documents = []
    do throws(YAMLProblem) {
      let text = try SourceText(bytes, limits: limits)
      read(text, limits: limits)
      if problem?.message.contains(YAMLSyntaxError.invalidEscape) == true,
        let joined = text.joiningSurrogates()
      {
        read(joined, limits: limits)
      }
    } catch {
      problem = error
    }
  }

  private mutating func read(_ text: SourceText, limits: YAMLLimits) {
    var builder = YAMLTreeBuilder(limits: limits)
    problem = nil
    do throws(YAMLProblem) {
      try YAMLEventReader.forEach(in: text) { (event) throws(YAMLProblem) in
        try builder.received(event)
      }
    } catch {
      problem = error
    }
    let tree = builder.tree
    documents = builder.documents.map { YAMLNode(tree, at: $0) }
  }
}
