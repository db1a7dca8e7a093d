import Foundation
import Testing

/// One call of the recorded KEDA run, out of `Tests/Fixtures/keda/calls.jsonl`.
struct RecordedCall: Decodable, CustomTestStringConvertible {
  let method: String
  let hex: String

  var bytes: [UInt8] {
    stride(from: 0, to: hex.utf8.count, by: 2).compactMap { offset in
      let start = hex.index(hex.startIndex, offsetBy: offset)
      return UInt8(hex[start...].prefix(2), radix: 16)
    }
  }

  var testDescription: String { "\(method), \(hex.utf8.count / 2) bytes" }

  static let all: [RecordedCall] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/keda/calls.jsonl")
    let lines = (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n") ?? []
    return lines.compactMap { line in
      try? JSONDecoder().decode(RecordedCall.self, from: Data(line.utf8))
    }
  }()
}
