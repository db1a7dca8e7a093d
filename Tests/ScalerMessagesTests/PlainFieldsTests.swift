import Testing

@testable import ScalerMessages

/// What plain messages mean is compared with protobuf-c in ReferenceKeyTests; here is which they are.
@Suite("Plain messages")
struct PlainFieldsTests {
  @Test("what KEDA sends is plain")
  func ofKEDA() throws {
    let reference =
      WireBytes.field(1, "my-api") + WireBytes.field(2, "default")
      + WireBytes.metadata("leadTime", "10m") + WireBytes.metadata("workload", "my-api")
      + WireBytes.metadata("scalerAddress", "headstart.headstart.svc:50051")
    reference.withUnsafeBufferPointer { bytes in
      let fields = ReferenceFields(plain: bytes)
      #expect(fields?.name.elementsEqual("my-api".utf8) == true)
      #expect(fields?.leadTime?.elementsEqual("10m".utf8) == true)
      #expect(fields?.workload?.elementsEqual("my-api".utf8) == true)
      #expect(fields?.policy == nil)
    }
    // Of more than 127 bytes, so that its length takes two.
    let request =
      WireBytes.field(
        1, reference + WireBytes.metadata("metricName", String(repeating: "m", count: 60)))
      + WireBytes.field(2, "desired_replicas")
    #expect(request.count > 130)
    request.withUnsafeBufferPointer { bytes in
      let fields = MetricsRequestFields(plain: bytes)
      #expect(fields?.reference.namespace.elementsEqual("default".utf8) == true)
      #expect(fields?.reference.metricName?.count == 60)
      #expect(fields?.metricName.elementsEqual("desired_replicas".utf8) == true)
    }
  }

  @Test("an empty message is plain")
  func empty() {
    let none: [UInt8] = []
    none.withUnsafeBufferPointer { #expect(ReferenceFields(plain: $0) != nil) }
    none.withUnsafeBufferPointer { #expect(MetricsRequestFields(plain: $0) != nil) }
  }

  @Test(
    "anything else is left to protobuf-c",
    arguments: [
      WireBytes.field(1, "ü"), WireBytes.field(4, "unknown"), WireBytes.field(4, value: 1),
      WireBytes.field(20, "a number of two bytes"), WireBytes.field(0, "no number"),
      WireBytes.field(1, String(repeating: "x", count: 128)),
      WireBytes.field(3, WireBytes.field(1, "no value")),
      WireBytes.field(3, WireBytes.field(2, "no key")),
      WireBytes.field(3, WireBytes.field(2, "value") + WireBytes.field(1, "key")),
      WireBytes.field(
        3, WireBytes.field(1, "a") + WireBytes.field(2, "b") + WireBytes.field(2, "c")),
      WireBytes.field(1, "cut off").dropLast() + [], [0x0A], [0x0A, 0x01], [0x0A, 0x80],
      [0x0A, 0xFF, 0x7F],
      [0x0A, 0x80, 0x80, 0x00], [0x0B, 0x0C],
    ] as [[UInt8]])
  func others(bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { #expect(ReferenceFields(plain: $0) == nil) }
    let request = WireBytes.field(1, bytes)
    request.withUnsafeBufferPointer { #expect(MetricsRequestFields(plain: $0) == nil) }
  }

  @Test("two references in one request are left to protobuf-c, which merges them")
  func twoReferences() {
    let bytes =
      WireBytes.field(1, WireBytes.field(1, "a")) + WireBytes.field(1, WireBytes.field(2, "b"))
    bytes.withUnsafeBufferPointer { #expect(MetricsRequestFields(plain: $0) == nil) }
  }
}
