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
      FlagRow(
        .value("NAMESPACE"),
        "the policy's namespace (default \"default\"); NAMESPACE/NAME says it too")
    case .at:
      FlagRow(.time, "explain another time: the past from the history, the future as a projection")
    case .server:
      FlagRow(.url, default: "http://127.0.0.1:8082", "the side port to ask")
    case .tokenFile:
      FlagRow(.file, "file with the bearer token, where the side port requires one")
    case .caFile:
      FlagRow(.file, "PEM CA certificates for an https server")
    case .json:
      FlagRow(.toggle, "print the decision record as JSON")
    }
  }
}
