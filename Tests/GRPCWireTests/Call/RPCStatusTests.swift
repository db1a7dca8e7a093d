internal import GRPCWire
internal import Testing

@Suite struct RPCStatusTests {
  @Test(arguments: [
    ("", ""),
    ("plain text, 1 2 3 ~!", "plain text, 1 2 3 ~!"),
    ("100%", "100%25"),
    ("a\tb\r\nc", "a%09b%0D%0Ac"),
    ("\u{7F}", "%7F"),
    ("Zürich", "Z%C3%BCrich"),
    ("→", "%E2%86%92"),
    ("😀", "%F0%9F%98%80"),
    ("%41", "%2541"),
  ])
  func `encodes messages byte by byte`(message: String, encoded: String) {
    let status = RPCStatus(.internal, message)
    #expect(String(decoding: status.encodedMessage, as: UTF8.self) == encoded)
  }

  @Test func `a message as long as is allowed stays whole`() {
    let limit = RPCStatus.maxEncodedMessage
    let message = String(repeating: "a", count: limit)
    #expect(RPCStatus(.internal, message).encodedMessage.count == limit)
    #expect(RPCStatus(.internal, message + "a").encodedMessage.count == limit)
  }

  @Test func `a message that is too long is cut between two characters`() {
    let message = String(repeating: "a", count: RPCStatus.maxEncodedMessage - 2) + "üa"
    #expect(RPCStatus(.internal, message).encodedMessage.last == UInt8(ascii: "a"))
    #expect(RPCStatus(.internal, message).encodedMessage.count == RPCStatus.maxEncodedMessage - 2)
  }

  @Test func `the seventeen codes have their numbers and names`() {
    #expect(RPCCode.allCases.map(\.rawValue) == Array(0...16))
    #expect(Set(RPCCode.allCases.map(\.name)).count == 17)
    #expect(RPCCode.ok.name == "OK")
    #expect(RPCCode.deadlineExceeded.name == "DEADLINE_EXCEEDED")
    #expect(RPCCode.unauthenticated.rawValue == 16)
  }

  @Test func `an error reads as its code and message`() {
    #expect(RPCError(.notFound, "no policy x").description == "NOT_FOUND: no policy x")
  }
}
