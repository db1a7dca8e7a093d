internal import GRPCWire

extension FuzzTarget {
  /// The headers of a request: one a line, a tab between name and value.
  static let requestHead = FuzzTarget("request-head", maxLength: 1024) { bytes throws(Broken) in
    let headers = FuzzInput(bytes).lines.map { line in
      let tab = line.firstIndex(of: 0x09) ?? line.endIndex
      return (name: Array(line[..<tab]), value: Array(line[tab...].dropFirst()))
    }
    var head = RequestHead(maxListSize: 512)
    for header in headers {
      head.received(name: header.name.span.bytes, value: header.value.span.bytes)
    }
    let verdict = head.verdict
    let path = head.path
    switch verdict {
    case .call(let timeout):
      try require(timeout.map { $0 >= .zero } ?? true, "a timeout is negative")
    case .refuse(let httpStatus, let status):
      try require([200, 405, 431].contains(httpStatus), "an answer of HTTP \(httpStatus)")
      try requireStatus(status)
    case .foreign(let httpStatus, let status):
      try require(httpStatus == 415, "an answer of HTTP \(httpStatus)")
      try requireStatus(status)
    }
    // The next request in the same memory sees nothing of this one.
    head.reset()
    try require(head.path.isEmpty, "a path outlives its request")
    for header in headers {
      head.received(name: header.name.span.bytes, value: header.value.span.bytes)
    }
    try require(head.verdict == verdict && head.path == path, "a second reading differs")
  }
}
