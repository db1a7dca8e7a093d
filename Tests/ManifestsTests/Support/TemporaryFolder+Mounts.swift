internal import Foundation
internal import TestKit

/// What a folder of manifests can have in it, other than files that were written to it.
extension TemporaryFolder {
  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path(name))
  }

  func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path(name), withIntermediateDirectories: false)
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path(name), withDestinationPath: target)
  }

  /// A file of that size which occupies no space.
  func makeSparseFile(_ name: String, size: Int) throws {
    try write(name, "")
    guard truncate(path(name), size) == 0 else { throw POSIXError(.EIO) }
  }

  /// Exchanges the `..data` link as Kubernetes does it for a mounted ConfigMap: a new link is
  /// renamed over the old one.
  func pointData(to directory: String) throws {
    try link("..data_tmp", to: directory)
    guard rename(path("..data_tmp"), path("..data")) == 0 else { throw POSIXError(.EIO) }
  }
}
