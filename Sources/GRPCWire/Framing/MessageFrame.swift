/// The prefix in front of every gRPC message: one byte that says whether the message is compressed
/// and its length in four bytes, the highest first (gRPC over HTTP/2, "Length-Prefixed-Message").
package enum MessageFrame {
  /// The bytes of the prefix.
  package static let prefixLength = 5

  /// A message with its prefix, uncompressed: what `RPCResponder` takes.
  package static func framed(_ message: some Collection<UInt8>) -> [UInt8] {
    var frame = prefix(length: message.count)
    frame.reserveCapacity(prefixLength + message.count)
    frame += message
    return frame
  }

  /// The prefix of an uncompressed message of `length` bytes. Precondition: it fits four bytes.
  package static func prefix(length: Int) -> [UInt8] {
    let length = UInt32(length)
    return [
      0, UInt8(truncatingIfNeeded: length >> 24), UInt8(truncatingIfNeeded: length >> 16),
      UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length),
    ]
  }
}
