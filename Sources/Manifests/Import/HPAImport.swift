/// Makes query signals of an HPA's external metrics.
struct HPAImport {
  /// By the metric's name: the object does not hold them.
  let queries: [String: String]

  /// - Returns: lines of the ScaledObject that keep the HPA's behaviour.
  func fill(_ policy: inout ImportedPolicy, from object: ImportNode) -> [String] {
    let spec = object["spec"]
    policy.minReplicas = spec?["minReplicas"]?.integer ?? 1
    policy.maxReplicas = spec?["maxReplicas"]?.integer
    var selectors: [String: String] = [:]
    let metrics = spec?["metrics"]?.items ?? []
    if metrics.isEmpty {
      let share = spec?["targetCPUUtilizationPercentage"]?.text ?? "80"
      policy.losses.append(
        "its metric is \(share) % of the CPU, which has no query; a cpu trigger of KEDA may stay "
          + "beside Headstart")
    }
    for (index, metric) in metrics.enumerated() {
      let place = "metrics[\(index)]"
      guard metric["type"]?.text == "External", let external = metric["external"] else {
        policy.losses.append(
          "\(place) of type \(metric["type"]?.text ?? "?"): only External metrics have a query; a cpu "
            + "or memory trigger of KEDA may stay beside Headstart")
        continue
      }
      // autoscaling/v2beta1 has other names.
      let name = external["metric"]?["name"]?.text ?? external["metricName"]?.text ?? ""
      let value = external["target"]?["averageValue"] ?? external["targetAverageValue"]
      guard let value else {
        policy.losses.append(
          "\(place), \(name), has no averageValue, which is the load of one replica: write a threshold"
        )
        continue
      }
      guard let threshold = value.text.flatMap(Self.quantity) else {
        policy.losses.append(
          "\(place), \(name), has the averageValue \(value.json), which is no quantity above 0")
        continue
      }
      guard let query = queries[name] else {
        policy.losses.append(
          "\(place): the query behind \(name) is not in the object; import again with "
            + "--metric \(name)='PROMQL'")
        continue
      }
      let selector = external["metric"]?["selector"]?.json ?? ""
      if let other = selectors.updateValue(selector, forKey: name), other != selector {
        policy.losses.append(
          "\(place), \(name), has the selector \(selector), and another one of that name has "
            + "\(other): change the query of one of them")
      } else if !selector.isEmpty {
        policy.proposals.append(
          "\(place), \(name), has the selector \(selector): see that its query says so, too")
      }
      policy.append(
        "prometheus", ["query: \(ImportText.quoted(query))", "threshold: \(threshold)"])
    }
    if !policy.signals.isEmpty {
      policy.proposals.append(
        "the queries are asked at the data source default, which is that of --prometheus-url; name "
          + "another with source")
    }
    guard let behavior = spec?["behavior"] else { return [] }
    return ["  advanced: {horizontalPodAutoscalerConfig: {behavior: \(behavior.json)}}"]
  }

  /// A quantity of Kubernetes such as `500m`, `1k` or `1e3`, as a number; nil for none above 0.
  private static func quantity(_ text: String) -> String? {
    let factors = [
      "n": 1e-9, "u": 1e-6, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
      "E": 1e18, "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776,
    ]
    let suffix = String(text.drop { "0123456789.".contains($0) })
    let isPower = suffix.count > 1 && "eE".contains(suffix.first ?? " ")
    let factor = isPower ? Double("1\(suffix)") : factors[suffix]
    let digits = factor == nil ? text[...] : text.dropLast(suffix.count)
    guard digits.utf8.allSatisfy({ "0123456789.".utf8.contains($0) }), let number = Double(digits)
    else { return nil }
    let value = number * (factor ?? 1)
    guard value > 0, value.isFinite else { return nil }
    return value == value.rounded() && value < 1e15 ? String(Int(value)) : "\(value)"
  }
}
