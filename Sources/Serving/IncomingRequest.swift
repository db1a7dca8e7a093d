internal import HTTPClient
internal import SidePort

/// What KubeElasti's resolver sends when a request has come for a workload that is at zero:
/// `{"count": 1, "svc": "checkout", "namespace": "shop"}`.
enum IncomingRequest {
  private static let expected = "{\"count\": 1, \"svc\": \"NAME\", \"namespace\": \"NAMESPACE\"}"
  /// In bytes, of a name of Kubernetes.
  private static let longestName = 253

  /// Members beyond the three are left alone.
  static func read(_ body: [UInt8]) -> Result<WakeUpCall.Subject, WakeUpCall.BadBody> {
    var service: String?
    var namespace: String?
    var reader = JSONReader(body)
    do throws(JSONError) {
      try reader.readObject { (reader, key) throws(JSONError) in
        switch key {
        case "svc": service = try reader.readString()
        case "namespace": namespace = try reader.readString()
        case "count": _ = try reader.readInt()
        default: try reader.skipValue()
        }
      }
      try reader.finish()
    } catch {
      return bad("\(error)")
    }
    guard let service, isName(service) else { return bad("svc is missing or no name") }
    guard let namespace, isName(namespace) else { return bad("namespace is missing or no name") }
    return .success(.service(service, namespace: namespace))
  }

  private static func isName(_ text: String) -> Bool {
    (1...longestName).contains(text.utf8.count)
  }

  private static func bad(_ problem: String) -> Result<WakeUpCall.Subject, WakeUpCall.BadBody> {
    .failure(
      WakeUpCall.BadBody(sentence: "the body has to be \(expected), but \(problem)"))
  }
}
