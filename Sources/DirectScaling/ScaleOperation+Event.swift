internal import Kubernetes
internal import Scaling

extension ScaleOperation {
  /// What `kubectl describe` shows of it at the target; nil for a dry run, which changes nothing.
  func event(regarding reference: ObjectReference) -> EventNote? {
    switch outcome {
    case .dryRun:
      nil
    case .succeeded:
      EventNote(
        regarding: reference, reason: "Scaled", action: "Scale",
        note:
          "Scaled from \(Self.text(from)) to \(Self.text(to)) by the policy \(policy): \(reason)"
      )
    case .failed(let problem):
      EventNote(
        regarding: reference, severity: .warning, reason: "ScalingFailed", action: "Scale",
        note: "Could not scale from \(Self.text(from)) to \(Self.text(to)) for the policy "
          + "\(policy): \(problem)")
    case .refused(let problem):
      EventNote(
        regarding: reference, severity: .warning, reason: "ScalingRefused", action: "Scale",
        note: problem)
    }
  }

  private static func text(_ count: Int?) -> String { count.map(String.init) ?? "?" }
}
