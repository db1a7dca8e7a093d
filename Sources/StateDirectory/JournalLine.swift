/// One line of a file of the state directory: a checksum, a blank, and JSON.
enum JournalLine {
  /// With its end.
  static func text(of json: [UInt8]) -> [UInt8] {
    var line = Array(Checksum.text(of: json).utf8)
    line.reserveCapacity(line.count + json.count + 2)
    line.append(UInt8(ascii: " "))
    line += json
    line.append(UInt8(ascii: "\n"))
    return line
  }

  /// The JSON of a line without its end; nil for one that was cut off or damaged.
  static func json(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let json = line.dropFirst(17)
    guard line.count > 17, line[line.startIndex + 16] == UInt8(ascii: " "),
      HexNumber.number(String(decoding: line.prefix(16), as: UTF8.self)) == Checksum.of(json)
    else { return nil }
    return json
  }

  /// Why a file with this first line cannot be used; nil when it can.
  static func problem(
    ofFile path: String, firstLine: ArraySlice<UInt8>, header: String, version: String
  ) -> String? {
    let first = String(decoding: firstLine.prefix(200), as: UTF8.self)
    guard first != header + version else { return nil }
    let found =
      first.hasPrefix(header)
      ? "is of the format \(first.dropFirst(header.count).prefix(20)), and only format "
        + "\(version) is known" : "is not what Headstart writes"
    return "\(path) \(found): it is not used"
  }
}
