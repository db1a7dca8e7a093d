/// Splits command-line arguments into flags and operands, the way Go's `flag` package does, which
/// Kedastral's users have in their manifests: one dash or two, `--name=value` or `--name value`.
package struct FlagParser<Name: Flag> {
  /// In the order given; a flag may occur several times.
  package private(set) var values: [Name: [String]] = [:]
  /// What is no flag, and all that follows `--`.
  package private(set) var operands: [String] = []
  /// `--help` or `-h` was given.
  package private(set) var asksForHelp = false

  /// - Throws: `UsageError` for a flag that does not exist or lacks its value.
  package init(_ arguments: some Sequence<String>) throws(UsageError) {
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument != "-" else {
        operands.append(argument)
        continue
      }
      guard argument != "--" else {
        operands += rest
        return
      }
      let body = argument.drop { $0 == "-" }
      let name = String(body.prefix { $0 != "=" })
      guard argument.count - body.count <= 2, name != "help", name != "h" else {
        asksForHelp = name == "help" || name == "h"
        guard asksForHelp else { throw Self.unknown(argument, name) }
        continue
      }
      guard let flag = Name(rawValue: name) else { throw Self.unknown(argument, name) }
      if name.count < body.count {
        let value = String(body.dropFirst(name.count + 1))
        guard flag.row.kind != .toggle || ["true", "false"].contains(value) else {
          throw UsageError("flag --\(name) takes no value but true or false")
        }
        values[flag, default: []].append(value)
      } else if flag.row.kind == .toggle {
        values[flag, default: []].append("true")
      } else {
        guard let value = rest.popFirst() else {
          throw UsageError("flag \(argument) needs a value")
        }
        values[flag, default: []].append(value)
      }
    }
  }

  /// What was given, the last time it was; else the default of the table, which a flag that is asked
  /// for like this has to have.
  package func valueOrDefault(_ flag: Name) -> String {
    values[flag]?.last ?? flag.row.defaultValue ?? ""
  }

  /// Whether a switch is on.
  package func isOn(_ flag: Name) -> Bool {
    values[flag]?.last == "true"
  }

  private static func unknown(_ argument: String, _ name: String) -> UsageError {
    let hint = meant(by: name).map { "; did you mean --\($0)?" }
    return UsageError("unknown flag \(argument.prefix(100))\(hint ?? "; see headstart --help")")
  }

  /// What other programs call a flag that is called something else here.
  private static var elsewhere: [String: String] { ["rules-dir": "policies", "n": "namespace"] }

  private static func meant(by name: String) -> String? {
    let names = Name.allCases.map(\.rawValue)
    if let other = elsewhere[name], names.contains(other) { return other }
    let nearest = names.min { editDistance($0, name) < editDistance($1, name) }
    // A short name is near to any other short one.
    let tolerance = min(3, name.count / 2)
    return nearest.flatMap { editDistance($0, name) <= tolerance ? $0 : nil }
  }

  /// How many letters have to be changed, added or removed.
  private static func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right.unicodeScalars.prefix(64))
    var row = Array(0...right.count)
    for (index, letter) in left.unicodeScalars.prefix(64).enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let cost = letter == right[column] ? diagonal : diagonal + 1
        diagonal = row[column + 1]
        row[column + 1] = min(cost, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}

/// A command line that makes no sense: one line for people, exit code 2.
package struct UsageError: Error, Hashable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
