internal import HTTPClient
internal import Testing
internal import Time

@testable internal import Kubernetes

@Suite struct APICallTests {
  private static let policies = APIResource(
    apiVersion: "headstart.dev/v1alpha1", kind: "ScalingPolicy", name: "scalingpolicies")

  @Test(arguments: [
    (nil, nil, nil, "/apis/headstart.dev/v1alpha1/scalingpolicies"),
    ("shop", nil, nil, "/apis/headstart.dev/v1alpha1/namespaces/shop/scalingpolicies"),
    (
      "shop", "web", "status",
      "/apis/headstart.dev/v1alpha1/namespaces/shop/scalingpolicies/web/status"
    ),
    ("a/b", "../x", nil, "/apis/headstart.dev/v1alpha1/namespaces/a%2Fb/scalingpolicies/..%2Fx"),
  ])
  func `a path is the resource's`(
    namespace: String?, name: String?, subresource: String?, path: String
  ) {
    let found = ResourcePath(
      Self.policies, namespace: namespace, name: name, subresource: subresource)
    #expect(found.path == path)
  }

  @Test func `the core group and the cluster's resources have paths of their own`() {
    let nodes = APIResource(apiVersion: "v1", kind: "Node", name: "nodes", isNamespaced: false)
    #expect(ResourcePath(nodes, namespace: "x", name: "n").path == "/api/v1/nodes/n")
    #expect(nodes.group == "")
    #expect(nodes.qualifiedName == "nodes")
  }

  @Test func `writes name their manager and are checked only when asked`() {
    let path = ResourcePath(Self.policies, namespace: "shop", name: "web")
    var call = APICall(.patch, path, body: [:])
    #expect(call.queryText == "?fieldManager=headstart")
    #expect(call.contentType == "application/merge-patch+json")
    call.isDryRun = true
    #expect(call.queryText == "?fieldManager=headstart&dryRun=All")
    call.isDryRun = true
    #expect(call.query.count == 2)
    call.isDryRun = false
    #expect(!call.isDryRun)
    #expect(APICall(.get, path).queryText == "")
    #expect(APICall(.create, path, body: [:]).contentType == "application/json")
  }

  private static func failure(
    _ kind: KubernetesFailure.Kind, retryAfter: Duration? = nil
  ) -> KubernetesFailure {
    KubernetesFailure(kind: kind, message: "test", retryAfter: retryAfter)
  }

  @Test(
    arguments: [
      (APICall.Verb.get, KubernetesFailure.Kind.serverError, nil, true),
      (.patch, .unreachable(.connect), nil, true), (.patch, .throttled, nil, true),
      (.create, .unreachable(.timeout), nil, false), (.create, .serverError, nil, false),
      (.create, .throttled, nil, true), (.create, .serverError, Duration.seconds(1), true),
      (.update, .conflict, nil, false), (.get, .notFound, nil, false),
      (.patch, .invalid, nil, false), (.get, .forbidden, nil, false), (.get, .expired, nil, false),
      (.get, .unreachable(.tls), nil, false),
    ] as [(APICall.Verb, KubernetesFailure.Kind, Duration?, Bool)])
  func `only what may pass and does no harm is repeated`(
    verb: APICall.Verb, kind: KubernetesFailure.Kind, retryAfter: Duration?, repeats: Bool
  ) {
    var plan = RetryPlan(APICall(verb, ResourcePath(Self.policies, namespace: nil)))
    var jitter = JitterSource(seed: 1)
    let order = plan.failed(
      Self.failure(kind, retryAfter: retryAfter), elapsed: .zero, jitter: &jitter)
    #expect((order != .giveUp) == repeats)
  }

  @Test func `a refused token is tried once more, whatever the call`() {
    var call = APICall(.create, ResourcePath(Self.policies, namespace: nil))
    call.repeats = false
    var plan = RetryPlan(call)
    var jitter = JitterSource(seed: 1)
    let refused = Self.failure(.unauthorized)
    #expect(plan.failed(refused, elapsed: .zero, jitter: &jitter) == .repeatNow)
    #expect(plan.failed(refused, elapsed: .zero, jitter: &jitter) == .giveUp)
  }

