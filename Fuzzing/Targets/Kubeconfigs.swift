internal import Glibc
internal import HTTPClient

@testable internal import Kubernetes

extension FuzzTarget {
  /// A kubeconfig, up to the access that its current context describes.
  static let kubeconfig = FuzzTarget("kubeconfig", maxLength: 4096) { _ in
    let file = ScratchFile()
    return { bytes throws(Broken) in
      file.write(bytes)
      let access: ClusterAccess
      do throws(ClusterAccess.Failure) {
        access = try Kubeconfig(files: [file.path]).access()
      } catch {
        return try requireSentence(error.description, limit: 10_000)
      }
      try require(
        access.server.lowercased().hasPrefix("http"), "the server is \(access.server)")
      try require(!access.server.hasSuffix("/"), "the server ends with a slash")
      try require(
        access.tls.authorities?.isEmpty != true && access.tls.clientKey?.isEmpty != true,
        "an empty certificate counts as one")
    }
  }
}

/// A file without a name that is written again for each input, for what reads files itself.
private final class ScratchFile {
  let path: String
  private let descriptor: Int32

  init() {
    guard let file = tmpfile() else { fatalError("there is no room for a file") }
    descriptor = dup(fileno(file))
    fclose(file)
    path = "/proc/self/fd/\(descriptor)"
  }

  deinit {
    close(descriptor)
  }

  func write(_ bytes: [UInt8]) {
    guard ftruncate(descriptor, 0) == 0,
      bytes.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, $0.count, 0) }) == bytes.count
    else { fatalError("the file could not be written") }
  }
}
