/// The flags of `headstart explain`.
package enum ExplainFlag: String, CaseIterable, Sendable {
  case namespace
  case at
  case server
  case tokenFile = "token-file"
  case caFile = "ca-file"
  case json
}

extension ExplainFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .namespace:
      .namespace
    case .at:
      FlagRow(.time, "explain another time: the past from the history, the future as a projection")
    case .server:
      .server
    case .tokenFile:
      FlagRow(.file, "file with the bearer token, where the side port requires one")
    case .caFile:
      .authorities
    case .json:
      FlagRow(.toggle, "print the decision record as JSON")
    }
  }
}
