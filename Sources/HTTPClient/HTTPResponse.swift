/// The answer to an `HTTPRequest`, whatever its status.
package struct HTTPResponse: Sendable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// From the start of the request, redirects included, to the last byte.
  package var duration: Duration

  package init(
    status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
    duration: Duration = .zero
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.duration = duration
  }
}

/// The headers of an answer, kept as they came: most are never looked at.
package struct HTTPHeaders: Sendable {
  /// Whole lines, with their ends.
  private var lines: [UInt8] = []

  package init() {}

  package init(_ fields: [(name: String, value: String)]) {
    for (name, value) in fields { append(line: Array("\(name): \(value)\r\n".utf8)) }
  }

  /// Bytes so far.
  var size: Int { lines.count }

  mutating func append(line: some Collection<UInt8>) {
    lines.append(contentsOf: line)
  }

  mutating func removeAll() {
    lines.removeAll(keepingCapacity: true)
  }

  /// The value of the first header of that name, in any case, without white space around it.
  package subscript(name: String) -> String? {
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
        Self.isEqual(line[..<colon], name)
      else { continue }
      let value = line[(colon + 1)...]
      let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      let trimmed = value.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
      return String(decoding: trimmed, as: UTF8.self)
    }
    return nil
  }

  /// In ASCII, any case.
  private static func isEqual(_ bytes: ArraySlice<UInt8>, _ name: String) -> Bool {
    func lower(_ byte: UInt8) -> UInt8 {
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
    return bytes.lazy.map(lower).elementsEqual(name.utf8.lazy.map(lower))
  }
}
