internal import Telemetry

@testable internal import HTTPClient

extension FuzzTarget {
  /// The JSON reader: what it reads, the writer writes, and it reads the same again.
  static let json = FuzzTarget("json", maxLength: 2048) { bytes throws(Broken) in
    let tree: JSONTree
    do throws(JSONError) {
      tree = try JSONTree(document: bytes)
    } catch {
      try requireSentence(error.description, limit: 200)
      try require((0...bytes.count).contains(error.offset), "an error is outside of the text")
      // What is skipped may hold a number that is too large for a Double.
      let isNumber = error.problem.hasSuffix("is out of range")
      return try require(isNumber || !isSkippable(bytes), "what cannot be read is skipped")
    }
    try require(isSkippable(bytes), "what can be read is not skipped")
    var writer = JSONWriter()
    tree.write(to: &writer)
    let again = try? JSONTree(document: writer.bytes)
    try require(again == tree, "\(tree) was written and read as \(String(describing: again))")
  }

  private static func isSkippable(_ bytes: [UInt8]) -> Bool {
    var reader = JSONReader(bytes)
    do throws(JSONError) {
      try reader.skipValue()
      try reader.finish()
      return true
    } catch {
      return false
    }
  }
}

/// Any JSON, as the reader of answers reads it.
private indirect enum JSONTree: Equatable {
  case object([Member])
  case array([JSONTree])
  case string(String)
  case number(Double)
  case bool(Bool)
  case null

  struct Member: Equatable {
    var key: String
    var value: JSONTree
  }

  init(document bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes)
    self = try Self(&reader)
    try reader.finish()
  }

  private init(_ reader: inout JSONReader) throws(JSONError) {
    switch reader.nextKind() {
    case .object:
      var members: [Member] = []
      try reader.readObject { reader, key throws(JSONError) in
        members.append(Member(key: key, value: try JSONTree(&reader)))
      }
      self = .object(members)
    case .array:
      var elements: [JSONTree] = []
      try reader.readArray { reader throws(JSONError) in elements.append(try JSONTree(&reader)) }
      self = .array(elements)
    case .string:
      self = .string(try reader.readString())
    case .number:
      self = .number(try reader.readDouble())
    case .bool:
      self = .bool(try reader.readBool())
    case .null, .other:
      guard reader.takeNull() else { throw reader.unexpected("a value") }
      self = .null
    }
  }

  func write(to writer: inout JSONWriter) {
    switch self {
    case .object(let members):
      writer.object { Self.write(members, to: &$0) }
    case .array(let elements):
      writer.array { Self.write(elements, to: &$0) }
    case .string(let text): writer.element(text)
    case .number(let number): writer.element(number)
    case .bool(let bool): writer.element(bool)
    case .null: writer.elementNull()
    }
  }

  private static func write(_ elements: [JSONTree], to writer: inout JSONWriter) {
    for element in elements { element.write(to: &writer) }
  }

  private static func write(_ members: [Member], to writer: inout JSONWriter) {
    for member in members {
      switch member.value {
      case .object(let members): writer.field(object: member.key) { write(members, to: &$0) }
      case .array(let elements): writer.field(array: member.key) { write(elements, to: &$0) }
      case .string(let text): writer.field(member.key, text)
      case .number(let number): writer.field(member.key, number)
      case .bool(let bool): writer.field(member.key, bool)
      case .null: writer.fieldNull(member.key)
      }
    }
  }
}
