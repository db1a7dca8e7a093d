internal import Foundation
internal import TestKit
internal import Testing

@testable internal import HTTPClient

/// Against the server of the openssl command, where it is installed.
@Suite(.enabled(if: Program.find("openssl") != nil, "openssl is not in PATH"))
struct TLSTests {
  /// A server with a certificate for 127.0.0.1, which demands one of its clients.
  private struct Server: Sendable {
    let folder: TemporaryFolder
    let program: Program
    let url: String

    init() throws {
      folder = try TemporaryFolder()
      let openssl = try #require(Program.find("openssl"))
      for name in ["ca", "other", "server", "client"] {
        let isAuthority = name == "ca" || name == "other"
        var arguments = [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
          "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "2", "-subj", "/CN=\(name)",
        ]
        if isAuthority {
          arguments += ["-addext", "keyUsage=keyCertSign"]
        } else {
          arguments += [
            "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "subjectAltName=IP:127.0.0.1",
          ]
        }
        try #require(try Program(openssl, arguments, in: folder).wait() == 0)
      }
      program = try Program(
        openssl,
        [
          "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", "server.pem", "-key",
          "server.key", "-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error",
        ], in: folder)
      let line = try #require(program.line(with: "ACCEPT 127.0.0.1:"))
      url = "https://127.0.0.1:\(line.split(separator: ":").last ?? "")/"
    }

    func files(
      ca: String? = "ca.pem", certificate: String? = "client.pem", key: String? = "client.key"
    ) -> HTTPRequest.TLSFiles {
      func path(_ name: String?) -> String? { name.map { "\(folder.path)/\($0)" } }
      return HTTPRequest.TLSFiles(
        caFile: path(ca), clientCertificateFile: path(certificate), clientKeyFile: path(key))
    }
  }

  @Test func `checks the server's certificate, and shows its own`() async throws {
    let server = try Server()
    defer { server.program.stop() }
    try await HTTPHost.run { host in
      @Sendable func send(_ files: HTTPRequest.TLSFiles) async -> Result<HTTPResponse, HTTPFailure>
      {
        await host.send(HTTPRequest(url: server.url, timeout: .patience, tls: files))
      }
      let good = await send(server.files())
      #expect(good.response?.status == 200, "\(good)")
      let bad = [
        ("the system's authorities", server.files(ca: nil)),
        ("another authority", server.files(ca: "other.pem")),
      ]
      for (name, files) in bad {
        let failure = await send(files).failure
        #expect(failure?.kind == .tls, "\(name): \(String(describing: failure))")
        #expect(failure?.message.contains(server.url.dropLast()) == true, "\(name)")
      }
    }
  }

  @Test func `names a file that cannot be used, and says why`() async throws {
    let server = try Server()
    defer { server.program.stop() }
    let folder = server.folder
    let good = try String(contentsOfFile: "\(folder.path)/ca.pem", encoding: .utf8)
    _ = try folder.write("empty.pem", "")
    // Of the authority's certificate what it holds, without the letters around it.
    let content = good.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
    let der = try #require(Data(base64Encoded: content))
    try der.write(to: URL(fileURLWithPath: "\(folder.path)/der.pem"))
    // Not even a sequence: its first byte is another.
    let broken = good.replacing(content.prefix(40), with: "AAAA" + content.prefix(40).dropFirst(4))
    _ = try folder.write("second.pem", good + broken)
    let cases: [(HTTPRequest.TLSFiles, String)] = [
      (server.files(ca: "absent.pem"), "caFile FOLDER/absent.pem: no such file or directory"),
      (
        server.files(ca: "empty.pem"),
        "caFile FOLDER/empty.pem: expected PEM certificates of authorities, found none"
      ),
      (
        server.files(ca: "der.pem"),
        "caFile FOLDER/der.pem: expected PEM certificates of authorities, found none"
      ),
      (
        server.files(ca: "second.pem"),
        "caFile FOLDER/second.pem: expected PEM certificates of authorities, found one that cannot"
          + " be read"
      ),
      (
        server.files(certificate: "absent.pem"),
        "clientCertificateFile FOLDER/absent.pem: no such file or directory"
      ),
      (
        server.files(certificate: "empty.pem"),
        "clientCertificateFile FOLDER/empty.pem: expected a PEM certificate, found none"
      ),
      (
        server.files(key: "absent.key"),
        "clientKeyFile FOLDER/absent.key: no such file or directory"
      ),
      (
        server.files(key: "other.key"),
        "clientKeyFile FOLDER/other.key: the key does not belong to the certificate"
      ),
    ]
    try await HTTPHost.run { host in
      for (files, expected) in cases {
        let failure = await host.send(
          HTTPRequest(url: server.url, timeout: .patience, tls: files)
        ).failure
        #expect(failure?.kind == .tls)
        #expect(
          failure?.message == "cannot ask \(server.url.dropLast()): "
            + expected.replacing("FOLDER", with: folder.path))
      }
    }
  }

  @Test func `fails without the certificate that the server demands`() async throws {
    let server = try Server()
    defer { server.program.stop() }
    let result = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          url: server.url, timeout: .patience,
          tls: server.files(certificate: nil, key: nil)))
    }
    #expect(result.failure != nil, "\(result)")
  }
}
