internal import HTTPClient
internal import Testing

@testable internal import StateDirectory

@Suite struct FileReportTests {
  private func file(_ path: String, _ content: String) -> KeptFile {
    KeptFile(directory: "/policies", path: path, isObject: false, content: Array(content.utf8))
  }

  @Test func `another replica reads what was told`() throws {
    let files = [file("/policies/a.yaml", "kind: \"é\"\n\t# \u{1F600}\n"), file("b", "")]
    #expect(try FileReport.files(in: FileReport.text(of: files)) == files)
    #expect(try FileReport.files(in: FileReport.text(of: [])) == [])
  }

  @Test(arguments: [
    #"{"format":2,"files":[]}"#, #"{"files":[]}"#, #"{"format":"1"}"#, "[]", "", "{",
    #"{"format":1,"files":{}}"#, #"{"format":1,"files":[{"path":"a","content":"b"}]}"#,
    #"{"format":1,"files":[{"directory":"d","path":1,"content":"b"}]}"#,
  ])
  func `what is no report of this format is refused as a whole`(text: String) {
    #expect(throws: JSONError.self) { try FileReport.files(in: Array(text.utf8)) }
  }

  @Test func `no prefix and no mutation of a report traps`() {
    let told = FileReport.text(of: [file("/policies/a.yaml", "kind: ScalingPolicy\n")])
    for end in 0..<told.count {
      #expect(throws: JSONError.self) { try FileReport.files(in: Array(told[..<end])) }
    }
    for index in told.indices {
      var bytes = told
      bytes[index] ^= 0x55
      _ = try? FileReport.files(in: bytes)
    }
  }

  @Test(arguments: [
    ("spec: {headers: {X-Key: a}}", true), (#"{"Headers":{}}"#, true),
    ("spec: {parameters: {key: a}}", true), (#"http: {body: '{"key": "a"}'}"#, true),
    ("spec: {query: up, threshold: 3}", false),
  ])
  func `what may hold a secret is known by its fields`(content: String, may: Bool) {
    #expect(file("a", content).mayHoldSecrets == may)
  }
}
