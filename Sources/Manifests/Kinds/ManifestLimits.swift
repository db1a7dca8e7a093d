/// The bounds of the values that manifests may give, beyond which a number is taken for a mistake.
enum ManifestLimits {
  /// Replicas of a rule, a default or a limit. Kubernetes supports 150,000 pods in a whole cluster.
  static let replicas = 0...1_000_000
  /// Of one policy.
  static let signals = 100
  /// Of one schedule.
  static let rules = 1000
  /// Of one rule.
  static let dates = 1000
  /// How far ahead a policy may look, and how long it may hold what it knew: a week.
  static let week = Duration.seconds(604_800)
  /// How often a data source is asked.
  static let refresh = Duration.seconds(1)...Duration.seconds(86_400)
  /// How long one request may take.
  static let timeout = Duration.milliseconds(1)...Duration.seconds(3600)
}
