internal import Time

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
  /// Of one ElastiService, in seconds; KubeElasti's own bounds.
  static let cooldownPeriod = 0...604_800
  /// How long a workload may be kept, or has to be idle, and how long a target is left alone.
  static let cooldown = Duration.seconds(1)...week
  /// How long a period of `enabledPeriod` may last; a year.
  static let period = Duration.seconds(1)...Duration.seconds(366 * 86_400)
  /// How often a data source is asked.
  static let refresh = Duration.seconds(1)...Duration.seconds(86_400)
  /// How long one request may take.
  static let timeout = Duration.milliseconds(1)...Duration.seconds(3600)
}
