internal import DecisionEngine
internal import EventLoop
internal import Scaling
internal import SidePort

/// Headstart as a forecaster. A workload is a policy with a built-in forecast, by its name, or by
/// namespace and name where several have it.
extension EngineView {
  var forecastService: ForecastService {
    ForecastService(workloads: { servedPolicies.keys.sorted() }, forecast: servedForecast)
  }

  /// The policies that can be asked for.
  private var servedPolicies: [String: PolicySnapshot] {
    var found: [String: [PolicySnapshot]] = [:]
    for policy in snapshot()?.policies ?? [] where Self.forecast(of: policy) != nil {
      found[policy.policy.name.name, default: []].append(policy)
    }
    var served: [String: PolicySnapshot] = [:]
    for (name, policies) in found {
      for policy in policies {
        served[policies.count == 1 ? name : policy.policy.name.description] = policy
      }
    }
    return served
  }

  private func servedForecast(_ workload: String) -> ServedForecast? {
    let policies = snapshot()?.policies ?? []
    let exact = policies.first { $0.policy.name.description == workload }
    guard let policy = exact ?? servedPolicies[workload], let found = Self.forecast(of: policy),
      case .forecast(let series)? = found.reading.value, let account = found.reading.account
    else { return nil }
    return ServedForecast(
      workload: workload, metric: found.model.query, series: series,
      values: account.steps.map(\.atMost), isStale: found.reading.failure != nil)
  }

  /// The first forecast of a policy that is built in and has something to say.
  private static func forecast(
    of policy: PolicySnapshot
  ) -> (model: BuiltInForecast, reading: Reading)? {
    for (signal, reading) in zip(policy.policy.signals, policy.readings) {
      guard case .forecast(let forecast) = signal.kind, let model = forecast.builtIn,
        case .forecast(let reading?) = reading, reading.value != nil
      else { continue }
      return (model, reading)
    }
    return nil
  }
}
