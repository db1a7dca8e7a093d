internal import Foundation
internal import Telemetry
internal import TestKit
internal import Testing

@testable internal import HTTPClient

@Suite struct SecretFileTests {
  private func failure(_ file: inout SecretFile) -> SecretFile.Unusable? {
    do throws(SecretFile.Unusable) {
      _ = try file.read()
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [("token", "token"), ("token\n", "token"), ("a b\r\n\n", "a b"), ("ü", "ü")])
  func `reads one line`(content: String, expected: String) throws {
    let folder = try TemporaryFolder()
    var file = SecretFile(path: try folder.write("token", content))
    #expect(try file.read() == Redacted(expected))
    #expect(try file.read() == Redacted(expected))
  }

  @Test func `notices a new file at the same path, of the same size`() throws {
    let folder = try TemporaryFolder()
    var file = SecretFile(path: try folder.write("token", "first"))
    #expect(try file.read() == Redacted("first"))
    _ = try folder.write("token", "other")
    #expect(try file.read() == Redacted("other"))
    try FileManager.default.removeItem(atPath: file.path)
    #expect(
      failure(&file)?.description
        == "could not use the file \(file.path): no such file or directory")
    _ = try folder.write("token", "third")
    #expect(try file.read() == Redacted("third"))
  }

  @Test(arguments: [
    ("", "it is empty"), ("\n\n", "it is empty"), ("a\nb", "it is not one line of text"),
    ("a\u{0}b", "it is not one line of text"),
    (String(repeating: "a", count: SecretFile.maximumSize + 1), "it is larger than 64 KiB"),
  ])
  func `refuses what cannot stand in a header`(content: String, expected: String) throws {
    let folder = try TemporaryFolder()
    var file = SecretFile(path: try folder.write("token", content))
    let failure = try #require(self.failure(&file))
    #expect(failure.description == "could not use the file \(file.path): \(expected)")
  }

  @Test func `takes a file of the largest size`() throws {
    let folder = try TemporaryFolder()
    let content = String(repeating: "a", count: SecretFile.maximumSize)
    var file = SecretFile(path: try folder.write("token", content))
    #expect(try file.read().secret == content)
  }

  @Test func `refuses folders and pipes without waiting for them`() throws {
    let folder = try TemporaryFolder()
    var directory = SecretFile(path: folder.path)
    #expect(failure(&directory)?.description.contains("not a regular file") == true)
    var pipe = SecretFile(path: folder.path + "/pipe")
    #expect(mkfifo(pipe.path, 0o600) == 0)
    #expect(failure(&pipe)?.description.contains("not a regular file") == true)
    var device = SecretFile(path: "/dev/zero")
    #expect(failure(&device)?.description.contains("not a regular file") == true)
  }
}
