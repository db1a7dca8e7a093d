/// How targets are scaled in direct mode.
package struct DirectConfiguration: Sendable, Equatable {
  /// EasyScale's.
  package var checkInterval = Duration.seconds(60)
  /// EasyScale's, too; for policies that say none.
  package var cooldown = Duration.seconds(60)
  package var isDryRun = false

  package init() {}

  /// Nil without `--direct`. What would have no effect then is a mistake.
  init?(_ settings: Settings) throws(UsageError) {
    guard let direct = settings[.direct], try direct.truth() else {
      for flag in [ServeFlag.dryRun, .checkInterval, .cooldown] {
        guard let setting = settings[flag], settings[.direct] == nil else { continue }
        throw UsageError("\(setting.name) is given, but not --direct: nothing would be scaled")
      }
      return nil
    }
    if let setting = settings[.checkInterval] {
      checkInterval = try setting.duration(atLeast: .seconds(1))
    }
    if let setting = settings[.cooldown] { cooldown = try setting.duration(atLeast: .zero) }
    if let setting = settings[.dryRun] { isDryRun = try setting.truth() }
  }
}
