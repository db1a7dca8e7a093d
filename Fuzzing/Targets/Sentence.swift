internal import GRPCWire

/// What holds for every sentence that tells people of something that came from outside.
///
/// - Parameter limit: how many characters it may have.
func requireSentence(_ text: String, limit: Int = 2000) throws(Broken) {
  try require(!text.isEmpty, "an error says nothing")
  try require(text.unicodeScalars.count <= limit, "an error is too long: \(text)")
  try require(
    !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F },
    "an error has control characters: \(text.debugDescription)")
}

/// What holds for every status that ends a call: it fits the trailers.
func requireStatus(_ status: RPCStatus) throws(Broken) {
  let encoded = status.encodedMessage
  try require(status.code != .ok, "a refusal has the code OK")
  try require(!encoded.isEmpty, "a refusal says nothing")
  try require(encoded.count <= RPCStatus.maxEncodedMessage, "a message is too long for trailers")
  try require(
    encoded.allSatisfy { (0x20...0x7E).contains($0) }, "a message is not fit for trailers")
}
