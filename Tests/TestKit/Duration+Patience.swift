extension Duration {
  /// For limits that a test is not about: longer than anything takes on the busiest machine.
  package static var patience: Duration { .seconds(300) }
}
