internal import Configuration
internal import Scaling

extension CommandInput {
  /// The zone that `--time-zone` names.
  static func zone(
    _ name: String, in zones: any TimeZoneDatabase
  ) throws(UsageError) -> any TimeZoneRules {
    guard let rules = zones.timeZone(named: name) else {
      let hint = zones.advice(for: name).map { "; \($0)" } ?? ""
      throw UsageError("flag --time-zone: there is no zone \"\(name.prefix(60))\"\(hint)")
    }
    return rules
  }

  /// For a command that reads a load and takes flags only: a file among its arguments was meant as one.
  static func refuse(_ operands: [String], of command: String) throws(UsageError) {
    guard let operand = operands.first else { return }
    throw UsageError(
      "\(command) takes flags only, found \(operand.prefix(100)): --load=\(operand)?")
  }
}
