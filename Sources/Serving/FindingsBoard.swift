internal import Manifests
internal import SidePort
internal import Synchronization

/// Every finding of the last reading of manifests and objects, for the side port. From any thread.
final class FindingsBoard: Sendable {
  private let findings = Mutex<[Finding]>([])

  var all: [Finding] { findings.withLock { $0 } }

  func show(_ update: ManifestUpdate) {
    let held = Set(update.heldFiles)
    let found = update.diagnostics.map { diagnostic in
      Finding(
        isError: diagnostic.severity == .error, file: diagnostic.file,
        line: diagnostic.position?.line, column: diagnostic.position?.column,
        message: diagnostic.message,
        lastGoodIsUsed: diagnostic.severity == .error && held.contains(diagnostic.file))
    }
    findings.withLock { $0 = found }
  }
}
