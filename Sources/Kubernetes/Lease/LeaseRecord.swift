/// What a Lease says of its holder (`coordination.k8s.io/v1`, LeaseSpec).
///
/// Times are kept as text: they are other clocks', and nothing is concluded from them.
struct LeaseRecord: Hashable {
  /// Empty when no one holds it.
  var holder: String
  var duration: Duration
  var acquireTime: String
  var renewTime: String
  var transitions: Int

  init(
    holder: String, duration: Duration, acquireTime: String, renewTime: String, transitions: Int
  ) {
    self.holder = holder
    self.duration = duration
    self.acquireTime = acquireTime
    self.renewTime = renewTime
    self.transitions = transitions
  }

  /// Reads a `spec`, of which any part may be missing.
  init(_ spec: JSONValue?) {
    holder = spec?["holderIdentity"]?.text ?? ""
    let seconds = spec?["leaseDurationSeconds"]?.integer ?? 0
    duration = .seconds(min(max(seconds, 0), 86_400))
    acquireTime = spec?["acquireTime"]?.text ?? ""
    renewTime = spec?["renewTime"]?.text ?? ""
    transitions = min(max(spec?["leaseTransitions"]?.integer ?? 0, 0), Int(Int32.max) - 1)
  }

  var json: JSONValue {
    [
      "holderIdentity": .string(holder),
      "leaseDurationSeconds": .integer(max(1, Int(duration.components.seconds))),
      "acquireTime": .string(acquireTime), "renewTime": .string(renewTime),
      "leaseTransitions": .integer(transitions),
    ]
  }
}
