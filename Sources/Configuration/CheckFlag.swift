package import Scaling

/// The flags of `headstart check`.
package enum CheckFlag: String, CaseIterable, Sendable {
  case triggerServers = "prometheus-trigger-servers"
}

extension CheckFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .triggerServers:
      FlagRow(
        .urls,
        "what triggers of an ElastiService may name, as the server will have it (default: "
          + "any)")
    }
  }
}

extension TriggerServers {
  /// What the flags of `check` allow: any server, where they do not say.
  package init(checkedWith flags: FlagParser<CheckFlag>) throws(UsageError) {
    guard let value = flags.values[.triggerServers]?.last else {
      self = .any
      return
    }
    let setting = Setting(
      name: "flag --\(CheckFlag.triggerServers.rawValue)", value: value, expected: "URL,…")
    self.init(allowed: try setting.baseURLs())
  }
}
