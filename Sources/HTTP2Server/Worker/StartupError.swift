/// What keeps a server from starting, as one sentence for the person who starts it.
package struct StartupError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
