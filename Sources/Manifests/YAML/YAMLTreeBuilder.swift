/// Builds the trees out of the events of a stream.
///
/// An alias refers to the tree behind its anchor, so that memory stays bounded by the file; the
/// limits count what a reader of the tree will walk over.
struct YAMLTreeBuilder {
  /// The roots of the documents that are complete; those without content are left out.
  private(set) var documents: [Int] = []
  private(set) var nodes: [YAMLTree.Node] = []
  private(set) var bytes: [UInt8] = []
  private let limits: YAMLLimits
  private var values = 0
  /// The collections that are open, the outermost first.
  private var open: [Collection] = []
  private var anchors: [String: Anchor] = [:]

  /// A collection whose end has not been read.
  private struct Collection {
    /// Its node, of which `count` and `end` are not known yet.
    let index: Int
    let isMapping: Bool
    /// Of a mapping: whether a key has been read whose value comes next.
    var isValueNext = false
    /// Items, or keys, merge keys included.
    var count: UInt32 = 0
    /// The size and height of what it holds so far.
    var extent = Extent(height: 1)
    var extras: Extras?
  }

  /// What few collections have.
  private final class Extras {
    var anchor: String?
    /// All keys, once there are too many to look through.
    var keys: Set<[UInt8]> = []
    /// The values of merge keys (`<<`), in the order of the file.
    var merges: [Int] = []

    /// More keys than that are found by their hash.
    static let fewKeys = 16
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
    case node(Int, Extent)
  }

  init(limits: YAMLLimits) {
    self.limits = limits
  }

  /// What has been read so far.
  var tree: YAMLTree { YAMLTree(nodes: nodes, bytes: bytes) }

  /// Takes the next event of the stream.
  ///
  /// - Throws: A problem when the event breaks a rule of manifests, or a limit.
  mutating func received(_ event: YAMLEvent) throws(YAMLProblem) {
    let position = event.position
    switch event.kind {
    case .documentStart:
      if !anchors.isEmpty { anchors = [:] }
    case .documentEnd:
      break
    case .alias(let name):
      try receivedAlias(name.text, at: position)
    case .scalar(let text, let isPlain, let properties):
      let isNumberLike = try YAMLTag.isPlain(properties.tag?.text, isPlain: isPlain, at: position)
      let index = add(isNumberLike ? .plain : .quoted, at: position)
      nodes[index].start = UInt32(bytes.count)
      nodes[index].count = UInt32(text.count)
      bytes.append(contentsOf: text)
      try close(index, Extent(height: 0), anchor: properties.anchor?.text)
    case .sequenceStart(let properties):
      try YAMLTag.check(properties.tag?.text, allowed: .sequence, at: position)
      try start(.sequence, properties, at: position)
    case .mappingStart(let properties):
      try YAMLTag.check(properties.tag?.text, allowed: .mapping, at: position)
      try start(.mapping, properties, at: position)
    case .sequenceEnd, .mappingEnd:
      // libyaml's grammar pairs starts and ends.
      guard let last = open.indices.last else { return }
      try mergeEntries(of: last)
      let collection = open.removeLast()
      nodes[collection.index].count = collection.count
      nodes[collection.index].end = UInt32(nodes.count)
      try close(collection.index, collection.extent, anchor: collection.extras?.anchor)
    }
  }

  private mutating func add(_ kind: YAMLTree.Kind, at position: SourcePosition) -> Int {
    nodes.append(YAMLTree.Node(position: position, kind: kind, end: UInt32(nodes.count + 1)))
    return nodes.count - 1
  }

  private mutating func start(
    _ kind: YAMLTree.Kind, _ properties: YAMLEvent.Properties, at position: SourcePosition
  ) throws(YAMLProblem) {
    open.append(Collection(index: add(kind, at: position), isMapping: kind == .mapping))
    if let anchor = properties.anchor?.text {
      anchors[anchor] = .unfinished
      extras(of: open.count - 1).anchor = anchor
    }
    guard open.count <= limits.depth else { throw tooDeep(position) }
  }

  private mutating func receivedAlias(
    _ name: String, at position: SourcePosition
  ) throws(YAMLProblem) {
    switch anchors[name] {
    case .node(let target, let extent):
      try attach(addAlias(of: target, at: position), extent, counting: extent.nodes)
    case .unfinished:
      throw YAMLProblem(
        position: position, message: "the alias *\(name) stands inside the value that it repeats")
    case nil:
      throw YAMLProblem(
        position: position,
        message: "the alias *\(name) has no anchor &\(name) before it in this document")
    }
  }

  /// A node is complete: remembers it under its anchor, and puts it where it belongs.
  private mutating func close(
    _ index: Int, _ extent: Extent, anchor: String?
  ) throws(YAMLProblem) {
    if let anchor { anchors[anchor] = .node(index, extent) }
    // What a collection holds has been counted as it came.
    try attach(index, extent, counting: 1)
  }

  private mutating func attach(
    _ index: Int, _ extent: Extent, counting count: Int
  ) throws(YAMLProblem) {
    guard !open.isEmpty else {
      if !isNull(index) { documents.append(index) }
      return
    }
    let parent = open.count - 1
    if open[parent].isMapping {
      try receivedKeyOrValue(index, of: parent)
    } else {
      open[parent].count += 1
    }
    open[parent].extent.include(extent)
    let position = nodes[index].position
    guard open.count + extent.height <= limits.depth else { throw tooDeep(position) }
    try countValues(count, at: position)
  }

  private mutating func countValues(
    _ count: Int, at position: SourcePosition
  ) throws(YAMLProblem) {
    values += count
    guard values <= limits.nodes else {
      throw YAMLProblem(
        position: position,
        message: "the file holds more than \(limits.nodes) values, counting each use of an alias")
    }
  }

