internal import GRPCWire
package import Telemetry

/// Counts the RPCs of one gRPC loop, under Kedastral's names and under ours.
///
/// Counts in plain numbers of its own; `flush` adds them to the shared series. Two loops that count in
/// one place would fight for its cache line with every RPC. Confined to its loop.
package final class RPCMetrics {
  private let metrics: HeadstartMetrics
  private var tallies: [Tally]
  private var activeAnswers: UInt64 = 0
  private var inactiveAnswers: UInt64 = 0
  private var lastReplicas: Int?

  /// What has happened to one method since the last flush.
  private struct Tally {
    var codes: [UInt64]
    var durations: LocalHistogram
    var kedastralDurations: LocalHistogram
  }

  package init(_ metrics: HeadstartMetrics) {
    self.metrics = metrics
    tallies = ScalerMethod.allCases.map { method in
      // Series begin at 0, so that their first event shows up as a rise.
      let durations = metrics.rpcDuration.with([method.label])
      _ = metrics.rpcs.with([method.label, RPCCode.ok.name])
      return Tally(
        codes: Array(repeating: 0, count: RPCCode.allCases.count),
        durations: LocalHistogram(like: durations),
        kedastralDurations: LocalHistogram(
          like: method.isScaler ? metrics.kedastralRequestDuration.with([method.name]) : durations))
    }
    for method in ScalerMethod.allCases where method.kind != .unary {
      _ = metrics.streams.with([method.label])
    }
  }

  /// A streaming RPC was opened.
  func opened(_ method: ScalerMethod) {
    metrics.streams.with([method.label]).increment()
  }

  func ended(_ method: ScalerMethod, code: RPCCode, nanoseconds: UInt64) {
    tallies[method.rawValue].codes[code.rawValue] &+= 1
    tallies[method.rawValue].durations.observe(nanoseconds: nanoseconds)
    if method.isScaler {
      tallies[method.rawValue].kedastralDurations.observe(nanoseconds: nanoseconds)
    }
    if method.kind != .unary { metrics.streams.with([method.label]).decrement() }
  }

  func answered(isActive: Bool) {
    if isActive {
      activeAnswers &+= 1
    } else {
      inactiveAnswers &+= 1
    }
  }

  func returned(replicas: Int) {
    lastReplicas = replicas
  }

  /// Adds what was counted since the last time to the series that are scraped.
  func flush() {
    for method in ScalerMethod.allCases { flush(method) }
    let requests = metrics.kedastralRequests
    requests.with([ScalerMethod.isActive.name, "active"]).increment(by: activeAnswers)
    requests.with([ScalerMethod.isActive.name, "inactive"]).increment(by: inactiveAnswers)
    activeAnswers = 0
    inactiveAnswers = 0
    guard let replicas = lastReplicas else { return }
    lastReplicas = nil
    metrics.desiredReplicasReturned.set(replicas)
  }

  private func flush(_ method: ScalerMethod) {
    let index = method.rawValue
    var failures: UInt64 = 0
    for code in RPCCode.allCases where tallies[index].codes[code.rawValue] > 0 {
      let count = tallies[index].codes[code.rawValue]
      tallies[index].codes[code.rawValue] = 0
      metrics.rpcs.with([method.label, code.name]).increment(by: count)
      if code == .ok {
        guard method.isScaler, method != .isActive else { continue }
        metrics.kedastralRequests.with([method.name, "success"]).increment(by: count)
      } else {
        failures &+= count
      }
    }
    tallies[index].durations.flush(into: metrics.rpcDuration.with([method.label]))
    guard method.isScaler else { return }
    tallies[index].kedastralDurations.flush(
      into: metrics.kedastralRequestDuration.with([method.name]))
    guard failures > 0 else { return }
    let status = method == .isActive ? "inactive_error" : "error"
    metrics.kedastralRequests.with([method.name, status]).increment(by: failures)
  }
}

extension ScalerMethod {
  /// Tells the two reflection services apart, whose methods share a name.
  var label: String {
    self == .reflectionAlpha ? "ServerReflectionInfo_v1alpha" : name
  }
}
