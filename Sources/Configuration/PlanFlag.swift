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
  case atLeast = "at-least"
  case atMost = "at-most"
  case until
  case leadTime = "lead-time"
  case svg
  case json
  case width
}

extension PlanFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .policy:
      FlagRow(.name, "the policy to plan, NAME or NAMESPACE/NAME (default: all of the files)")
    case .from:
      FlagRow(.time, default: "now", "beginning of the period")
    case .to:
      FlagRow(.time, default: "7 days after its beginning", "end of the period")
    case .at:
      FlagRow(.time, "explain the answer at this time alone")
    case .step:
      FlagRow(.duration, "one line for each step of this length, instead of one for each change")
    case .forecast:
      FlagRow(.file, "a forecaster's answer as JSON; repeatable, one for each workload")
    case .load:
      FlagRow(.file, "past load as CSV (timestamp,value): what queries answer, repeated weekly")
    case .live:
      FlagRow(.value("VALUE"), "what queries answer, all the time")
    case .atLeast:
      FlagRow(.count, "as if headstart boost --at-least had been called at the beginning")
    case .atMost:
      FlagRow(.count, "the same for --at-most")
    case .until:
      FlagRow(.time, "end of --at-least and --at-most, such as 18:00 in the policy's zone")
    case .leadTime:
      .policyLeadTime
    case .svg:
      .chartFile
    case .json:
      .json
    case .width:
      .chartWidth
    }
  }
}