  private func isNull(_ index: Int) -> Bool {
    nodes[index].kind == .plain && YAMLScalar.isNull(text(of: index))
  }

  private func tooDeep(_ position: SourcePosition) -> YAMLProblem {
    YAMLProblem(position: position, message: "values are nested more than \(limits.depth) deep")
  }
}

// MARK: - Mappings

extension YAMLTreeBuilder {
  /// Takes the next key or value of a mapping, as they alternate.
  ///
  /// - Throws: A problem for a key that is given twice or is no scalar.
  private mutating func receivedKeyOrValue(_ index: Int, of parent: Int) throws(YAMLProblem) {
    guard open[parent].isValueNext else {
      open[parent].isValueNext = true
      try receivedKey(index, of: parent)
      return
    }
    open[parent].isValueNext = false
    // A key is one node.
    if nodes[index - 1].kind == .mergeKey { extras(of: parent).merges.append(index) }
  }

  private mutating func receivedKey(_ index: Int, of parent: Int) throws(YAMLProblem) {
    let position = nodes[index].position
    let scalar = nodes[resolved(index)]
    guard scalar.kind == .plain || scalar.kind == .quoted else {
      // `{{ .Values.peak }}` is a mapping whose key is a mapping.
      throw YAMLProblem(
        position: position,
        message: scalar.kind == .mapping
          ? "a key must be text, not a list or a mapping; if this is a template, such as "
            + "{{ .Values.peak }}, render it first"
          : "a key must be text, not a list or a mapping")
    }
    guard isNew(key: index, of: parent) else {
      let key = quoted(String(decoding: text(of: index), as: UTF8.self))
      let first = sameKey(as: index, of: parent).map { nodes[$0] }
      let place = first?.kind == .mergeKey ? nil : first?.position.line
      throw YAMLProblem(
        position: position,
        message: "the key \(key) is given twice" + (place.map { ", first at line \($0)" } ?? ""))
    }
    if scalar.kind == .plain, text(of: index).elementsEqual("<<".utf8) {
      nodes[index] = scalar
      nodes[index].kind = .mergeKey
      nodes[index].position = position
    }
  }

  /// Enters a key, the last of the nodes, with the others of its mapping.
  ///
  /// - Returns: Whether it is the first with its text.
  private mutating func isNew(key: Int, of parent: Int) -> Bool {
    let count = Int(open[parent].count)
    open[parent].count += 1
    guard count >= Extras.fewKeys else { return sameKey(as: key, of: parent) == nil }
    let extras = extras(of: parent)
    if count == Extras.fewKeys {
      var other = open[parent].index + 1
      while other < key {
        extras.keys.insert(Array(text(of: other)))
        other = Int(nodes[other + 1].end)
      }
    }
    return extras.keys.insert(Array(text(of: key))).inserted
  }

  /// The first key of a mapping with the same text; nil for none before it.
  private func sameKey(as key: Int, of parent: Int) -> Int? {
    let length = nodes[resolved(key)].count
    var other = open[parent].index + 1
    while other < key {
      if nodes[resolved(other)].count == length, text(of: other).elementsEqual(text(of: key)) {
        return other
      }
      // After the value.
      other = Int(nodes[other + 1].end)
    }
    return nil
  }

  /// Appends what merge keys bring in. A key of the mapping's own wins over a merged one, and an
  /// earlier merged one over a later.
  ///
  /// - Throws: A problem when a merge key's value is no mapping.
  private mutating func mergeEntries(of parent: Int) throws(YAMLProblem) {
    for value in open[parent].extras?.merges ?? [] {
      for source in try sources(of: value) {
        var next = source + 1
        let end = Int(nodes[source].end)
        while next < end {
          if nodes[next].kind != .mergeKey { merge(entry: next, into: parent) }
          next = Int(nodes[next + 1].end)
        }
      }
    }
  }

  private mutating func merge(entry: Int, into parent: Int) {
    let key = addAlias(of: entry, at: nodes[entry].position)
    guard isNew(key: key, of: parent) else {
      nodes.removeLast()
      return
    }
    _ = addAlias(of: entry + 1, at: nodes[entry + 1].position)
  }

  /// The mappings that a merge key takes: its value, or the items of it.
  private func sources(of value: Int) throws(YAMLProblem) -> [Int] {
    let position = nodes[value].position
    let value = resolved(value)
    var sources = [value]
    if nodes[value].kind == .sequence {
      sources = []
      var item = value + 1
      while item < Int(nodes[value].end) {
        sources.append(resolved(item))
        item = Int(nodes[item].end)
      }
    }
    guard sources.allSatisfy({ nodes[$0].kind == .mapping }) else {
      throw YAMLProblem(
        position: position, message: "the merge key << takes a mapping or a list of mappings")
    }
    return sources
  }

  private mutating func extras(of parent: Int) -> Extras {
    if let known = open[parent].extras { return known }
    let new = Extras()
    open[parent].extras = new
    return new
  }

  private mutating func addAlias(of target: Int, at position: SourcePosition) -> Int {
    let index = add(.alias, at: position)
    nodes[index].start = UInt32(resolved(target))
    return index
  }

  private func resolved(_ index: Int) -> Int {
    nodes[index].kind == .alias ? Int(nodes[index].start) : index
  }

  /// The text of a scalar or of an alias to one.
  private func text(of index: Int) -> ArraySlice<UInt8> {
    let node = nodes[resolved(index)]
    return bytes[Int(node.start)..<Int(node.start + node.count)]
  }
}
