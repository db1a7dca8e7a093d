/// One question of a reflection stream (`ServerReflectionRequest`, v1 and v1alpha alike).
package struct ReflectionRequest: Hashable, Sendable {
  /// Not interpreted, and repeated in the answer.
  package var host: String
  /// Nil when the message asks nothing.
  package var question: Question?

  package enum Question: Hashable, Sendable {
    case fileByName(String)
    case fileContainingSymbol(String)
    case fileContainingExtension(type: String, number: Int32)
    case extensionNumbers(type: String)
    /// The text is not interpreted.
    case services(String)
  }

  package init(host: String = "", question: Question?) {
    self.host = host
    self.question = question
  }
}

/// The answer to one question of a reflection stream.
package enum ReflectionAnswer: Hashable, Sendable {
  /// Serialized FileDescriptorProtos: the file asked for, then all that it needs.
  case files([[UInt8]])
  case extensionNumbers(type: String, [Int32])
  /// Full names.
  case services([String])
  /// A gRPC status code and one sentence. The stream goes on.
  case failure(code: Int32, message: String)
}
