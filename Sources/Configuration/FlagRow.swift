/// One row of a table of flags.
package struct FlagRow: Sendable {
  /// What may be given as its value.
  package enum Kind: Hashable, Sendable {
    /// Nothing; `--json=false` takes it back.
    case toggle
    /// What stands in the help as this word.
    case value(String)

    static let address = Kind.value("[HOST]:PORT")
    static let bytes = Kind.value("BYTES")
    static let count = Kind.value("N")
    static let directory = Kind.value("DIR")
    static let duration = Kind.value("DURATION")
    static let file = Kind.value("FILE")
    static let name = Kind.value("NAME")
    static let time = Kind.value("TIME")
    static let url = Kind.value("URL")
    static let urls = Kind.value("URL,…")

    /// Nil for a flag without a value.
    var placeholder: String? {
      switch self {
      case .toggle: nil
      case .value(let word): word
      }
    }
  }

  let kind: Kind
  /// As a user would write it; nil where there is none, or where a sentence of the help says it.
  let defaultValue: String?
  /// The environment variable, where it is not the name in capitals.
  let variable: String?
  /// What it does, in a few words.
  let help: String

  init(
    _ kind: Kind, default defaultValue: String? = nil, variable: String? = nil, _ help: String
  ) {
    self.kind = kind
    self.defaultValue = defaultValue
    self.variable = variable
    self.help = help
  }

  /// What the help says of it.
  var text: String { defaultValue.map { "\(help) (default \($0))" } ?? help }
}
