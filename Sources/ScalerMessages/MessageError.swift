/// Why the bytes of a request are not the message that they should be.
package struct MessageError: Error, Hashable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// Not protobuf, cut short, or a field of the wrong wire type.
    case malformed
    /// A string that is not UTF-8.
    case invalidText
    /// Well formed so far, but beyond `MessageDecoder.memoryLimit` once decoded, or one too many.
    case tooLarge
  }

  package let kind: Kind
  /// One sentence for the caller: what was expected, what was found, what to do.
  package let message: String

  package var description: String { message }
}

extension MessageError {
  static func malformed(_ type: StaticString, byteCount: Int) -> MessageError {
    MessageError(
      kind: .malformed,
      message: "expected a protobuf message \(type) but its \(byteCount) bytes do not parse; "
        + "generate the client from the server's own proto files")
  }

  /// A reference longer than any of Kubernetes can be.
  package static func longReference(byteCount: Int, limit: Int) -> MessageError {
    MessageError(
      kind: .malformed,
      message: "the reference's name, namespace and metadata have \(byteCount) bytes, but "
        + "Kubernetes has no names of more than \(limit); send the ScaledObject's own")
  }

  /// Metadata that is longer than what a trigger says.
  package static func longMetadata(byteCount: Int, limit: Int) -> MessageError {
    MessageError(
      kind: .malformed,
      message: "the keys of the trigger's metadata that Headstart reads have \(byteCount) bytes, "
        + "but may have \(limit); put the signals into a ScalingPolicy")
  }

  /// More different references than are kept.
  package static func manyReferences(limit: Int) -> MessageError {
    MessageError(
      kind: .tooLarge,
      message: "\(limit) ScaledObjects are known already, which is the limit: are their names or "
        + "their metadata generated?")
  }

  /// More references than may wait for their first answer.
  package static func manyUnanswered(byteCount: Int) -> MessageError {
    MessageError(
      kind: .tooLarge,
      message: "new ScaledObjects of \(byteCount >> 20) MiB wait for their first answer: ask again")
  }

  static func tooLarge(_ type: StaticString, limit: Int) -> MessageError {
    MessageError(
      kind: .tooLarge,
      message: "the message \(type) takes more than \(limit >> 20) MiB once decoded; "
        + "send fewer fields")
  }

  /// `offset` counts from the first byte of the string.
  static func invalidText(_ field: FieldPath, offset: Int) -> MessageError {
    MessageError(
      kind: .invalidText,
      message: "\(field) is not valid UTF-8 at byte \(offset); protobuf strings must be UTF-8")
  }
}

/// Names a string inside a message, for errors.
struct FieldPath: CustomStringConvertible {
  let field: StaticString
  /// Which entry of a map, where the field is one.
  var key: String?

  var description: String {
    guard let key else { return "\(field)" }
    // A key is as long as its sender likes; an error travels in a header.
    let shown = key.count > 64 ? key.prefix(64) + "…" : key[...]
    return "\(field)[\"\(shown)\"]"
  }
}
