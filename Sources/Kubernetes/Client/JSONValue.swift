internal import HTTPClient
internal import Telemetry

/// A JSON value as a tree, for objects of which any part may matter: patches are written with
/// literals, and answers are read with subscripts.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// In the order of the text.
  case object([Member])

  package struct Member: Hashable, Sendable {
    package var key: String
    package var value: JSONValue

    package init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The member of an object; nil for none, and for null, as Kubernetes sees it.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self,
      let value = members.first(where: { $0.key == key })?.value, value != .null
    else { return nil }
    return value
  }

  package var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// A whole number, whichever way it is written.
  package var integer: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// Empty for what is no array.
  package var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// Empty for what is no object.
  package var members: [Member] {
    if case .object(let members) = self { members } else { [] }
  }

  /// Sets, replaces or (nil) removes a member of an object. Does nothing to other values.
  package mutating func set(_ key: String, _ value: JSONValue?) {
    guard case .object(var members) = self else { return }
    if let index = members.firstIndex(where: { $0.key == key }) {
      if let value { members[index].value = value } else { members.remove(at: index) }
    } else if let value {
      members.append(Member(key, value))
    }
    self = .object(members)
  }
}

// MARK: Text

extension JSONValue {
  /// Why a text is not JSON: one sentence.
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package var description: String
  }

  /// Reads one value. `managedFields`, the largest part of many objects, are left out unless they are
  /// asked for.
  package init(_ bytes: [UInt8], keepsManagers: Bool = false) throws(Failure) {
    var reader = JSONReader(bytes)
    do throws(JSONError) {
      self = try Self.read(&reader, keepsManagers)
      try reader.finish()
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  private static func read(
    _ reader: inout JSONReader, _ keepsManagers: Bool
  ) throws(JSONError) -> JSONValue {
    switch reader.nextKind() {
    case .object:
      var members: [Member] = []
      try reader.readObject { (reader, key) throws(JSONError) in
        guard keepsManagers || key != "managedFields" else { return try reader.skipValue() }
        members.append(Member(key, try read(&reader, keepsManagers)))
      }
      return .object(members)
    case .array:
      var elements: [JSONValue] = []
      try reader.readArray { reader throws(JSONError) in
        elements.append(try read(&reader, keepsManagers))
      }
      return .array(elements)
    case .string: return .string(try reader.readString())
    case .bool: return .bool(try reader.readBool())
    case .number:
      // A Double has not all the whole numbers of an Int.
      var attempt = reader
      guard let whole = try? attempt.readInt() else { return .number(try reader.readDouble()) }
      reader = attempt
      return .integer(whole)
    case .null where reader.takeNull(): return .null
    case .null, .other: throw reader.unexpected("a value")
    }
  }

  /// As text, without white space.
  package var bytes: [UInt8] {
    var json = JSONWriter()
    write(to: &json)
    return json.bytes
  }

  private func write(to json: inout JSONWriter) {
    switch self {
    case .null: json.elementNull()
    case .bool(let value): json.element(value)
    case .integer(let value): json.element(value)
    case .number(let value): json.element(value)
    case .string(let text): json.element(text)
    case .array(let elements):
      json.array { json in for element in elements { element.write(to: &json) } }
    case .object(let members):
      json.object { json in
        for member in members { member.value.write(to: &json, as: member.key) }
      }
    }
  }

  private func write(to json: inout JSONWriter, as key: String) {
    switch self {
    case .null: json.fieldNull(key)
    case .bool(let value): json.field(key, value)
    case .integer(let value): json.field(key, value)
    case .number(let value): json.field(key, value)
    case .string(let text): json.field(key, text)
    case .array(let elements):
      json.field(array: key) { json in for element in elements { element.write(to: &json) } }
    case .object(let members):
      json.field(object: key) { json in
        for member in members { member.value.write(to: &json, as: member.key) }
      }
    }
  }
}

// MARK: Literals

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
  package init(nilLiteral: ()) { self = .null }
}
