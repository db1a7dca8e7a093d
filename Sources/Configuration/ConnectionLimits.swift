/// What clients of the gRPC port may take (docs/limits.md). Nil turns a limit off.
package struct ConnectionLimits: Sendable, Equatable {
  /// All together.
  package var connections = 10_000
  /// For the handshake of TLS, the preface and the client's SETTINGS together.
  package var handshake = Duration.seconds(20)
  package var age: Duration?
  /// What the calls of a connection that is drained for its age have left.
  package var ageGrace = Duration.seconds(60)
  package var idle: Duration?
  /// How long a client may leave answers unread.
  package var stall: Duration? = .seconds(60)
  /// In bytes, as RFC 9113 counts them (6.5.2).
  package var headerList = 64 << 10
  /// In bytes.
  package var message = 4 << 20

  /// More than a process can have descriptors for is a mistake.
  package static let maxConnections = 1_000_000
  /// gRPC's own metadata needs less than 4 KiB, and gRPC's clients allow 16 KiB.
  package static let headerListSizes = 4 << 10...64 << 10
  /// What one connection may leave incomplete in memory is 16 MiB, and so is the longest message.
  package static let messageSizes = 1 << 10...16 << 20

  package init() {}

  init(_ settings: Settings) throws(UsageError) {
    if let setting = settings[.maxConnections] {
      connections = try setting.number(in: 1...Self.maxConnections)
    }
    if let setting = settings[.handshakeTimeout] {
      handshake = try setting.duration(atLeast: .milliseconds(100))
    }
    if let setting = settings[.maxConnectionAge] { age = try setting.durationOrNever() }
    if let setting = settings[.maxConnectionAgeGrace] {
      ageGrace = try setting.duration(atLeast: .zero)
    }
    if let setting = settings[.maxConnectionIdle] { idle = try setting.durationOrNever() }
    if let setting = settings[.stallTimeout] { stall = try setting.durationOrNever() }
    if let setting = settings[.maxHeaderListSize] {
      headerList = try setting.number(in: Self.headerListSizes)
    }
    if let setting = settings[.maxMessageSize] {
      message = try setting.number(in: Self.messageSizes)
    }
  }
}