  @Test func `waits as the server says, but not beyond the deadline`() {
    let call = APICall(.get, ResourcePath(Self.policies, namespace: nil), deadline: .seconds(10))
    var plan = RetryPlan(call)
    var jitter = JitterSource(seed: 1)
    let throttled = Self.failure(.throttled, retryAfter: .seconds(9))
    #expect(
      plan.failed(throttled, elapsed: .milliseconds(999), jitter: &jitter)
        == .repeatAfter(.seconds(9)))
    #expect(plan.failed(throttled, elapsed: .seconds(1), jitter: &jitter) == .giveUp)
  }

  @Test func `the first attempts of a read are short, the last one has half a minute`() {
    var plan = RetryPlan(APICall(.list, ResourcePath(Self.policies, namespace: nil)))
    var jitter = JitterSource(seed: 1)
    var elapsed = Duration.zero
    var limits: [Duration] = []
    while true {
      let limit = plan.limit(elapsed: elapsed)
      limits.append(limit)
      elapsed += limit
      let order = plan.failed(
        Self.failure(.unreachable(.timeout)), elapsed: elapsed, jitter: &jitter)
      guard case .repeatAfter(let wait) = order else { break }
      #expect(wait <= RetryPlan.firstWait)
      elapsed += wait
    }
    #expect(limits.prefix(3) == [.seconds(3), .seconds(3), .seconds(3)])
    #expect(limits.last.map { $0 > .seconds(25) } == true)
    #expect(elapsed == APICall.Defaults.readDeadline)
  }

  @Test func `a write has all the time there is`() {
    let plan = RetryPlan(APICall(.patch, ResourcePath(Self.policies, namespace: nil)))
    #expect(plan.limit(elapsed: .seconds(1)) == APICall.Defaults.writeDeadline - .seconds(1))
  }

  @Test(arguments: [("7", 7), ("0", 0), ("86400", 86_400)])
  func `reads Retry-After in seconds`(text: String, seconds: Int) {
    let response = HTTPResponse(
      status: 429, headers: HTTPHeaders([(name: "Retry-After", value: text)]))
    let call = APICall(.get, ResourcePath(Self.policies, namespace: nil))
    #expect(KubernetesFailure(response, to: call).retryAfter == .seconds(seconds))
  }

  @Test(arguments: ["", "-1", "1.5", "86401", "99999999999999999999", "Fri, 20 Nov 2026", "٣"])
  func `takes no other Retry-After`(text: String) {
    let response = HTTPResponse(
      status: 429, headers: HTTPHeaders([(name: "Retry-After", value: text)]))
    let call = APICall(.get, ResourcePath(Self.policies, namespace: nil))
    #expect(KubernetesFailure(response, to: call).retryAfter == nil)
  }

  @Test func `a page of a proxy is shown as it begins`() {
    let response = HTTPResponse(status: 502, body: Array("<html>Bad\nGateway</html>".utf8))
    let call = APICall(.get, ResourcePath(Self.policies, namespace: "shop", name: "web"))
    let failure = KubernetesFailure(response, to: call)
    #expect(failure.kind == .serverError)
    #expect(failure.message.contains("<html>Bad Gateway</html>"))
    #expect(failure.code == "502")
  }
}

@Suite struct WatchDecoderTests {
  private func decoder() -> WatchDecoder {
    WatchDecoder(APICall(.watch, ResourcePath(.leases, namespace: nil)))
  }

  @Test func `reads events however they are cut`() {
    let text =
      #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}"# + "\n"
      + #"{"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"2"}}}"# + "\r\n\n"
      + #"{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"3"}}}"# + "\n"
      + #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"# + "\n"
    let bytes = Array(text.utf8)
    for size in [bytes.count, 1, 7] {
      let decoder = decoder()
      var events: [WatchEvent] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        events += decoder.decode(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      let kinds = events.map { event in
        switch event {
        case .added(let object): "added \(object.resourceVersion)"
        case .modified(let object): "modified \(object.resourceVersion)"
        case .deleted(let object): "deleted \(object.resourceVersion)"
        case .bookmark(let version): "bookmark \(version)"
        case .failed: "failed"
        }
      }
      #expect(kinds == ["added 1", "modified 2", "deleted 3", "bookmark 9"])
    }
  }

  @Test(arguments: [
    "nonsense", "{}", #"{"type":"ADDED"}"#, #"{"type":"NEW","object":{}}"#, "[1]",
  ])
  func `what is no event ends the watch`(line: String) {
    let decoder = decoder()
    let events = decoder.decode(Array("\(line)\n{}\n".utf8))
    guard case .failed(let failure)? = events.first, events.count == 1 else {
      Issue.record("\(events)")
      return
    }
    #expect(failure.kind == .malformed)
    #expect(decoder.decode(Array("\(line)\n".utf8)).isEmpty)
  }

  @Test func `a line without an end is bounded`() {
    let decoder = decoder()
    let half = [UInt8](repeating: 0x20, count: WatchDecoder.maximumLine / 2)
    #expect(decoder.decode(half).isEmpty)
    #expect(decoder.decode(half).isEmpty)
    #expect(decoder.decode([0x20]).count == 1)
  }
}
