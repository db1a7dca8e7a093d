/// What may be remembered of names and of the past (docs/limits.md), in bytes.
package struct MemoryLimits: Sendable, Equatable {
  /// ScaledObjects and policies that no manifest names.
  package var implied = 16 << 20
  /// Past decisions of all policies together.
  package var history = 16 << 20

  package init() {}
}
