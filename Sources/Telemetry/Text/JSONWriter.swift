/// Writes JSON (RFC 8259) in the order of the calls, into one buffer.
///
/// Numbers that JSON cannot express (NaN, infinities) become null. Strings escape all control
/// characters, also those that JSON would allow, so that the output is safe on a terminal.
package struct JSONWriter {
  package private(set) var bytes: [UInt8] = []
  /// True where the next element of the innermost container needs a comma before it.
  private var needsComma = false

  package init() {}

  // MARK: Containers

  /// `{…}` as the whole value, as an array's element, or as the value of `field`.
  package mutating func object(_ content: (inout JSONWriter) -> Void) {
    container(open: "{", close: "}", content)
  }

  /// `[…]` in the same places.
  package mutating func array(_ content: (inout JSONWriter) -> Void) {
    container(open: "[", close: "]", content)
  }

  package mutating func field(object name: String, _ content: (inout JSONWriter) -> Void) {
    key(name)
    object(content)
  }

  package mutating func field(array name: String, _ content: (inout JSONWriter) -> Void) {
    key(name)
    array(content)
  }

  // MARK: Fields

  /// A field that is null when there is no value.
  package mutating func field(_ name: String, _ value: String?) {
    key(name)
    if let value { element(value) } else { elementNull() }
  }

  package mutating func field(_ name: String, _ value: (some BinaryInteger)?) {
    key(name)
    if let value { element(value) } else { elementNull() }
  }

  package mutating func field(_ name: String, _ value: Double?) {
    key(name)
    if let value { element(value) } else { elementNull() }
  }

  package mutating func field(_ name: String, _ value: Bool?) {
    key(name)
    if let value { element(value) } else { elementNull() }
  }

  /// A field that is null.
  package mutating func fieldNull(_ name: String) {
    key(name)
    elementNull()
  }

  // MARK: Elements

  package mutating func element(_ value: String) {
    separate()
    appendQuoted(value)
  }

  package mutating func element(_ value: some BinaryInteger) {
    separate()
    bytes.append(contentsOf: String(value).utf8)
  }

  package mutating func element(_ value: Double) {
    guard value.isFinite else {
      elementNull()
      return
    }
    separate()
    bytes.append(contentsOf: NumberText.text(value).utf8)
  }

  package mutating func element(_ value: Bool) {
    separate()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  package mutating func elementNull() {
    separate()
    bytes.append(contentsOf: "null".utf8)
  }

  // MARK: Helpers

  private mutating func container(
    open: Unicode.Scalar, close: Unicode.Scalar, _ content: (inout JSONWriter) -> Void
  ) {
    separate()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    content(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func key(_ name: String) {
    separate()
    appendQuoted(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    let isPlain = text.utf8.allSatisfy {
      0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain {
      bytes.append(contentsOf: text.utf8)
    } else {
      for scalar in text.unicodeScalars { appendEscaped(scalar) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": bytes.append(contentsOf: "\\\"".utf8)
    case "\\": bytes.append(contentsOf: "\\\\".utf8)
    case "\n": bytes.append(contentsOf: "\\n".utf8)
    case "\r": bytes.append(contentsOf: "\\r".utf8)
    case "\t": bytes.append(contentsOf: "\\t".utf8)
    case _ where TextEscaping.isUnsafe(scalar): TextEscaping.append(escaping: scalar, to: &bytes)
    default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }
}
