internal import GRPCWire
package import Telemetry

/// Counts the RPCs of one gRPC loop, under the seed's names and under ours.
///
/// The series are looked up once, so that counting takes no lock. Confined to its loop.
package final class RPCMetrics {
  private let metrics: HeadstartMetrics
  private var codes: [[Counter?]]
  private let durations: [Histogram]
  private let streams: [Gauge]
  private let seedDurations: [Histogram?]
  private let seedSuccess: [Counter?]
  private let seedError: [Counter?]
  private let seedActive: Counter
  private let seedInactive: Counter

  package init(_ metrics: HeadstartMetrics) {
    self.metrics = metrics
    let methods = ScalerMethod.allCases
    codes = methods.map { _ in Array(repeating: nil, count: RPCCode.allCases.count) }
    durations = methods.map { metrics.rpcDuration.with([$0.label]) }
    streams = methods.map { metrics.streams.with([$0.label]) }
    seedDurations = methods.map {
      $0.isScaler ? metrics.seedRequestDuration.with([$0.name]) : nil
    }
    seedSuccess = methods.map {
      $0.isScaler && $0 != .isActive ? metrics.seedRequests.with([$0.name, "success"]) : nil
    }
    seedError = methods.map { method in
      guard method.isScaler else { return nil }
      let status = method == .isActive ? "inactive_error" : "error"
      return metrics.seedRequests.with([method.name, status])
    }
    seedActive = metrics.seedRequests.with([ScalerMethod.isActive.name, "active"])
    seedInactive = metrics.seedRequests.with([ScalerMethod.isActive.name, "inactive"])
  }

  /// A stream was opened. Unary RPCs are too short to be worth a gauge.
  func opened(_ method: ScalerMethod) {
    streams[method.rawValue].increment()
  }

  func ended(_ method: ScalerMethod, code: RPCCode, elapsed: Duration) {
    let index = method.rawValue
    counter(index, code).increment()
    durations[index].observe(elapsed)
    seedDurations[index]?.observe(elapsed)
    if method.kind != .unary { streams[index].decrement() }
    if code == .ok {
      seedSuccess[index]?.increment()
    } else {
      seedError[index]?.increment()
    }
  }

  func answered(isActive: Bool) {
    (isActive ? seedActive : seedInactive).increment()
  }

  func returned(replicas: Int) {
    metrics.desiredReplicasReturned.set(replicas)
  }

  private func counter(_ method: Int, _ code: RPCCode) -> Counter {
    if let counter = codes[method][code.rawValue] { return counter }
    let label = ScalerMethod.allCases[method].label
    let counter = metrics.rpcs.with([label, code.name])
    codes[method][code.rawValue] = counter
    return counter
  }
}

extension ScalerMethod {
  /// Tells the two reflection services apart, whose methods share a name.
  var label: String {
    self == .reflectionAlpha ? "ServerReflectionInfo_v1alpha" : name
  }
}
