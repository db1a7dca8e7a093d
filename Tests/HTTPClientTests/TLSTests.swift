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
        await host.send(HTTPRequest(url: server.url, timeout: .seconds(10), tls: files))
      }
      let good = await send(server.files())
      #expect(good.response?.status == 200, "\(good)")
      let bad = [
        ("the system's authorities", server.files(ca: nil)),
        ("another authority", server.files(ca: "other.pem")),
        ("no authority", server.files(ca: "absent.pem")),
        ("no certificate", server.files(certificate: "absent.pem")),
        ("no key", server.files(key: "absent.key")),
        ("a key that does not fit", server.files(key: "other.key")),
      ]
      for (name, files) in bad {
        let failure = await send(files).failure
        #expect(failure?.kind == .tls, "\(name): \(String(describing: failure))")
        #expect(failure?.message.contains(server.url.dropLast()) == true, "\(name)")
      }
    }
  }

  @Test func `fails without the certificate that the server demands`() async throws {
    let server = try Server()
    defer { server.program.stop() }
    let result = try await HTTPHost.run { host in
      await host.send(
        HTTPRequest(
          url: server.url, timeout: .seconds(10),
          tls: server.files(certificate: nil, key: nil)))
    }
    #expect(result.failure != nil, "\(result)")
  }
}
