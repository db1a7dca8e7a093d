internal import HTTPClient
internal import Scaling

@testable internal import Kubernetes

extension FuzzTarget {
  /// The API server's answers: objects, refusals, and watches, whole and as TCP may cut them.
  static let kubernetesAnswer = FuzzTarget("kubernetes-answer", maxLength: 2048) { _ in
    let call = APICall(
      .watch,
      ResourcePath(
        APIResource(
          apiVersion: "headstart.dev/v1alpha1", kind: "ScalingPolicy", name: "scalingpolicies",
          isNamespaced: true, subresources: []), namespace: "shop"))
    return { bytes throws(Broken) in
      var input = FuzzInput(bytes)
      let status = input.take([200, 401, 403, 404, 409, 410, 422, 429, 500, 503])
      let size = Int(input.takeByte() % 16) + 1
      let body = Array(input.bytes)
      try checkWatch(body, inChunksOf: size, call)
      let headers = HTTPHeaders([("Retry-After", String(size))])
      let failure = KubernetesFailure(
        HTTPResponse(status: status, headers: headers, body: body), to: call)
      try requireSentence(failure.message)
      guard let json = try? JSONValue(body) else { return }
      try require((try? JSONValue(json.bytes)) == json, "what is written is read as another value")
      try checkObject(json)
    }
  }

  private static func checkWatch(
    _ body: [UInt8], inChunksOf size: Int, _ call: APICall
  ) throws(Broken) {
    let whole = WatchDecoder(call).decode(body)
    let decoder = WatchDecoder(call)
    var cut: [WatchEvent] = []
    for start in stride(from: 0, to: body.count, by: size) {
      cut += decoder.decode(Array(body[start..<min(start + size, body.count)]))
    }
    try require(cut == whole, "chunks of \(size) bytes give \(cut), the whole \(whole)")
    for case .failed(let failure) in whole { try requireSentence(failure.message) }
    let failures = whole.indices.filter { if case .failed = whole[$0] { true } else { false } }
    try require(failures.allSatisfy { $0 == whole.count - 1 }, "a watch goes on after its failure")
  }

  private static func checkObject(_ json: JSONValue) throws(Broken) {
    if case .failure(let failure) = Scale.decode(json) { try requireSentence(failure.message) }
    for resource in Discovery.resources(of: json, apiVersion: "v1") {
      try require(!resource.name.contains("/"), "a subresource counts as a resource")
    }
    let lease = LeaseRecord(json["spec"])
    try require(
      (.zero...Duration.seconds(86_400)).contains(lease.duration), "a lease of \(lease.duration)")
    try require(lease.transitions < Int(Int32.max), "the transitions of a lease overflow")
  }
}
