import Testing

@testable import ScalerMessages

@Suite("Reflection's descriptors")
struct DescriptorIndexTests {
  let index = DescriptorIndex.embedded

  @Test("all services are listed")
  func services() {
    #expect(
      index.answer(to: .services("*"))
        == .services([
          "externalscaler.ExternalScaler", "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
        ]))
  }

  @Test(
    "a symbol of any kind leads to its file",
    arguments: [
      ("externalscaler.ExternalScaler", "externalscaler.proto"),
      ("externalscaler.ExternalScaler.StreamMetricSpec", "externalscaler.proto"),
      ("externalscaler.ScaledObjectRef", "externalscaler.proto"),
      ("externalscaler.ScaledObjectRef.scalerMetadata", "externalscaler.proto"),
      ("externalscaler.ScaledObjectRef.ScalerMetadataEntry.key", "externalscaler.proto"),
      ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"),
      ("grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"),
      (
        "grpc.reflection.v1.ServerReflectionRequest.message_request",
        "grpc/reflection/v1/reflection.proto"
      ),
      (
        "grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo",
        "grpc/reflection/v1alpha/reflection.proto"
      ),
    ])
  func symbols(symbol: String, file: String) {
    let bySymbol = index.answer(to: .fileContainingSymbol(symbol))
    #expect(bySymbol == index.answer(to: .fileByName(file)))
    guard case .files(let files) = bySymbol, files.count == 1 else {
      Issue.record("expected one file, found \(bySymbol)")
      return
    }
    #expect(DescriptorFields(files[0][...]).first { $0.number == 1 }?.text == file)
  }

  @Test(
    "what is not known is NOT_FOUND with its name",
    arguments: [
      (ReflectionRequest.Question.fileByName("no.proto"), "no file is named \"no.proto\""),
      (.fileContainingSymbol("externalscaler"), "no file declares \"externalscaler\""),
      (.fileContainingSymbol(""), "no file declares \"\""),
      (
        .fileContainingExtension(type: "externalscaler.MetricSpec", number: 7),
        "no file declares an extension 7 of \"externalscaler.MetricSpec\""
      ),
      (.extensionNumbers(type: "no.Such"), "no message is named \"no.Such\""),
      (
        .extensionNumbers(type: "externalscaler.ExternalScaler"),
        "no message is named \"externalscaler.ExternalScaler\""
      ),
    ])
  func notFound(question: ReflectionRequest.Question, message: String) {
    #expect(index.answer(to: question) == .failure(code: 5, message: message))
  }

  @Test("a message has no extensions")
  func extensions() {
    let type = "externalscaler.MetricSpec"
    #expect(
      index.answer(to: .extensionNumbers(type: type)) == .extensionNumbers(type: type, []))
  }

  @Test("a request that asks nothing is INVALID_ARGUMENT")
  func nothing() {
    guard case .failure(3, _) = index.answer(to: nil) else {
      Issue.record("expected INVALID_ARGUMENT")
      return
    }
  }

  @Test("a file comes with all that it needs, each once, even around a cycle")
  func dependencies() {
    func file(_ name: String, _ dependencies: String...) -> [UInt8] {
      WireBytes.field(1, name) + dependencies.flatMap { WireBytes.field(3, $0) }
    }
    let files = [
      file("a", "b", "c"), file("b", "d"), file("c", "d"), file("d", "a", "missing"),
    ]
    let index = DescriptorIndex(fileDescriptorSet: files.flatMap { WireBytes.field(1, $0) })
    #expect(
      index.answer(to: .fileByName("a")) == .files([files[0], files[1], files[3], files[2]]))
    #expect(
      index.answer(to: .fileByName("c")) == .files([files[2], files[3], files[0], files[1]]))
  }

  @Test("a long name is shortened in the answer")
  func longName() {
    let name = String(repeating: "x", count: 1_000_000)
    guard case .failure(_, let message) = index.answer(to: .fileByName(name)) else {
      Issue.record("expected a failure")
      return
    }
    #expect(message.utf8.count < 200)
  }

  @Test("descriptors that are cut short end the walk")
  func truncated() {
    let bytes = WireBytes.field(1, WireBytes.field(1, "a") + WireBytes.field(2, "p"))
    for length in 0..<bytes.count {
      _ = DescriptorIndex(fileDescriptorSet: Array(bytes.prefix(length)))
    }
  }
}
