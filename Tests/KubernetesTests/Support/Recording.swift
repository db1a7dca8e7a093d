internal import Foundation
internal import HTTPClient

/// An exchange with a real API server, out of `Tests/Fixtures/kubernetes`.
struct Recording {
  /// How it was asked for; a word or the arguments of curl.
  let request: String
  let response: HTTPResponse

  init(_ name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let url = folder.appending(path: "../../Fixtures/kubernetes/\(name).http")
    let bytes = [UInt8](try Data(contentsOf: url))
    var lines: [String] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      lines.append(line)
    }
    request = String(lines[0].drop { $0 == "#" || $0 == " " })
    let fields = lines.dropFirst(2).map { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      return (name: String(parts[0]), value: parts[1].trimmingCharacters(in: .whitespaces))
    }
    let status = lines[1].split(separator: " ")[1]
    response = HTTPResponse(
      status: Int(status) ?? 0, headers: HTTPHeaders(Array(fields)), body: Array(rest))
  }

  /// The body that curl sent.
  var sent: String {
    guard let start = request.firstRange(of: "-d ")?.upperBound,
      let end = request.range(of: " https://", options: .backwards)?.lowerBound
    else { return "" }
    return String(request[start..<end])
  }
}
