internal import EventLoop
internal import Kubernetes
internal import Scaling
internal import TestKit
internal import Testing

@testable internal import DirectScaling

/// What is read from and written to a cluster for one target.
struct TargetDriverTests {
  private static func body(_ request: ScriptedServer.Request?) throws -> JSONValue {
    try JSONValue(Array(try #require(request).body.utf8))
  }

  @Test func `writes what differs, as of the version that was seen, and else nothing`() throws {
    let cluster = try ScriptedCluster { $0.version = 41 }
    try Scaler.running(in: cluster) { scaler in
      #expect(scaler.scale(to: 5) == .scaled(from: 2, to: 5))
      #expect(cluster.replicas == 5)
      #expect(scaler.scale(to: 5) == .unchanged(5))
      #expect(cluster.writes.count == 1)
      let write = try Self.body(cluster.writes.first)
      #expect(write["spec"]?["replicas"]?.integer == 5)
      #expect(write["metadata"]?["resourceVersion"]?.text == "41")
      #expect(scaler.operations().map(\.outcome) == [.succeeded])
    }
  }

  @Test func `a dry run asks the API server to change nothing`() throws {
    let cluster = try ScriptedCluster()
    try Scaler.running(in: cluster, isDryRun: true) { scaler in
      #expect(scaler.scale(to: 5) == .dryRun(from: 2, to: 5))
      #expect(cluster.replicas == 2)
      #expect(cluster.writes.allSatisfy { $0.target.contains("dryRun=All") })
      #expect(scaler.operations().map(\.outcome) == [.dryRun])
    }
  }

  @Test func `a conflict is looked at again, and written as of the new version`() throws {
    let cluster = try ScriptedCluster {
      // Somebody writes between the first look and the first write.
      $0.onWrite = { content in content.version = max(content.version, 2) }
    }
    try Scaler.running(in: cluster) { scaler in
      #expect(scaler.scale(to: 5) == .scaled(from: 2, to: 5))
      let versions = try cluster.writes.map {
        try Self.body($0)["metadata"]?["resourceVersion"]?.text
      }
      #expect(versions == ["1", "2"])
      #expect(scaler.operations().map(\.outcome) == [.succeeded])
    }
  }

  // MARK: Leading

  @Test func `a replica that does not lead asks nothing`() throws {
    let cluster = try ScriptedCluster()
    try Scaler.running(in: cluster) { scaler in
      _ = scaler.onLoop { $0.lead(false) }
      #expect(scaler.scale(to: 5) == .notLeading)
      #expect(cluster.server.requests.isEmpty)
      #expect(scaler.wake { $0.lead(true) } == .scaled(from: 2, to: 5))
    }
  }

  @Test func `the loss of the Lease ends a look, and what comes of it is not heard`() throws {
    let cluster = try ScriptedCluster()
    try Scaler.running(in: cluster) { scaler in
      cluster.change { content in
        content.onRead = { _ in
          scaler.loop.post { scaler.assumeIsolated { $0.lead(false) } }
          return false
        }
      }
      #expect(scaler.scale(to: 5) == .notLeading)
      #expect(cluster.writes.isEmpty)
      cluster.change { $0.onRead = { _ in true } }
      #expect(scaler.wake { $0.lead(true) } == .scaled(from: 2, to: 5))
    }
  }

  @Test func `a Lease that was lost since the look is noticed before the write`() throws {
    let cluster = try ScriptedCluster()
    try Scaler.running(in: cluster) { scaler in
      cluster.change { content in
        content.onRead = { _ in
          // The test's thread waits for the wake-up, and the loop for this answer.
          _ = scaler.onLoop { $0.lead(false, isTold: false) }
          return true
        }
      }
      #expect(scaler.scale(to: 5) == .notLeading)
      #expect(cluster.writes.isEmpty)
      #expect(cluster.replicas == 2)
    }
  }

  // MARK: What is not scaled

  @Test func `a target that is missing is told, and scaled once it is there`() throws {
    let cluster = try ScriptedCluster { $0.replicas = nil }
    try Scaler.running(in: cluster) { scaler in
      #expect(scaler.scale(to: 5) == .missing("Deployment shop/web does not exist"))
      cluster.change { $0.replicas = 0 }
      #expect(scaler.wake() == .scaled(from: 0, to: 5))
    }
  }

  @Test func `what has no scale is left alone`() throws {
    let cluster = try ScriptedCluster { $0.hasScale = false }
    try Scaler.running(in: cluster) { scaler in
      guard case .failed(let sentence)? = scaler.scale(to: 5) else {
        Issue.record("it was not refused")
        return
      }
      #expect(sentence.contains("deployments.apps have no scale subresource"))
      #expect(cluster.writes.isEmpty)
    }
  }

  @Test func `what may not be read is told, and scaled once it may`() throws {
    let cluster = try ScriptedCluster { $0.isForbidden = true }
    try Scaler.running(in: cluster) { scaler in
      guard case .failed(let sentence)? = scaler.scale(to: 5) else {
        Issue.record("it did not fail")
        return
      }
      #expect(sentence.contains("the verb get on deployments/scale"))
      cluster.change { $0.isForbidden = false }
      #expect(scaler.wake() == .scaled(from: 2, to: 5))
    }
  }

  @Test func `what another autoscaler scales is left alone`() throws {
    let cluster = try ScriptedCluster {
      $0.autoscalers = [
        """
        {"metadata": {"name": "cpu", "namespace": "shop"}, "spec": {"scaleTargetRef":
          {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}
        """
      ]
    }
    try Scaler.running(in: cluster) { scaler in
      #expect(
        scaler.scale(to: 5)
          == .refused(
            "Deployment shop/web is scaled by HorizontalPodAutoscaler shop/cpu, so Headstart leaves"
              + " it alone"))
      #expect(cluster.writes.isEmpty)
      #expect(
        scaler.scale(to: 6, rules: TargetRules(autoscaler: .hpa("cpu"))) == .scaled(from: 2, to: 6))
    }
  }

