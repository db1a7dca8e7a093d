/// Decides when changed files are taken over: a state machine whose inputs are looks at the files.
///
/// cert-manager and people write certificate and key one after the other. A pair that does not fit
/// leaves the one before in force, is reported once, and is tried again when a file changes.
package struct TLSReload: Sendable {
  private let files: TLSFiles
  private var inForce: TLSFiles.Contents
  private var refused: TLSFiles.Contents?
  /// The last problem that was reported; nil when all is well.
  private var problem: TLSError?

  /// - Parameter contents: what is in force.
  package init(files: TLSFiles, contents: TLSFiles.Contents) {
    self.files = files
    inForce = contents
  }

  package enum OnLook: Sendable {
    case none
    /// Take this over for new connections.
    case replace(TLSContext)
    /// The files went back to what is in force.
    case fixed
    /// Keep what is in force and say why.
    case report(TLSError)
  }

  /// The files were looked at.
  package mutating func looked(_ result: Result<TLSFiles.Contents, TLSError>) -> OnLook {
    do throws(TLSError) {
      let contents = try result.get()
      guard contents != inForce else {
        refused = nil
        return recovered() ? .fixed : .none
      }
      guard contents != refused else { return .none }
      refused = contents
      let context = try TLSContext(contents, of: files)
      inForce = contents
      refused = nil
      _ = recovered()
      return .replace(context)
    } catch {
      guard error != problem else { return .none }
      problem = error
      return .report(error)
    }
  }

  private mutating func recovered() -> Bool {
    defer { problem = nil }
    return problem != nil
  }
}
