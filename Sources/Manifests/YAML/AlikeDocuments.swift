/// Reads a text of many documents, of which libyaml has to read only those that are written like none
/// before them: half of the time that reading a fleet takes is libyaml's.
struct AlikeDocuments {
  private let text: SourceText
  private var builder: YAMLTreeBuilder
  private var templates: [DocumentTemplate] = []
  /// Documents that were written like another one, or were not.
  private var hits = 0
  private var misses = 0
  private var texts: [Range<Int>] = []

  /// A fleet is made from few templates; looking through more of them for each document would take
  /// longer than libyaml.
  private static let capacity = 8
  /// How many documents tell whether there is anything alike in a text.
  private static let trial = 64

  /// The tree, and the roots of its documents. Nil where the text has to be read as a whole: it is a
  /// single document, or one with an error, which is then told as of the whole text, or nothing in
  /// it is alike.
  static func read(
    _ text: SourceText, limits: YAMLLimits
  ) -> (tree: YAMLTree, documents: [Int])? {
    var reader = AlikeDocuments(text: text, builder: YAMLTreeBuilder(limits: limits))
    do throws(YAMLProblem) {
      guard try reader.read() else { return nil }
    } catch {
      return nil
    }
    return (reader.builder.tree, reader.builder.documents)
  }

  private init(text: SourceText, builder: YAMLTreeBuilder) {
    self.text = text
    self.builder = builder
  }

  /// - Returns: Whether everything has been read.
  private mutating func read() throws(YAMLProblem) -> Bool {
    let bytes = text.bytes
    return try bytes.withUnsafeBufferPointer { (bytes) throws(YAMLProblem) in
      guard let first = SourceDocument(bytes, from: 0, line: 1),
        first.range.upperBound < bytes.count
      else { return false }
      var line = 1
      var position = 0
      while position < bytes.count {
        guard let document = try readDocument(bytes, from: position, line: line) else {
          return false
        }
        position = document.end + "---\n".utf8.count
        line += document.lineCount + 1
        if misses + hits == Self.trial, misses > hits { return false }
      }
      return true
    }
  }

  /// - Returns: Where it ends; nil where that cannot be told.
  private mutating func readDocument(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, line: Int
  ) throws(YAMLProblem) -> (end: Int, lineCount: Int)? {
    for template in templates.indices.reversed() {
      guard let end = templates[template].match(bytes, from: start, texts: &texts) else { continue }
      hits += 1
      // The next one is probably like this one.
      templates.swapAt(template, templates.count - 1)
      let used = templates[templates.count - 1]
      try builder.repeatDocument(used, with: texts, of: text.bytes, at: line)
      return (end, used.lineCount)
    }
    misses += 1
    guard let document = SourceDocument(bytes, from: start, line: line) else { return nil }
    let mark = builder.mark
    try YAMLEventReader.forEach(in: text.document(document.range)) { (event) throws(YAMLProblem) in
      var event = event
      event.position.line += line - 1
      try builder.received(event)
    }
    if let template = DocumentTemplate(of: document, in: text.bytes, readBy: builder, since: mark) {
      if templates.count == Self.capacity { templates.removeFirst() }
      templates.append(template)
    }
    return (document.range.upperBound, document.lineCount)
  }
}
