import Testing

@testable import ScalerMessages

@Suite("Encoding of answers")
struct MessageEncoderTests {
  @Test("IsActive is a frame with a bool, false left out")
  func isActive() {
    #expect(MessageEncoder.isActiveResponse(true) == [0, 0, 0, 0, 2, 0x08, 1])
    #expect(MessageEncoder.isActiveResponse(false) == [0, 0, 0, 0, 0])
  }

  @Test("GetMetricSpec names one metric with the target 1 in both fields")
  func metricSpec() {
    let spec = WireBytes.field(1, "desired_replicas") + [0x10, 1] + double(3, 1)
    #expect(
      MessageEncoder.getMetricSpecResponse(metricName: "desired_replicas")
        == framed(WireBytes.field(1, spec)))
  }

  @Test("GetMetrics fills both fields with the count", arguments: [1, 20, 127, 128, 1_000_000])
  func metricValue(replicas: Int) {
    let value =
      WireBytes.field(1, "m") + WireBytes.field(2, value: UInt64(replicas))
      + double(3, Double(replicas))
    #expect(
      MessageEncoder.getMetricsResponse(metricName: "m", replicas: replicas)
        == framed(WireBytes.field(1, value)))
  }

  @Test("GetMetrics leaves both fields out for zero, and still sends one value")
  func zero() {
    #expect(
      MessageEncoder.getMetricsResponse(metricName: "m", replicas: 0)
        == framed(WireBytes.field(1, WireBytes.field(1, "m"))))
  }

  @Test(
    "names of any length and with NUL are sent whole",
    arguments: [
      "", "\0", "a\0b", String(repeating: "ü", count: 40_000),
    ])
  func names(name: String) {
    let body = name.isEmpty ? [] : WireBytes.field(1, name)
    #expect(
      MessageEncoder.getMetricsResponse(metricName: name, replicas: 0)
        == framed(WireBytes.field(1, body)))
  }

  @Test("the length of the frame is big-endian in four bytes")
  func prefix() {
    let frame = MessageEncoder.getMetricSpecResponse(
      metricName: String(repeating: "m", count: 70_000))
    let length = frame.count - 5
    #expect(
      Array(frame.prefix(5)) == [0, 0, 1, UInt8(length >> 8 & 0xff), UInt8(length & 0xff)])
  }

  @Test(
    "health statuses have the protocol's numbers",
    arguments: [
      (ServingStatus.unknown, []), (.serving, [8, 1]), (.notServing, [8, 2]),
      (.serviceUnknown, [8, 3]),
    ])
  func health(status: ServingStatus, body: [UInt8]) {
    #expect(MessageEncoder.healthCheckResponse(status) == framed(body))
  }

  @Test(
    "a reflection answer repeats its question",
    arguments: [
      (ReflectionRequest.Question.fileByName("a.proto"), WireBytes.field(3, "a.proto")),
      (.fileContainingSymbol("a.B"), WireBytes.field(4, "a.B")),
      (
        .fileContainingExtension(type: "a.B", number: 7),
        WireBytes.field(5, WireBytes.field(1, "a.B") + WireBytes.field(2, value: 7))
      ),
      (.extensionNumbers(type: "a.B"), WireBytes.field(6, "a.B")),
      (.services(""), WireBytes.field(7, "")),
      (nil, []),
    ])
  func originalRequest(question: ReflectionRequest.Question?, bytes: [UInt8]) {
    let request = ReflectionRequest(host: "h", question: question)
    let head =
      WireBytes.field(1, "h") + WireBytes.field(2, WireBytes.field(1, "h") + bytes)
    #expect(
      MessageEncoder.reflectionResponse(to: request, .services(["a.S", "b.T"]))
        == framed(
          head
            + WireBytes.field(
              6,
              WireBytes.field(1, WireBytes.field(1, "a.S"))
                + WireBytes.field(1, WireBytes.field(1, "b.T")))))
  }

  @Test(
    "every kind of reflection answer has its field",
    arguments: [
      (
        ReflectionAnswer.files([[1, 2], [3]]),
        WireBytes.field(4, WireBytes.field(1, [1, 2]) + WireBytes.field(1, [3]))
      ),
      (
        .extensionNumbers(type: "a.B", [1, 300]),
        WireBytes.field(5, WireBytes.field(1, "a.B") + WireBytes.field(2, [1, 0xac, 2]))
      ),
      (.extensionNumbers(type: "a.B", []), WireBytes.field(5, WireBytes.field(1, "a.B"))),
      (.services([]), WireBytes.field(6, [])),
      (
        .failure(code: 5, message: "no"),
        WireBytes.field(7, WireBytes.field(1, value: 5) + WireBytes.field(2, "no"))
      ),
    ])
  func answers(answer: ReflectionAnswer, bytes: [UInt8]) {
    let request = ReflectionRequest(question: nil)
    #expect(
      MessageEncoder.reflectionResponse(to: request, answer)
        == framed(WireBytes.field(2, []) + bytes))
  }

  private func framed(_ message: [UInt8]) -> [UInt8] {
    let length = UInt32(message.count)
    return [0] + [24, 16, 8, 0].map { UInt8(length >> $0 & 0xff) } + message
  }

  private func double(_ number: Int, _ value: Double) -> [UInt8] {
    WireBytes.varint(UInt64(number) << 3 | 1)
      + (0..<8).map { UInt8(value.bitPattern >> (8 * UInt64($0)) & 0xff) }
  }
}
