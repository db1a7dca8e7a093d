internal import HTTPClient
internal import Scaling

/// What stands in a JSON document where a pointer points to.
enum JSONPlace {
  /// A value of that kind, at these bytes.
  case value(Range<Int>, JSONReader.Kind)
  /// A list on the way has no such element: an API answers so that has no data.
  case pastEnd(String)
  /// There is no such place, for this reason.
  case nowhere(String)

  /// Names of members that an error shows.
  private static let shownNames = 5

  /// Walks along the pointer, and reads over everything else, so that half of a document is no answer.
  ///
  /// - Throws: for what is no JSON.
  init(_ pointer: JSONPointer, in reader: inout JSONReader) throws(JSONError) {
    self = try Self.find(pointer, 0, &reader)
    try reader.finish()
  }

  private static func find(
    _ pointer: JSONPointer, _ depth: Int, _ reader: inout JSONReader
  ) throws(JSONError) -> JSONPlace {
    let kind = reader.nextKind()
    guard depth < pointer.steps.count else {
      let start = reader.offset
      try reader.skipValue()
      return .value(start..<reader.offset, kind)
    }
    switch kind {
    case .object: return try member(pointer, depth, &reader)
    case .array: return try element(pointer, depth, &reader)
    case .string, .number, .bool, .null, .other:
      try reader.skipValue()
      let place = pointer.shown(depth)
      guard kind != .null else { return .pastEnd("\(place) is null") }
      return .nowhere("\(place) is \(kind.words), and has no \"\(pointer.steps[depth])\"")
    }
  }

  private static func member(
    _ pointer: JSONPointer, _ depth: Int, _ reader: inout JSONReader
  ) throws(JSONError) -> JSONPlace {
    let wanted = pointer.steps[depth]
    var found: JSONPlace?
    var names: [String] = []
    try reader.readObject { reader, key throws(JSONError) in
      if key == wanted {
        found = try find(pointer, depth + 1, &reader)
      } else {
        names.append(Excerpt.text(of: key, length: 40, hiding: reader.secrets))
        try reader.skipValue()
      }
    }
    if let found { return found }
    let shown = names.prefix(shownNames).joined(separator: ", ")
    let more = names.count > shownNames ? " and \(names.count - shownNames) more" : ""
    return .nowhere(
      "\(pointer.shown(depth)) has no member \"\(wanted)\", but "
        + (names.isEmpty ? "none at all" : shown + more))
  }

  private static func element(
    _ pointer: JSONPointer, _ depth: Int, _ reader: inout JSONReader
  ) throws(JSONError) -> JSONPlace {
    let wanted = pointer.steps[depth]
    // RFC 6901, section 4: digits without a zero in front.
    let isNumber = !wanted.isEmpty && wanted.utf8.allSatisfy { (0x30...0x39).contains($0) }
    let index = isNumber && (wanted == "0" || !wanted.hasPrefix("0")) ? Int(wanted) : nil
    var found: JSONPlace?
    var count = 0
    try reader.readArray { reader throws(JSONError) in
      if count == index {
        found = try find(pointer, depth + 1, &reader)
      } else {
        try reader.skipValue()
      }
      count += 1
    }
    if let found { return found }
    let place = pointer.shown(depth)
    guard index != nil else {
      return .nowhere("\(place) is a list, and \"\(wanted)\" is not the number of an element")
    }
    return .pastEnd("\(place) has \(count) element\(count == 1 ? "" : "s")")
  }
}

extension JSONReader.Kind {
  /// For people.
  var words: String {
    switch self {
    case .object: "an object"
    case .array: "a list"
    case .string: "a text"
    case .number: "a number"
    case .bool: "true or false"
    case .null: "null"
    case .other: "nothing that JSON knows"
    }
  }
}
