extension Bool {
  /// Reads a text as Go's `strconv.ParseBool` does: KEDA in the metadata of triggers, the systems that
  /// Headstart replaces in their environment. Nil for a text that is neither yes nor no.
  package init?(go text: some StringProtocol) {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": self = true
    case "0", "f", "F", "false", "FALSE", "False": self = false
    default: return nil
    }
  }
}
