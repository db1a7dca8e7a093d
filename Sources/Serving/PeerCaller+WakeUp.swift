internal import HTTPClient
internal import Kubernetes
internal import Scaling
internal import SidePort
internal import Time

extension PeerCaller {
  /// Of one call, which a peer in direct mode answers when its target is scaled.
  private static let wakeUpLimit = Duration.seconds(4)
  /// Of the second call to a replica that is starting: with the pause as long as the first.
  private static let secondWakeUpLimit = Duration.milliseconds(2500)

  /// Passes a wake-up on to the other replicas, so that whichever KEDA asks agrees.
  ///
  /// - Parameter completion: called once, on the loop, with every peer but this process.
  func tell(
    _ policy: ResourceName, at instant: Instant,
    completion: @escaping ([WakeUpReport.Peer]) -> Void
  ) {
    let path = [policy.namespace ?? "-", policy.name].map(PercentEncoding.encode)
      .joined(separator: "/")
    let query = "?at=\(PercentEncoding.encode(instant.rfc3339))"
    let call = Call(
      method: .post, target: "/api/v1/wake/\(path)\(query)", limit: Self.wakeUpLimit,
      secondLimit: Self.secondWakeUpLimit)
    callAll(call) { completion($0.compactMap(Self.peer)) }
  }

  /// Nil for this very process.
  private static func peer(_ answer: Answer) -> WakeUpReport.Peer? {
    switch answer.result {
    case .failure(let problem):
      return WakeUpReport.Peer(address: answer.address, error: problem.sentence)
    case .success(let response):
      switch response.status {
      case 202:
        let report = try? JSONValue(response.body)
        return WakeUpReport.Peer(
          address: answer.address, target: report?["target"]?["result"]?.text)
      case 200: return nil
      default:
        return WakeUpReport.Peer(
          address: answer.address,
          error: "HTTP status \(response.status): "
            + Excerpt.text(of: response.body))
      }
    }
  }
}
