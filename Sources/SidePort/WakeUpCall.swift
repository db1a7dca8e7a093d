package import Scaling
package import Time

/// Somebody asks for a workload.
package struct WakeUpCall: Hashable, Sendable {
  package enum Subject: Hashable, Sendable {
    case policy(ResourceName)
    /// A Kubernetes Service, as KubeElasti's resolver names it.
    case service(String, namespace: String)
  }

  /// Why the body of a call cannot be read, one sentence.
  package struct BadBody: Error, Hashable, Sendable {
    package var sentence: String

    package init(sentence: String) {
      self.sentence = sentence
    }
  }

  package var subject: Subject
  /// When it was asked for, of a call that was forwarded; nil for now.
  package var at: Instant?
  /// Which replica has forwarded it; nil for a call that comes from outside.
  package var forwarder: String?

  package init(_ subject: Subject, at: Instant? = nil, forwarder: String? = nil) {
    self.subject = subject
    self.at = at
    self.forwarder = forwarder
  }

  /// The header that marks a forwarded call.
  package static let forwarderHeader = "Headstart-Forwarded-By"
}

/// What became of a wake-up.
package enum WakeUpAnswer: Hashable, Sendable {
  case done(WakeUpReport)
  /// The call came from this very process.
  case ownCall
  /// There is no such policy: one sentence.
  case unknown(String)
  /// The process is starting, and may not know all policies.
  case starting
  /// Too many for one target; the next is taken after that time.
  case limited(retryAfter: Duration)
  /// The control loop does not answer.
  case noAnswer
}

/// What a wake-up has done.
package struct WakeUpReport: Hashable, Sendable {
  package var policy: ResourceName
  package var previousReplicas: Int?
  package var desiredReplicas: Int?
  /// Until when the workload stays active for this wake-up alone.
  package var until: Instant
  package var explanation: String
  /// ScaledObjects whose IsActive and StreamIsActive say so now, such as `shop/checkout`.
  package var scaledObjects: [String]
  /// Nil where targets are not scaled directly.
  package var target: Target?
  package var peers: [Peer]

  /// What direct scaling did.
  package struct Target: Hashable, Sendable {
    /// `scaled`, `unchanged`, `dryRun`, `refused`, `missing`, `failed`, `notLeading`, `noTarget`, or
    /// `pending` where it took too long to wait for.
    package var result: String
    package var from: Int?
    package var to: Int?
    /// Why not, one sentence.
    package var error: String?

    package init(result: String, from: Int? = nil, to: Int? = nil, error: String? = nil) {
      self.result = result
      self.from = from
      self.to = to
      self.error = error
    }
  }

  /// Another replica.
  package struct Peer: Hashable, Sendable {
    package var address: String
    /// What it did to the target, as `Target.result`; nil where it does not scale directly.
    package var target: String?
    /// Why it does not know of the wake-up, one sentence; nil when it does.
    package var error: String?

    package init(address: String, target: String? = nil, error: String? = nil) {
      self.address = address
      self.target = target
      self.error = error
    }
  }

  package init(
    policy: ResourceName, previousReplicas: Int?, desiredReplicas: Int?, until: Instant,
    explanation: String, scaledObjects: [String], target: Target? = nil, peers: [Peer] = []
  ) {
    self.policy = policy
    self.previousReplicas = previousReplicas
    self.desiredReplicas = desiredReplicas
    self.until = until
    self.explanation = explanation
    self.scaledObjects = scaledObjects
    self.target = target
    self.peers = peers
  }
}
