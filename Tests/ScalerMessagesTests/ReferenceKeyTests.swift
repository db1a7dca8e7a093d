internal import TestKit
import Testing

@testable import ScalerMessages

@Suite("Keys of references")
struct ReferenceKeyTests {
  let decoder = MessageDecoder()

  @Test("messages with the same reference have the same key, and others another one")
  func agreesWithReferences() throws {
    var random = SeededGenerator(seed: 20_261_126)
    var references: [[UInt8]: ScaledObjectRef] = [:]
    for _ in 0..<20_000 {
      let bytes = message(using: &random)
      var reference = try decoder.scaledObjectRef(from: bytes.span.bytes)
      var key = ReferenceKey()
      try decoder.readReference(from: bytes.span.bytes, into: &key)
      try #require(key.bytes == self.key(of: reference))
      try #require(key.hasMetricName == (reference.metricName != nil))
      reference.metadataCount = 0
      reference.ignored = []
      let known = references.updateValue(reference, forKey: key.bytes)
      try #require(known == nil || known == reference)
    }
    #expect(Set(references.values).count == references.count)
    #expect(references.count > 1_000)
  }

  @Test("a key that is filled again keeps nothing of the last reference")
  func isFilledAgain() throws {
    var key = ReferenceKey()
    let long = WireBytes.field(1, "web") + WireBytes.metadata("metricName", "m")
    try decoder.readReference(from: long.span.bytes, into: &key)
    let empty: [UInt8] = []
    try decoder.readReference(from: empty.span.bytes, into: &key)
    #expect(key.bytes == self.key(of: ScaledObjectRef()))
    #expect(key.hasMetricName == false)
  }

  @Test("what is wrong with a reference is the same error as elsewhere")
  func errors() {
    let messages = [
      [0xFF], [0x0A, 0x05, 0x41], [0x0A, 0x01, 0xFF],
      WireBytes.metadata("workload", "x") + [0x1A, 0x05, 0x0A, 0x01, 0x41, 0x12, 0x01],
      [0x1A, 0x06, 0x0A, 0x01, 0x41, 0x12, 0x01, 0xFE],
    ]
    for bytes in messages {
      let expected = #expect(throws: MessageError.self) {
        try decoder.scaledObjectRef(from: bytes.span.bytes)
      }
      let found = #expect(throws: MessageError.self) {
        var key = ReferenceKey()
        try decoder.readReference(from: bytes.span.bytes, into: &key)
      }
      #expect(found == expected)
    }
  }

  @Test(
    "GetMetrics asks by the trigger's name, by the default, or by another",
    arguments: [
      (nil, "", true), (nil, "desired_replicas", true), (nil, "other", false),
      (nil, "fesired_replicas", false), (nil, "desired_replicax", false),
      ("mine", "mine", true), ("mine", "", true), ("mine", "desired_replicas", false),
      ("", "desired_replicas", true), ("", "", true),
    ] as [(String?, String, Bool)])
  func metricNames(trigger: String?, asked: String, isOwn: Bool) throws {
    var reference = WireBytes.field(1, "web")
    if let trigger { reference += WireBytes.metadata("metricName", trigger) }
    let bytes =
      [0x0A, UInt8(reference.count)] + reference + (asked.isEmpty ? [] : WireBytes.field(2, asked))
    var key = ReferenceKey()
    let found = try decoder.readMetricsRequest(
      from: bytes.span.bytes, defaultMetricName: "desired_replicas", into: &key)
    #expect(found == isOwn)
    var alone = ReferenceKey()
    try decoder.readReference(from: reference.span.bytes, into: &alone)
    #expect(key.bytes == alone.bytes)
  }

  @Test("GetMetrics asks for the same metric, however its request is written")
  func metricsRequests() throws {
    var random = SeededGenerator(seed: 20_261_127)
    var own = 0
    for _ in 0..<20_000 {
      var bytes = WireBytes.field(
        2, ["", "a", "b", "ü", "default"].randomElement(using: &random) ?? "")
      // Twice now and then, which has to be merged.
      for _ in 0..<(Int.random(in: 0..<8, using: &random) == 0 ? 2 : 1) {
        let reference = WireBytes.field(1, message(using: &random))
        bytes = Bool.random(using: &random) ? reference + bytes : bytes + reference
      }
      let request = try decoder.getMetricsRequest(from: bytes.span.bytes)
      let reference = request.scaledObject
      var key = ReferenceKey()
      let isOwn = try decoder.readMetricsRequest(
        from: bytes.span.bytes, defaultMetricName: "default", into: &key)
      let name = reference.metricName.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
      try #require(isOwn == (request.metricName.isEmpty || request.metricName == name))
      try #require(key.bytes == self.key(of: reference))
      if isOwn { own += 1 }
    }
    #expect((2_000..<18_000).contains(own))
  }

  private func key(of reference: ScaledObjectRef) -> [UInt8] {
    var key = ReferenceKey()
    key.fill(
      name: reference.name, namespace: reference.namespace, policy: reference.policy,
      workload: reference.workload, leadTime: reference.leadTime, metricName: reference.metricName,
      entries: reference.entries.map { ($0.key, $0.value) })
    return key.bytes
  }

  /// A reference with few different texts, so that equal ones come up, its entries in any order, and
  /// now and then written as KEDA would not.
  private func message(using random: inout SeededGenerator) -> [UInt8] {
    func text() -> String {
      ["", "a", "b", "ab", "ü", "a\0", String(repeating: "x", count: 200)]
        .randomElement(using: &random) ?? ""
    }
    func seldom() -> Bool { Int.random(in: 0..<10, using: &random) == 0 }
    var fields = [WireBytes.field(1, text()), WireBytes.field(2, text())]
    let keys = [
      "policy", "workload", "leadTime", "metricName", "scalerAddress", "start", "Query",
      "queryFromEnv", "workloadFromEnv",
    ]
    for key in keys.shuffled(using: &random) {
      guard Bool.random(using: &random) else { continue }
      fields.append(WireBytes.metadata(key, text()))
      if seldom() { fields.append(WireBytes.metadata(key, text())) }
    }
    if seldom() { fields.append(WireBytes.field(1, text())) }
    if seldom() { fields.append(WireBytes.field(9, text())) }
    if seldom() { fields.append(WireBytes.field(4, value: 300)) }
    if seldom() { fields.append(WireBytes.field(20, text())) }
    if seldom() { fields.append(WireBytes.field(3, WireBytes.field(1, "policy"))) }
    if seldom() { fields.append(WireBytes.field(3, WireBytes.field(2, text()))) }
    if seldom() {
      fields.append(WireBytes.field(3, WireBytes.field(2, text()) + WireBytes.field(1, "policy")))
    }
    return fields.shuffled(using: &random).flatMap { $0 }
  }
}
