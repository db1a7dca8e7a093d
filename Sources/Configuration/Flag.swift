/// A table of flags: a case for each, whose raw value is its name on the command line.
package protocol Flag: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
  /// What the parser and the help know of the flag.
  var row: FlagRow { get }
}

extension Flag {
  /// The environment variable that is read where the flag is not given: its name in capitals, unless
  /// the table has another. Only the flags of `serve` have one.
  package var environmentVariable: String {
    row.variable ?? String(rawValue.uppercased().map { $0 == "-" ? "_" : $0 })
  }

  /// One line for each flag, for the help of a command.
  static var usage: String { table(\.row.text) }

  /// The same with the environment variables.
  static var usageWithVariables: String {
    table { "\($0.row.text) [\($0.environmentVariable)]" }
  }

  private static func table(_ text: (Self) -> String) -> String {
    let heads = allCases.map { flag in
      flag.row.kind.placeholder.map { "--\(flag.rawValue)=\($0)" } ?? "--\(flag.rawValue)"
    }
    let width = (heads.map(\.count).max() ?? 0) + 2
    return zip(heads, allCases).map { head, flag in
      "  \(head)\(String(repeating: " ", count: width - head.count))\(text(flag))"
    }.joined(separator: "\n")
  }
}
