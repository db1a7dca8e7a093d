/// How much a log record matters.
package enum LogLevel: Int, Hashable, Comparable, Sendable, CaseIterable {
  case debug, info, warning, error

  /// From the text of a flag: `debug`, `info`, `warn` or `warning`, `error`, in any case, and what
  /// EasyScale has above that, `critical`; nil for anything else.
  package init?(_ text: String) {
    switch text.lowercased() {
    case "debug": self = .debug
    case "info": self = .info
    case "warn", "warning": self = .warning
    case "error", "critical": self = .error
    default: return nil
    }
  }

  /// As it stands in JSON records and in metric labels.
  package var name: String {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }

  /// Five columns wide, so that the messages of text records line up.
  var column: String {
    switch self {
    case .debug: "DEBUG"
    case .info: "INFO "
    case .warning: "WARN "
    case .error: "ERROR"
    }
  }

  package static func < (left: LogLevel, right: LogLevel) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// How a log record is written.
package enum LogFormat: String, Hashable, Sendable, CaseIterable {
  /// For people: time, level, message, then `key=value` pairs.
  case text
  /// For collectors: one JSON object a line.
  case json

  /// From the text of a flag: `text` or `json`, in any case; nil for anything else.
  package init?(_ text: String) {
    self.init(rawValue: text.lowercased())
  }
}
