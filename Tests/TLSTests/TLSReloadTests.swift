internal import Foundation
internal import TLS
internal import TestKit
internal import Testing

@Suite struct TLSReloadTests {
  /// A directory with the files of TLS, and pairs to put there.
  private final class Folder {
    private let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
    }

    func path(_ name: String) -> String { folder.path(name) }

    /// Makes `name.crt` and `name.key`.
    func make(_ name: String) throws {
      let openssl = Process()
      openssl.executableURL = URL(filePath: "/usr/bin/openssl")
      openssl.arguments = [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", path("\(name).key"), "-out", path("\(name).crt"), "-subj", "/CN=\(name)",
        "-days", "2",
      ]
      openssl.standardError = FileHandle.nullDevice
      try openssl.run()
      openssl.waitUntilExit()
      try #require(openssl.terminationStatus == 0)
    }

    func put(certificate: String? = nil, key: String? = nil) throws {
      if let certificate {
        try Data(contentsOf: URL(filePath: path("\(certificate).crt"))).write(
          to: URL(filePath: path("tls.crt")))
      }
      if let key {
        try Data(contentsOf: URL(filePath: path("\(key).key"))).write(
          to: URL(filePath: path("tls.key")))
      }
    }

    var files: TLSFiles { TLSFiles(certificate: path("tls.crt"), key: path("tls.key")) }

    func look(_ reload: inout TLSReload) -> TLSReload.OnLook {
      reload.looked(Result { () throws(TLSError) in try files.read() })
    }
  }

  @Test func `takes a pair over once both files are there`() throws {
    let folder = try Folder()
    try folder.make("first")
    try folder.make("second")
    try folder.put(certificate: "first", key: "first")
    var reload = TLSReload(files: folder.files, contents: try folder.files.read())
    guard case .none = folder.look(&reload) else { throw Unexpected() }

    try folder.put(certificate: "second")
    guard case .report(let error) = folder.look(&reload) else { throw Unexpected() }
    #expect(error.description.contains("tls.key: the key does not belong to the certificate"))
    // Said once.
    guard case .none = folder.look(&reload) else { throw Unexpected() }

    try folder.put(key: "second")
    guard case .replace(let context) = folder.look(&reload) else { throw Unexpected() }
    let day = Int64(24 * 3600)
    let now = Int64(Date().timeIntervalSince1970)
    #expect((now + day...now + 3 * day).contains(context.validUntil))
    #expect(context.validFrom <= now)
    guard case .none = folder.look(&reload) else { throw Unexpected() }
  }

  @Test func `a file that goes and comes back is fixed`() throws {
    let folder = try Folder()
    try folder.make("first")
    try folder.put(certificate: "first", key: "first")
    var reload = TLSReload(files: folder.files, contents: try folder.files.read())
    try FileManager.default.removeItem(atPath: folder.path("tls.crt"))
    guard case .report(let error) = folder.look(&reload) else { throw Unexpected() }
    #expect(error.description == "\(folder.path("tls.crt")): no such file or directory")
    try folder.put(certificate: "first")
    guard case .fixed = folder.look(&reload) else { throw Unexpected() }
    guard case .none = folder.look(&reload) else { throw Unexpected() }
  }

  @Test func `a file may have 1 MiB and no byte more`() throws {
    let folder = try Folder()
    try folder.make("first")
    try folder.put(certificate: "first", key: "first")
    var certificate = try Data(contentsOf: URL(filePath: folder.path("first.crt")))
    // Text around the blocks belongs to no block.
    certificate.append(Data(repeating: UInt8(ascii: "\n"), count: 1 << 20 - certificate.count))
    try certificate.write(to: URL(filePath: folder.path("tls.crt")))
    _ = try TLSContext(folder.files.read(), of: folder.files)
    certificate.append(UInt8(ascii: "\n"))
    try certificate.write(to: URL(filePath: folder.path("tls.crt")))
    let error = try #require(throws: TLSError.self) { try folder.files.read() }
    #expect(error.description.hasSuffix("tls.crt: the file is longer than 1 MiB"))
  }

  @Test(arguments: [
    "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\0\u{1}",
  ])
  func `what is no certificate is named`(_ text: String) throws {
    let folder = try Folder()
    try folder.make("first")
    try folder.put(key: "first")
    try Data(text.utf8).write(to: URL(filePath: folder.path("tls.crt")))
    let error = try #require(throws: TLSError.self) {
      try TLSContext(folder.files.read(), of: folder.files)
    }
    #expect(error.description.contains("tls.crt: expected a PEM certificate, found"))
  }

  @Test func `a key with a passphrase is named as such`() throws {
    let folder = try Folder()
    try folder.make("first")
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/openssl")
    openssl.arguments = [
      "pkey", "-in", folder.path("first.key"), "-out", folder.path("tls.key"), "-aes256",
      "-passout", "pass:secret",
    ]
    try openssl.run()
    openssl.waitUntilExit()
    try folder.put(certificate: "first")
    let error = try #require(throws: TLSError.self) {
      try TLSContext(folder.files.read(), of: folder.files)
    }
    #expect(error.description.contains("tls.key: the key is encrypted"))
  }

  private struct Unexpected: Error {}
}
