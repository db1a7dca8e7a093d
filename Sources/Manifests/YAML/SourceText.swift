/// The text of a file on its way to libyaml: UTF-8 without a byte order mark.
struct SourceText {
  let bytes: [UInt8]
  /// Where `joiningSurrogates` has shortened a line.
  private let joints: [Joint]

  private struct Joint {
    var line: Int
    /// The column, in the shortened line, of the escape that stands for the pair.
    var column: Int
  }

  /// - Throws: A problem when the bytes are too many, or not UTF-8, or hold control characters.
  init(_ bytes: [UInt8], limits: YAMLLimits) throws(YAMLProblem) {
    guard bytes.count <= limits.fileSize else {
      throw YAMLProblem(
        position: .start, message: SourceText.tooLarge(bytes.count, limit: limits.fileSize))
    }
    guard !bytes.starts(with: [0xFE, 0xFF]), !bytes.starts(with: [0xFF, 0xFE]) else {
      throw YAMLProblem(position: .start, message: "the file is UTF-16; save it as UTF-8")
    }
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    self.init(trusted: text, joints: [])
    let isUTF8 = String(validating: text, as: UTF8.self) != nil
    if !isUTF8 || text.contains(where: SourceText.isForbidden) { try explain() }
  }

  private init(trusted bytes: [UInt8], joints: [Joint]) {
    self.bytes = bytes
    self.joints = joints
  }

  /// The sentence about a file that is beyond the size limit.
  static func tooLarge(_ size: Int, limit: Int) -> String {
    "the file has \(size) bytes; the limit is \(limit) (\(limit >> 20) MiB)"
  }

  /// `U+0007`.
  static func codePoint(_ value: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The place of the byte at an offset.
  func position(ofByte offset: Int) -> SourcePosition {
    var position = SourcePosition.start
    for byte in bytes.prefix(max(0, offset)) {
      position.pass(byte)
    }
    return position
  }

  /// The place after the last character.
  var end: SourcePosition { position(ofByte: bytes.count) }

  /// The byte at a place of this text; nil beyond its end.
  func byte(at place: SourcePosition) -> UInt8? {
    var position = SourcePosition.start
    for byte in bytes {
      // A continuation byte has the column of the character after its own.
      if position == place, !byte.continuesCharacter { return byte }
      guard position <= place else { return nil }
      position.pass(byte)
    }
    return nil
  }

  private static func isForbidden(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D || byte == 0x7F
  }

  /// Finds the first byte that is not UTF-8, or the first control character.
  private func explain() throws(YAMLProblem) {
    var position = SourcePosition.start
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    while true {
      switch decoder.decode(&rest) {
      case .scalarValue(let character):
        if character.isASCII, SourceText.isForbidden(UInt8(ascii: character)) {
          throw YAMLProblem(
            position: position,
            message: YAMLSyntaxError.sentence(
              problem: "control characters are not allowed", character: Int(character.value)))
        }
        position.pass(character.isASCII ? UInt8(ascii: character) : UInt8(ascii: "?"))
      case .error:
        throw YAMLProblem(
          position: position, message: "the file is not valid UTF-8 here; save it as UTF-8")
      case .emptyInput:
        return
      }
    }
  }
}

extension SourceText {
  /// The same text with every escaped surrogate pair, JSON's way to write a character beyond
  /// U+FFFF (RFC 8259, section 7), as the one escape `\UXXXXXXXX` that YAML knows. Nil when it holds
  /// no pair.
  func joiningSurrogates() -> SourceText? {
    var joined: [UInt8] = []
    var joints: [Joint] = []
    var position = SourcePosition.start
    var index = 0
    while index < bytes.count {
      var taken = bytes[index...].prefix(1)
      if bytes[index] == UInt8(ascii: "\\") {
        if let character = surrogatePair(at: index) {
          joints.append(Joint(line: position.line, column: position.column))
          let digits = String(character, radix: 16)
          let escape = "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
          joined += Array(escape.utf8)
          position.column += escape.count
          index += 12
          continue
        }
        // An escape is taken whole: its second character may be a backslash.
        taken = bytes[index...].prefix(2)
      }
      joined += taken
      for byte in taken { position.pass(byte) }
      index += taken.count
    }
    return joints.isEmpty ? nil : SourceText(trusted: joined, joints: joints)
  }

  /// Where a place of this text is in the file.
  func original(_ position: SourcePosition) -> SourcePosition {
    // A pair has 12 characters, the escape that stands for it 10.
    let before = joints.count { $0.line == position.line && $0.column < position.column }
    return SourcePosition(line: position.line, column: position.column + 2 * before)
  }

  private func surrogatePair(at index: Int) -> UInt32? {
    guard let high = escapedUnit(at: index), (0xD800...0xDBFF).contains(high),
      let low = escapedUnit(at: index + 6), (0xDC00...0xDFFF).contains(low)
    else { return nil }
    return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
  }

  /// The value of `\uXXXX` at an index.
  private func escapedUnit(at index: Int) -> UInt32? {
    guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u"), bytes[index + 2] != UInt8(ascii: "+"),
      bytes[index + 2] != UInt8(ascii: "-")
    else { return nil }
    return UInt32(String(decoding: bytes[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
  }
}

extension SourcePosition {
  /// Moves past one byte. The lead byte of a character counts, its continuation bytes do not; a
  /// line ends at its line feed.
  mutating func pass(_ byte: UInt8) {
    if byte == UInt8(ascii: "\n") {
      self = SourcePosition(line: line + 1, column: 1)
    } else if !byte.continuesCharacter {
      column += 1
    }
  }
}

extension UInt8 {
  fileprivate var continuesCharacter: Bool { self & 0xC0 == 0x80 }
}
