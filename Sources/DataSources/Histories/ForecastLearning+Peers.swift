internal import EventLoop
internal import Forecasting
internal import Time

/// What another replica has learnt is taken from there: 10,000 workloads would else ask for 280,000
/// days of history at each start.
extension ForecastLearning {
  /// One or two megabytes, which take a peer some milliseconds.
  package static let mostAskedAtOnce = 64
  /// So long a forecast waits for the peers at most; then it learns by itself.
  private static let patience = Duration.seconds(60)

  /// Forecasts whose states the peers are asked for, a few at a time.
  struct PeerLine {
    var waiting = WaitingLine<(key: ForecastKey, since: Duration)>()
    var isAsking = false
    /// On the loop's clock.
    var pauseEnd: Duration?
    /// States that were taken over since it was empty.
    var taken = 0
  }

  /// Asks the other replicas for what a forecast has not learnt, and then follows its query.
  func askPeers(for forecast: LearntForecast) {
    guard configuration.peers != nil, !isNearlyUpToDate(forecast) else { return follow(forecast) }
    peerLine.waiting.append((forecast.key, loop.now))
    askPeers()
  }

  /// Whether one request brings what is missing: a peer would save nothing.
  private func isNearlyUpToDate(_ forecast: LearntForecast) -> Bool {
    let query = forecast.query
    let missing = query.end(at: configuration.wallClock()) - forecast.forecaster.nextBucket
    return forecast.isRestored && missing <= query.day
  }

  private func askPeers() {
    guard let peers = configuration.peers, !peerLine.isAsking else { return }
    let now = loop.now
    let isPaused = peerLine.pauseEnd.map { now < $0 } ?? false
    var keys: [ForecastKey] = []
    while keys.count < Self.mostAskedAtOnce, let (key, since) = peerLine.waiting.popFirst() {
      guard let forecast = looking(key) else { continue }
      if isPaused || now - since > Self.patience { follow(forecast) } else { keys.append(key) }
    }
    guard !keys.isEmpty else {
      if peerLine.taken > 0 { journal.took(peerLine.taken) }
      peerLine.taken = 0
      return
    }
    peerLine.isAsking = true
    let fingerprints = keys.compactMap { forecasts[$0]?.fingerprint }
    peers.ask(fingerprints) { [self, keys] answers in
      loop.post { self.assumeIsolated { $0.told(answers, about: keys) } }
    }
  }

  /// The forecast of that key, if it is still looking for what was learnt before.
  private func looking(_ key: ForecastKey) -> LearntForecast? {
    forecasts[key].flatMap { $0.isLooking ? $0 : nil }
  }

  private func told(_ answers: [LearntStatePeers.Answer], about keys: [ForecastKey]) {
    guard timer != nil else { return }
    peerLine.isAsking = false
    if answers.isEmpty, let pause = configuration.peers?.pause {
      peerLine.pauseEnd = loop.now + pause
    }
    let asking = keys.compactMap(looking)
    let byFingerprint = Dictionary(asking.map { ($0.fingerprint, $0) }) { first, _ in first }
    var taken: Set<UInt64> = []
    for answer in answers {
      let origin = "another replica, \(answer.address)"
      for state in answer.states {
        let fingerprint = LearntState.fingerprint(of: state)
        guard let fingerprint, let forecast = byFingerprint[fingerprint] else {
          let problem: LearntState.Refusal = fingerprint == nil ? .damaged : .key
          journal.passedOver(origin, "\(problem)", at: configuration.wallClock())
          continue
        }
        if take(state, for: forecast, from: origin) { taken.insert(fingerprint) }
      }
    }
    peerLine.taken += taken.count
    for forecast in asking { follow(forecast) }
    timeArrived()
    askPeers()
  }

  /// The learnt states of those of these fingerprints that have learnt all of their history, for
  /// another replica.
  package func states(of fingerprints: Set<UInt64>) -> [LearntStateCopy] {
    forecasts.values.filter { fingerprints.contains($0.fingerprint) && isComplete($0) }
      .map(\.state)
  }
}
