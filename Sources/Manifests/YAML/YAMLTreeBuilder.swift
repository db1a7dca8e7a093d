/// Builds trees out of the events of a stream.
///
/// An alias shares the tree behind its anchor, so that memory stays bounded by the file; the
/// limits count what a reader of the tree will walk over.
struct YAMLTreeBuilder {
  private(set) var documents: [YAMLNode] = []
  private let limits: YAMLLimits
  private var nodes = 0
  /// The collections that are open, the outermost first.
  private var open: [Collection] = []
  private var anchors: [String: Anchor] = [:]

  /// A collection whose end has not been read.
  private struct Collection {
    var position: SourcePosition
    var anchor: String?
    /// The size and height of what it holds so far.
    var extent = Extent(height: 1)
    var content: Content

    enum Content {
      case sequence([YAMLNode])
      case mapping(MappingBuilder)
    }
  }

  /// How much a node holds, itself included, aliases followed.
  private struct Extent {
    var nodes = 1
    /// Collections inside each other: 0 for a scalar.
    var height: Int

    mutating func include(_ child: Extent) {
      nodes += child.nodes
      height = max(height, child.height + 1)
    }
  }

  private enum Anchor {
    /// Its collection is still open.
    case unfinished
    case node(YAMLNode, Extent)
  }

  init(limits: YAMLLimits) {
    self.limits = limits
  }

  /// Takes the next event of the stream.
  ///
  /// - Throws: A problem when the event breaks a rule of manifests, or a limit.
  mutating func received(_ event: YAMLEvent) throws(YAMLProblem) {
    let position = event.position
    switch event.kind {
    case .documentStart:
      anchors = [:]
    case .documentEnd:
      break
    case .alias(let name):
      try receivedAlias(name, at: position)
    case .scalar(let text, let isPlain, let properties):
      let isNumberLike = try YAMLTag.isPlain(properties.tag, isPlain: isPlain, at: position)
      let scalar = YAMLScalar(text: text, isPlain: isNumberLike)
      try close(
        YAMLNode(position: position, content: .scalar(scalar)), Extent(height: 0),
        anchor: properties.anchor)
    case .sequenceStart(let properties):
      try YAMLTag.check(properties.tag, allowed: .sequence, at: position)
      try start(.sequence([]), properties, at: position)
    case .mappingStart(let properties):
      try YAMLTag.check(properties.tag, allowed: .mapping, at: position)
      try start(.mapping(MappingBuilder()), properties, at: position)
    case .sequenceEnd, .mappingEnd:
      // libyaml's grammar pairs starts and ends.
      guard let collection = open.popLast() else { return }
      try close(node(of: collection), collection.extent, anchor: collection.anchor)
    }
  }

  private mutating func start(
    _ content: Collection.Content, _ properties: YAMLEvent.Properties, at position: SourcePosition
  ) throws(YAMLProblem) {
    if let anchor = properties.anchor { anchors[anchor] = .unfinished }
    open.append(Collection(position: position, anchor: properties.anchor, content: content))
    guard open.count <= limits.depth else { throw tooDeep(position) }
  }

  private mutating func receivedAlias(
    _ name: String, at position: SourcePosition
  ) throws(YAMLProblem) {
    switch anchors[name] {
    case .node(let node, let extent):
      try attach(node, extent, counting: extent.nodes, at: position)
    case .unfinished:
      throw YAMLProblem(
        position: position, message: "the alias *\(name) stands inside the value that it repeats")
    case nil:
      throw YAMLProblem(
        position: position,
        message: "the alias *\(name) has no anchor &\(name) before it in this document")
    }
  }

  private func node(of collection: Collection) throws(YAMLProblem) -> YAMLNode {
    switch collection.content {
    case .sequence(let items):
      return YAMLNode(position: collection.position, content: .sequence(items))
    case .mapping(let mapping):
      return YAMLNode(position: collection.position, content: .mapping(try mapping.merged()))
    }
  }

  /// A node is complete: remembers it under its anchor, and puts it where it belongs.
  private mutating func close(
    _ node: YAMLNode, _ extent: Extent, anchor: String?
  ) throws(YAMLProblem) {
    if let anchor { anchors[anchor] = .node(node, extent) }
    // What a collection holds has been counted as it came.
    try attach(node, extent, counting: 1, at: node.position)
  }

  /// - Parameter position: Where the node is used, which for an alias is not where it was written.
  private mutating func attach(
    _ node: YAMLNode, _ extent: Extent, counting count: Int, at position: SourcePosition
  ) throws(YAMLProblem) {
    guard !open.isEmpty else {
      if !node.isNull { documents.append(node) }
      return
    }
    let parent = open.count - 1
    switch open[parent].content {
    case .sequence(var items):
      // Emptied first, so that appending does not copy.
      open[parent].content = .sequence([])
      items.append(node)
      open[parent].content = .sequence(items)
    case .mapping(var mapping):
      open[parent].content = .sequence([])
      try mapping.received(node, at: position)
      open[parent].content = .mapping(mapping)
    }
    open[parent].extent.include(extent)
    guard open.count + extent.height <= limits.depth else { throw tooDeep(position) }
    nodes += count
    guard nodes <= limits.nodes else {
      throw YAMLProblem(
        position: position,
        message: "the file holds more than \(limits.nodes) values, counting each use of an alias")
    }
  }

  private func tooDeep(_ position: SourcePosition) -> YAMLProblem {
    YAMLProblem(position: position, message: "values are nested more than \(limits.depth) deep")
  }
}

extension YAMLNode {
  /// What a document without content holds, and a key without a value.
  var isNull: Bool {
    if case .scalar(let scalar) = content { scalar.value == .null } else { false }
  }
}