  // MARK: Others

  @Test func `KEDA is paused before its workload is taken to zero, and resumed before it is back`()
    throws
  {
    func scaledObject(_ annotations: String) -> String {
      """
      {"metadata": {"name": "web", "namespace": "shop", "annotations": {\(annotations)}},
        "spec": {"scaleTargetRef": {"name": "web"}}}
      """
    }
    let cluster = try ScriptedCluster { $0.scaledObjects = [scaledObject("")] }
    let rules = TargetRules(autoscaler: .keda("web"), extent: .toAndFromZero)
    try Scaler.running(in: cluster) { scaler in
      #expect(scaler.scale(to: 0, rules: rules) == .scaled(from: 2, to: 0))
      cluster.change {
        $0.scaledObjects = [
          scaledObject(
            #""autoscaling.keda.sh/paused": "true", "autoscaling.keda.sh/paused-replicas": "0""#)
        ]
      }
      #expect(scaler.scale(to: 3, rules: rules) == .scaled(from: 0, to: 3))
    }
    let writes = cluster.writes
    let object = "\(ScriptedCluster.scaledObjectPath)/web"
    #expect(
      writes.map { String($0.target.prefix { $0 != "?" }) }
        == [object, ScriptedCluster.scalePath, object, ScriptedCluster.scalePath])
    try #require(writes.count == 4)
    let pause = try Self.body(writes[0])["metadata"]?["annotations"]
    #expect(pause?["autoscaling.keda.sh/paused"]?.text == "true")
    #expect(pause?["autoscaling.keda.sh/paused-replicas"]?.text == "0")
    // RFC 7386: null removes.
    #expect(writes[2].body.contains(#""autoscaling.keda.sh/paused":null"#))
    #expect(writes[2].body.contains(#""autoscaling.keda.sh/paused-replicas":null"#))
  }

  @Test func `who sets the target back again and again is named once, before the next write`()
    throws
  {
    let cluster = try ScriptedCluster()
    func managersRead() -> Int {
      cluster.server.requests.count { $0.target.prefix { $0 != "?" } == ScriptedCluster.webPath }
    }
    try Scaler.running(in: cluster) { scaler in
      #expect(scaler.scale(to: 5) == .scaled(from: 2, to: 5))
      for count in 1...5 {
        cluster.change {
          $0.replicas = 2
          $0.version += 1
        }
        try #require(scaler.wake() == .scaled(from: 2, to: 5))
        try #require(managersRead() == (count < 3 ? 0 : 1))
      }
      // Events are written beside all that.
      var events: [ScriptedServer.Request] = []
      let end = ContinuousClock.now + .patience
      repeat {
        _ = scaler.onLoop { _ in }
        events = cluster.server.requests.filter { $0.body.contains("ScalingUndone") }
      } while events.isEmpty && ContinuousClock.now < end
      #expect(events.first?.body.contains("by helm: ") == true)
    }
  }

  @Test func `one policy has a target, and the next has it when that is gone`() throws {
    let cluster = try ScriptedCluster()
    try Scaler.running(in: cluster) { scaler in
      #expect(scaler.wake("web") == .noTarget)
      #expect(scaler.scale("first", to: 5) == .scaled(from: 2, to: 5))
      let refusal = scaler.scale("second", to: 7)
      guard case .refused(let sentence)? = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
      #expect(sentence.contains("is scaled by the policy shop/first"))
      #expect(scaler.wake("second") { $0.dropped("first") } == .scaled(from: 5, to: 7))
      #expect(scaler.wake("first") == .noTarget)
    }
  }
}
