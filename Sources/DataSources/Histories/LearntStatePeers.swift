/// The other replicas, which may have learnt already what would be learnt here for minutes.
package struct LearntStatePeers: Sendable {
  /// What one replica has said.
  package struct Answer: Sendable {
    package var address: String
    /// None, some or all of those that were asked for, in any order; not checked yet.
    package var states: [[UInt8]]

    package init(address: String, states: [[UInt8]]) {
      self.address = address
      self.states = states
    }
  }

  /// Asks every other replica for the states of these fingerprints, at most
  /// `ForecastLearning.mostAskedAtOnce`; answers once, from any thread and within seconds, with what
  /// each of those that answered has.
  package var ask: @Sendable ([UInt64], @escaping @Sendable ([Answer]) -> Void) -> Void

  /// How long they are not asked after none of them has answered.
  package var pause = Duration.seconds(60)

  package init(
    ask: @escaping @Sendable ([UInt64], @escaping @Sendable ([Answer]) -> Void) -> Void
  ) {
    self.ask = ask
  }
}
