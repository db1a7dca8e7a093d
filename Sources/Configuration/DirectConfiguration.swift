package import Manifests
package import Scaling

/// How targets are scaled in direct mode.
package struct DirectConfiguration: Sendable, Equatable {
  /// EasyScale's.
  package var checkInterval = Duration.seconds(60)
  /// EasyScale's, too; for policies that say none.
  package var cooldown = Duration.seconds(60)
  package var isDryRun = false
  /// Which custom resources may scale workloads of other namespaces than their own.
  package var foreignTargets = ForeignTargets.only([])
  /// Whether the ScaledObjects of ElastiServices may be paused, which goes before zero.
  package var pausesScaledObjects = true
  /// Who holds requests while a target is at zero; nil without a resolver.
  package var resolver: ElastiResolver?

  package init() {}

  /// Nil without `--direct`. What would have no effect then is a mistake.
  init?(_ settings: Settings) throws(UsageError) {
    guard let direct = settings[.direct], try direct.truth() else {
      var given = [
        ServeFlag.dryRun, .checkInterval, .cooldown, .directCrossNamespace, .pauseScaledObjects,
      ].compactMap { settings[$0] }
      if let setting = try settings.resolver() { given.append(setting) }
      if let setting = given.first, settings[.direct] == nil {
        throw UsageError("\(setting.name) is given, but not --direct: nothing would be scaled")
      }
      return nil
    }
    if let setting = settings[.checkInterval] {
      checkInterval = try setting.duration(atLeast: .seconds(1), orSeconds: true)
    }
    if let setting = settings[.cooldown] {
      cooldown = try setting.duration(atLeast: .zero, orSeconds: true)
    }
    if let setting = settings[.dryRun] { isDryRun = try setting.truth() }
    if let setting = settings[.directCrossNamespace] {
      foreignTargets = .only(try Self.objects(of: setting))
    }
    if let setting = settings[.pauseScaledObjects] { pausesScaledObjects = try setting.truth() }
    if let setting = try settings.resolver() {
      guard try settings[.watch]?.truth() == true else {
        throw UsageError(
          "\(setting.name) is given, but not --watch: there would be no ElastiService to serve")
      }
      resolver = try setting.resolver()
    }
  }

  /// Names of custom resources with their namespaces, separated by commas.
  private static func objects(of setting: Setting) throws(UsageError) -> Set<ResourceName> {
    var objects: Set<ResourceName> = []
    for part in setting.value.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: "/", omittingEmptySubsequences: false).map {
        Setting(name: setting.name, value: String($0), expected: setting.expected)
      }
      guard words.count == 2 else {
        throw UsageError(
          "\(setting.name) has \"\(part)\", but its entries are NAMESPACE/NAME of custom resources, such "
            + "as \"shop/night\", or \"shop/*\" for all of a namespace")
      }
      let name =
        words[1].value == ForeignTargets.every ? words[1].value : try words[1].name(dots: true)
      objects.insert(ResourceName(namespace: try words[0].name(dots: false), name: name))
    }
    return objects
  }
}
