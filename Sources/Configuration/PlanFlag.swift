/// The flags of `headstart plan`.
package enum PlanFlag: String, CaseIterable, Sendable {
  case policy
  case from
  case to
  case at
  case step
  case forecast
  case load
  case live
  case leadTime = "lead-time"
  case svg
  case json
  case width

  /// Those that are given without a value.
  package static let switches: Set<PlanFlag> = [.json]
}

extension PlanFlag: CommandFlag {
  package var placeholder: String? {
    switch self {
    case .policy: "NAME"
    case .from, .to, .at: "TIME"
    case .step, .leadTime: "DURATION"
    case .forecast, .load, .svg: "FILE"
    case .live: "VALUE"
    case .json: nil
    case .width: "N"
    }
  }

  package var help: String {
    switch self {
    case .policy: "the policy to plan, NAME or NAMESPACE/NAME (default: all of the files)"
    case .from: "beginning of the period (default now)"
    case .to: "end of the period (default 7 days after its beginning)"
    case .at: "explain the answer at this time alone"
    case .step: "one line for each step of this length, instead of one for each change"
    case .forecast: "a forecaster's answer as JSON; repeatable, one for each workload"
    case .load: "past load as CSV (timestamp,value): what queries answer, repeated weekly"
    case .live: "what queries answer, all the time"
    case .leadTime: "lead time of policies that name none (default 5m)"
    case .svg: "write the chart into this file"
    case .json: "print JSON"
    case .width: "columns of the chart (default: those of the terminal, else 100)"
    }
  }
}
