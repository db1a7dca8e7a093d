/// What documents that are written alike have in common: all but some scalars.
///
/// A fleet has thousands of them, made by a loop or a chart. What differs are the names and numbers
/// behind `: `; exchanging one such scalar for another moves nothing but what follows on its line,
/// so that libyaml has to read only the first of them.
struct DocumentTemplate {
  /// The nodes of the document that it was made from.
  let nodes: Range<Int>
  /// Whether it holds more than comments, and than a null.
  let hasRoot: Bool
  /// How many values it holds as limits count them.
  let valueCount: Int
  /// The line that the document begins with.
  let line: Int
  let lineCount: Int
  /// The nodes of the scalars that may differ, in the order of the text.
  let blanks: [Int]
  /// What stands before each blank, and behind the last one.
  private let literals: [Range<Int>]

  /// - Parameters:
  ///   - document: A range of `bytes`.
  ///   - mark: Of the builder before it read the document, which it has read last.
  /// - Returns: nil for a document with aliases: what they stand for is no scalar of its own.
  init?(
    of document: SourceDocument, in bytes: [UInt8], readBy builder: YAMLTreeBuilder,
    since mark: YAMLTreeBuilder.Mark
  ) {
    let now = builder.mark
    nodes = mark.nodes..<now.nodes
    hasRoot = now.documents > mark.documents
    valueCount = now.values - mark.values
    line = document.line
    lineCount = document.lineCount
    var scalars = ReplaceableScalars(of: document, in: bytes)
    var next = scalars.next()
    var blanks: [Int] = []
    var literals: [Range<Int>] = []
    var literalStart = document.range.lowerBound
    for index in nodes {
      let node = builder.nodes[index]
      guard node.kind != .alias, node.kind != .mergeKey else { return nil }
      // Those that are passed over are comments, and parts of longer texts.
      while let scalar = next, scalar.position < node.position { next = scalars.next() }
      guard let scalar = next, scalar.position == node.position,
        node.kind == (scalar.isQuoted ? .quoted : .plain),
        builder.bytes[Int(node.start)..<Int(node.start + node.count)]
          .elementsEqual(bytes[scalar.range])
      else { continue }
      blanks.append(index)
      literals.append(literalStart..<scalar.range.lowerBound)
      literalStart = scalar.range.upperBound
    }
    literals.append(literalStart..<document.range.upperBound)
    self.blanks = blanks
    self.literals = literals
  }

  /// Compares the document that begins at `start`.
  ///
  /// - Parameter texts: Where the scalars in place of the blanks go: ranges of `bytes`.
  /// - Returns: the end of the document; nil when it is another one.
  func match(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, texts: inout [Range<Int>]
  ) -> Int? {
    texts.removeAll(keepingCapacity: true)
    var position = start
    for (index, literal) in literals.enumerated() {
      guard bytes.count - position >= literal.count,
        bytes[position..<position + literal.count].elementsEqual(bytes[literal])
      else { return nil }
      position += literal.count
      guard index < blanks.count else { break }
      guard let end = ReplaceableScalars.end(in: bytes, from: position) else { return nil }
      texts.append(position..<end)
      position = end
    }
    return SourceDocument.isEnd(bytes, position) ? position : nil
  }
}
