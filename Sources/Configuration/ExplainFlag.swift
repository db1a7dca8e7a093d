/// The flags of `headstart explain`.
package enum ExplainFlag: String, CaseIterable, Sendable {
  case namespace
  case at
  case server
  case tokenFile = "token-file"
  case caFile = "ca-file"
  case json

  /// Those that are given without a value.
  package static let switches: Set<ExplainFlag> = [.json]
}

extension ExplainFlag: CommandFlag {
  package var placeholder: String? {
    switch self {
    case .namespace: "NAMESPACE"
    case .at: "TIME"
    case .server: "URL"
    case .tokenFile, .caFile: "FILE"
    case .json: nil
    }
  }

  package var help: String {
    switch self {
    case .namespace: "the policy's namespace (default \"default\"); NAMESPACE/NAME says it too"
    case .at: "another instant: an earlier one is told from the history, a later one is projected"
    case .server: "the side port to ask (default http://127.0.0.1:8082)"
    case .tokenFile: "the bearer token of a side port that asks for one"
    case .caFile: "PEM authorities that an https server's certificate must chain to"
    case .json: "print the decision record as JSON"
    }
  }
}
