@testable internal import HTTPClient

extension FuzzTarget {
  /// The headers of an answer: the first line is the name that is looked for.
  static let answerHeaders = FuzzTarget("answer-headers", maxLength: 512) { bytes throws(Broken) in
    let lines = FuzzInput(bytes).lines
    let name = String(decoding: lines[0], as: UTF8.self)
    var headers = HTTPHeaders()
    for line in lines.dropFirst() { headers.append(line: line + [0x0A]) }
    let value = headers[name]
    try require(
      value.map { !$0.utf8.contains(0x0A) } ?? true, "a value is longer than its line")
    let ends = [value?.utf8.first, value?.utf8.last]
    try require(!ends.contains(0x20) && !ends.contains(0x09), "a value has blanks around it")
    headers.removeAll()
    try require(headers[name] == nil, "a removed header is found")
  }
}
