internal import TestKit
import Testing

@testable import ScalerMessages

@Suite("Decoding of requests")
struct MessageDecoderTests {
  let decoder = MessageDecoder()

  @Test("every recorded call is read")
  func recordedCalls() throws {
    try #require(RecordedCall.all.count == 13)
    for call in RecordedCall.all {
      let reference =
        call.method == "GetMetrics"
        ? try decoder.getMetricsRequest(from: call.bytes.span.bytes).scaledObject
        : try decoder.scaledObjectRef(from: call.bytes.span.bytes)
      #expect(reference.name == "web")
      #expect(reference.namespace == "default")
      switch reference.workload {
      case "web": #expect(reference.leadTime == "10m" && reference.metadataCount == 3)
      case "web-value": #expect(reference.leadTime == nil && reference.metadataCount == 2)
      case let other: Issue.record("unexpected workload \(String(describing: other))")
      }
      #expect(reference.policy == nil && reference.metricName == nil)
    }
  }

  @Test("the metric name of GetMetrics is read")
  func metricName() throws {
    let call = try #require(RecordedCall.all.first { $0.method == "GetMetrics" })
    let request = try decoder.getMetricsRequest(from: call.bytes.span.bytes)
    #expect(request.metricName == "desired_replicas")
  }

  @Test("a recorded call that is cut short is an error or an earlier whole message")
  func everyPrefix() {
    for call in RecordedCall.all {
      let bytes = call.bytes
      // Protobuf has no end mark: a cut between two fields leaves a legal message.
      let boundaries = Set([0] + DescriptorFields(bytes[...]).map(\.bytes.endIndex))
      for length in 0..<bytes.count {
        let prefix = Array(bytes.prefix(length))
        let decoded = Result { () throws(MessageError) in
          call.method == "GetMetrics"
            ? try decoder.getMetricsRequest(from: prefix.span.bytes).scaledObject
            : try decoder.scaledObjectRef(from: prefix.span.bytes)
        }
        switch decoded {
        case .success: #expect(boundaries.contains(length))
        case .failure(let error):
          #expect(!boundaries.contains(length))
          #expect(error.kind == .malformed)
        }
      }
    }
  }

