internal import Manifests

/// The flags of `headstart import`.
package enum ImportFlag: String, CaseIterable, Sendable {
  case output = "o"
  case scalerAddress = "scaler-address"
  case metric
  case timeZone = "time-zone"
}

extension ImportFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .output:
      FlagRow(
        .directory,
        "write datasources.yaml, policies.yaml and scaledobjects.yaml there, instead of standard "
          + "output")
    case .scalerAddress:
      FlagRow(
        .value("HOST:PORT"), default: ManifestImport.Options().scalerAddress,
        "how KEDA reaches Headstart")
    case .metric:
      FlagRow(
        .value("NAME=PROMQL"), "the query behind an external metric of an HPA; repeatable")
    case .timeZone:
      FlagRow(
        .value("ZONE"), default: ManifestImport.Options().timeZone,
        "the zone of CronHorizontalPodAutoscalers' controller")
    }
  }
}
