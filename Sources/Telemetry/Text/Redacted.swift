/// A secret, such as a token or the value of a header, that no text conversion gives away.
///
/// Descriptions, debug output, string interpolation and reflection all say `[redacted]`. Only
/// `secret` hands the text out, so that a search for that word finds every use.
package struct Redacted: Hashable, Sendable {
  package let secret: String

  package init(_ secret: String) {
    self.secret = secret
  }
}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "[redacted]" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