  @Test("random changes of recorded calls never trap")
  func mutations() {
    let recorded = RecordedCall.all.map(\.bytes)
    var random = SeededGenerator(seed: 20_261_120)
    for _ in 0..<20_000 {
      guard var bytes = recorded.randomElement(using: &random) else {
        Issue.record("expected a recorded call")
        return
      }
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
        default: if bytes.count > 1 { bytes.remove(at: index) }
        }
      }
      _ = try? decoder.scaledObjectRef(from: bytes.span.bytes)
      _ = try? decoder.getMetricsRequest(from: bytes.span.bytes)
      _ = try? decoder.reflectionRequest(from: bytes.span.bytes)
      _ = try? decoder.healthCheckRequest(from: bytes.span.bytes)
      _ = try? decoder.scalerMetadata(from: bytes.span.bytes)
    }
  }

  @Test("an empty message is one with every field empty")
  func emptyMessage() throws {
    let bytes: [UInt8] = []
    #expect(try decoder.scaledObjectRef(from: bytes.span.bytes) == ScaledObjectRef())
    #expect(try decoder.getMetricsRequest(from: bytes.span.bytes) == GetMetricsRequest())
    #expect(try decoder.healthCheckRequest(from: bytes.span.bytes) == "")
    #expect(try decoder.reflectionRequest(from: bytes.span.bytes).question == nil)
  }

  @Test("all four keys that are read reach their property, and the others are counted")
  func metadataKeys() throws {
    let bytes =
      WireBytes.metadata("policy", "p") + WireBytes.metadata("workload", "w")
      + WireBytes.metadata("leadTime", "10m") + WireBytes.metadata("metricName", "m")
      + WireBytes.metadata("scalerAddress", "headstart:50051") + WireBytes.metadata("", "")
    #expect(
      try decoder.scaledObjectRef(from: bytes.span.bytes)
        == ScaledObjectRef(
          policy: "p", workload: "w", leadTime: "10m", metricName: "m",
          ignored: ["", "scalerAddress"], metadataCount: 6))
  }

  @Test(
    "a key that only begins like one that is read is another key",
    arguments: ["polic", "policyy", "Workloads", "metricName ", "FromEnv", "queries"])
  func similarKeys(key: String) throws {
    let bytes = WireBytes.metadata(key, "value")
    #expect(
      try decoder.scaledObjectRef(from: bytes.span.bytes)
        == ScaledObjectRef(ignored: [key], metadataCount: 1))
  }

  @Test("what a signal says, and keys in another case, come in the order of their keys")
  func signalKeys() throws {
    let entries = [
      TriggerEntry(key: "Policy", value: "p"), TriggerEntry(key: "end", value: "0 18 * * *"),
      TriggerEntry(key: "query", value: "up"), TriggerEntry(key: "start", value: "0 9 * * *"),
    ]
    let bytes = [2, 0, 3, 1].flatMap { WireBytes.metadata(entries[$0].key, entries[$0].value) }
    #expect(
      try decoder.scaledObjectRef(from: bytes.span.bytes)
        == ScaledObjectRef(entries: entries, metadataCount: 4))
  }

  @Test("a key that KEDA resolved from an environment is the plain one, which comes before it")
  func keysFromEnvironment() throws {
    let first =
      WireBytes.metadata("queryFromEnv", "a") + WireBytes.metadata("workloadFromEnv", "w")
      + WireBytes.metadata("policyFromEnv", "no") + WireBytes.metadata("policy", "p")
    let reference = try decoder.scaledObjectRef(from: first.span.bytes)
    #expect(reference.entries == [TriggerEntry(key: "query", value: "a")])
    #expect(reference.workload == "w")
    #expect(reference.policy == "p")
    let both = WireBytes.metadata("query", "plain") + WireBytes.metadata("queryFromEnv", "no")
    #expect(
      try decoder.scaledObjectRef(from: both.span.bytes).entries
        == [TriggerEntry(key: "query", value: "plain")])
  }

  @Test("the last of equal keys wins")
  func repeatedKey() throws {
    let bytes = WireBytes.metadata("workload", "first") + WireBytes.metadata("workload", "last")
    #expect(try decoder.scaledObjectRef(from: bytes.span.bytes).workload == "last")
    #expect(try decoder.scalerMetadata(from: bytes.span.bytes) == ["workload": "last"])
  }

  @Test("10,000 metadata keys are read")
  func manyKeys() throws {
    var bytes = WireBytes.field(1, "web")
    for index in 0..<10_000 { bytes += WireBytes.metadata("key-\(index)", "value-\(index)") }
    bytes += WireBytes.metadata("workload", "web")
    let reference = try decoder.scaledObjectRef(from: bytes.span.bytes)
    #expect(reference.metadataCount == 10_001)
    #expect(reference.workload == "web")
    let metadata = try decoder.scalerMetadata(from: bytes.span.bytes)
    #expect(metadata.count == 10_001)
    #expect(metadata["key-9999"] == "value-9999")
  }

  @Test("unknown fields of every wire type are skipped")
  func unknownFields() throws {
    let fixed64: [UInt8] = WireBytes.varint(101 << 3 | 1) + [UInt8](repeating: 7, count: 8)
    let fixed32: [UInt8] = WireBytes.varint(102 << 3 | 5) + [UInt8](repeating: 7, count: 4)
    let bytes =
      WireBytes.field(100, value: .max) + fixed64 + WireBytes.field(1, "web") + fixed32
      + WireBytes.field(103, "new")
    #expect(try decoder.scaledObjectRef(from: bytes.span.bytes) == ScaledObjectRef(name: "web"))
  }

  @Test("a known field of another wire type is an error")
  func wrongWireType() {
    let bytes = WireBytes.field(1, value: 5)
    #expect(throws: MessageError.self) { try decoder.scaledObjectRef(from: bytes.span.bytes) }
  }

  @Test("a NUL inside a string cuts nothing off")
  func embeddedNUL() throws {
    let bytes =
      WireBytes.field(1, "we\0b") + WireBytes.metadata("work\0load", "a\0b")
      + WireBytes.metadata("workload", "c\0d")
    let reference = try decoder.scaledObjectRef(from: bytes.span.bytes)
    #expect(reference.name == "we\0b")
    #expect(reference.workload == "c\0d")
    #expect(try decoder.scalerMetadata(from: bytes.span.bytes)["work\0load"] == "a\0b")
  }

  @Test(
    "invalid UTF-8 in any string is an error that names the field",
    arguments: [
      (WireBytes.field(1, [0x77, 0xff]), "name is not valid UTF-8 at byte 1"),
      (WireBytes.field(2, [0xc0, 0x80]), "namespace is not valid UTF-8 at byte 0"),
      (
        WireBytes.field(3, WireBytes.field(1, [0xed, 0xa0, 0x80])),
        "a key of scalerMetadata is not valid UTF-8 at byte 0"
      ),
      (
        WireBytes.field(
          3, WireBytes.field(1, "workload") + WireBytes.field(2, [0x61, 0x62, 0x80])),
        "scalerMetadata[\"workload\"] is not valid UTF-8 at byte 2"
      ),
      (
        WireBytes.field(3, WireBytes.field(1, "ignored") + WireBytes.field(2, [0xe2, 0x82])),
        "scalerMetadata[\"ignored\"] is not valid UTF-8 at byte 0"
      ),
    ])
  func invalidText(bytes: [UInt8], message: String) throws {
    for request in [bytes, WireBytes.field(1, bytes)] {
      let error = #expect(throws: MessageError.self) {
        if request == bytes {
          _ = try decoder.scaledObjectRef(from: request.span.bytes)
        } else {
          _ = try decoder.getMetricsRequest(from: request.span.bytes)
        }
      }
      #expect(error?.kind == .invalidText)
      #expect(error?.message == "\(message); protobuf strings must be UTF-8")
    }
  }

  @Test("invalid UTF-8 is refused in the other messages too")
  func invalidTextElsewhere() {
    let metricName = WireBytes.field(2, [0xff])
    #expect(throws: MessageError.self) {
      try decoder.getMetricsRequest(from: metricName.span.bytes)
    }
    let service = WireBytes.field(1, [0xff])
    #expect(throws: MessageError.self) {
      try decoder.healthCheckRequest(from: service.span.bytes)
    }
    for number in [1, 3, 4, 6, 7] {
      let question = WireBytes.field(number, [0xff])
      #expect(throws: MessageError.self) {
        try decoder.reflectionRequest(from: question.span.bytes)
      }
    }
  }

  @Test("a long key is shortened in an error")
  func longKeyInError() {
    let entry = WireBytes.field(1, String(repeating: "k", count: 10_000))
    let bytes = WireBytes.field(3, entry + WireBytes.field(2, [0xff]))
    let error = #expect(throws: MessageError.self) {
      try decoder.scaledObjectRef(from: bytes.span.bytes)
    }
    #expect((error?.message.utf8.count ?? .max) < 200)
  }

  @Test("a message that would take too much memory is refused, and the next one is read")
  func memoryLimit() throws {
    // Two bytes an entry on the wire, some hundred in memory.
    var entries: [UInt8] = []
    for _ in 0..<2_000_000 { entries += [0x1a, 0x00] }
    let error = #expect(throws: MessageError.self) {
      try decoder.scaledObjectRef(from: entries.span.bytes)
    }
    #expect(error?.kind == .tooLarge)

    // Each reference is merged into those before it, with its repeated field copied each time.
    var merges: [UInt8] = []
    for _ in 0..<100_000 { merges += WireBytes.field(1, [0x1a, 0x00]) }
    let second = #expect(throws: MessageError.self) {
      try decoder.getMetricsRequest(from: merges.span.bytes)
    }
    #expect(second?.kind == .tooLarge)

    let small = WireBytes.field(1, "web")
    #expect(try decoder.scaledObjectRef(from: small.span.bytes).name == "web")
  }

  @Test("wherever the memory of a message runs out, that message is refused and nothing else")
  func everyAllocation() throws {
    var refusals = 0
    for call in RecordedCall.all where call.method == "GetMetrics" {
      let whole = try MessageDecoder().getMetricsRequest(from: call.bytes.span.bytes)
      // Every allocation takes 16 bytes or more, so that each of them is refused once.
      for limit in stride(from: 0, through: MessageDecoder.memoryLimit, by: 16) {
        let decoder = MessageDecoder(memoryLimit: limit)
        for _ in 0..<2 {
          do throws(MessageError) {
            #expect(try decoder.getMetricsRequest(from: call.bytes.span.bytes) == whole)
          } catch {
            #expect(error.kind == .tooLarge)
            refusals += 1
          }
        }
        if (try? decoder.getMetricsRequest(from: call.bytes.span.bytes)) != nil { break }
      }
    }
    #expect(refusals > 100)
  }

  @Test("a health check names its service")
  func healthCheck() throws {
    let bytes = WireBytes.field(1, "externalscaler.ExternalScaler")
    #expect(
      try decoder.healthCheckRequest(from: bytes.span.bytes) == "externalscaler.ExternalScaler")
  }

  @Test(
    "every question of reflection is read",
    arguments: [
      (WireBytes.field(3, "a.proto"), ReflectionRequest.Question.fileByName("a.proto")),
      (WireBytes.field(4, "a.B"), .fileContainingSymbol("a.B")),
      (
        WireBytes.field(5, WireBytes.field(1, "a.B") + WireBytes.field(2, value: 7)),
        .fileContainingExtension(type: "a.B", number: 7)
      ),
      (WireBytes.field(6, "a.B"), .extensionNumbers(type: "a.B")),
      (WireBytes.field(7, ""), .services("")),
      (
        WireBytes.field(7, "*") + WireBytes.field(4, "last.Wins"),
        .fileContainingSymbol("last.Wins")
      ),
    ])
  func reflection(bytes: [UInt8], question: ReflectionRequest.Question) throws {
    let request = WireBytes.field(1, "host") + bytes
    #expect(
      try decoder.reflectionRequest(from: request.span.bytes)
        == ReflectionRequest(host: "host", question: question))
  }
}
