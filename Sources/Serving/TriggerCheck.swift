internal import DecisionEngine
package import Manifests
package import Scaling

/// What a running server would answer to a trigger's metadata, for `check`.
package enum TriggerCheck {
  /// Named by the operator of the server, by flags that are not known here.
  private static let ofOperator = ["source", "serverAddress", "customHeaders", "queryParameters"]

  /// - Parameter catalog: of the files that are checked; the server may know more.
  /// - Returns: why the trigger would be refused, whatever the server knows besides.
  package static func problem(
    of trigger: ScaledObjectTrigger, in catalog: Catalog, zones: any TimeZoneDatabase
  ) -> String? {
    // KEDA takes its value from the workload.
    guard !trigger.metadata.keys.contains(where: { $0.hasSuffix("FromEnv") }) else { return nil }
    var metadata = trigger.metadata
    for key in ofOperator { metadata[key] = nil }
    // What goes with a policy that may be elsewhere.
    if catalog.policies.isEmpty, !TriggerMetadata.signalKeys.contains(where: metadata.keys.contains)
    {
      for key in TriggerMetadata.keys { metadata[key] = nil }
    }
    let object = ScaledObject(
      namespace: trigger.namespace, name: trigger.name, policy: metadata["policy"],
      workload: metadata["workload"], leadTime: metadata["leadTime"],
      metricName: metadata["metricName"],
      trigger: TriggerMetadata(
        metadata.filter { !TriggerMetadata.keysOfObject.contains($0.key) }.map {
          (key: $0.key, value: $0.value)
        }))
    var catalog = catalog
    let server = DataSource(
      name: ResourceName(name: "default"), kind: .prometheus, address: "http://prometheus:9090")
    catalog.dataSources[server.key] = server
    do throws(AnswerError) {
      _ = try PolicyBinder(catalog: catalog, defaults: PolicyDefaults(), zones: zones).bind(object)
      return nil
    } catch {
      switch error.kind {
      case .invalidReference, .observedOnly, .noZones: return error.message
      case .noPolicy, .noDecision, .tooManyObjects: return nil
      }
    }
  }
}
