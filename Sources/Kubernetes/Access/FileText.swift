internal import Manifests

/// Small files of access to a cluster, read at start.
enum FileText {
  /// In bytes; a kubeconfig of hundreds of clusters has about 1 MiB.
  static let maximumSize = 8 * 1024 * 1024

  static func bytes(_ path: String) throws(FileReader.Failure) -> [UInt8] {
    try FileReader.read(path: path, limit: maximumSize)
  }

  static func isReadable(_ path: String) -> Bool {
    (try? bytes(path)) != nil
  }

  static func read(_ path: String) -> String? {
    (try? bytes(path)).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
