/// The flags of `headstart boost`, `freeze` and `overrides`.
package enum OverrideFlag: String, CaseIterable, Sendable {
  case atLeast = "at-least"
  case atMost = "at-most"
  case until
  case lasting = "for"
  case reason
  case end
  case id
  case namespace
  case server
  case tokenFile = "token-file"
  case caFile = "ca-file"
  case json
}

extension OverrideFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .atLeast: FlagRow(.count, "boost: replicas to ask for at least")
    case .atMost: FlagRow(.count, "boost: replicas to ask for at most")
    case .until:
      FlagRow(
        .time, "boost, freeze: the end, such as 18:00, which is the next one in the policy's zone")
    case .lasting: FlagRow(.duration, "boost, freeze: the end, from now on")
    case .reason: FlagRow(.value("TEXT"), "boost, freeze: why, for those who ask later")
    case .end: FlagRow(.toggle, "overrides: end those of the policy now")
    case .id: FlagRow(.value("ID"), "overrides: the only one to end")
    case .namespace:
      .namespace
    case .server: .server
    case .tokenFile: FlagRow(.file, "file with the bearer token, which setting and ending require")
    case .caFile: .authorities
    case .json: FlagRow(.toggle, "print JSON")
    }
  }

  /// Whether a command takes the flag.
  package func isTaken(by command: OverrideVerb) -> Bool {
    switch self {
    case .atLeast, .atMost: command == .boost
    case .until, .lasting, .reason: command != .overrides
    case .end, .id: command == .overrides
    case .namespace, .server, .tokenFile, .caFile, .json: true
    }
  }
}

/// The commands that share these flags.
package enum OverrideVerb: String, Sendable {
  case boost, freeze, overrides
}
