import Foundation
import Synchronization
import Testing
import Time

@testable import SidePort

/// What one replica tells another.
extension SidePortRoutesTests {
  @Test func `tells another replica what policies last asked, and not itself`() throws {
    var content = content.content
    let asked = Mutex<[MemoryQuestion]>([])
    content.memory = { question in
      asked.withLock { $0.append(question) }
      return question.asker == "me" ? .ownCall : .memory(Array("{}".utf8))
    }
    let router = Router.sidePort(content)
    func get(_ query: [String: String?], from asker: String?) -> SidePortResponse {
      router.answer(
        SidePortRequest(
          method: "GET", target: "/api/v1/memory", forwarder: asker, query: query))
    }
    #expect(get([:], from: nil).body == Array("{}\n".utf8))
    #expect(get(["state": "fresh", "policy": "a/b\nc"], from: "me").status == 204)
    #expect(get(["state": "held"], from: nil).status == 400)
    #expect(
      asked.withLock { $0 } == [
        MemoryQuestion(), MemoryQuestion(policies: ["a/b", "c"], onlyFresh: true, asker: "me"),
      ])
  }

  @Test func `tells another replica what manifests were last good with, and not itself`() throws {
    var content = content.content
    content.lastGoodFiles = { paths, asker in
      asker == "me" ? .ownCall : .memory(Array((paths ?? ["all"]).joined(separator: "+").utf8))
    }
    let router = Router.sidePort(content)
    func get(_ query: [String: String?], from asker: String?) -> SidePortResponse {
      router.answer(
        SidePortRequest(
          method: "GET", target: "/api/v1/memory/files", forwarder: asker, query: query))
    }
    #expect(get([:], from: nil).body == Array("all\n".utf8))
    #expect(get(["path": "/a\n/b"], from: "you").body == Array("/a+/b\n".utf8))
    #expect(get([:], from: "me").status == 204)
    content.lastGoodFiles = { _, _ in .noAnswer }
    let answer = Router.sidePort(content).answer(
      SidePortRequest(method: "GET", target: "/api/v1/memory/files"))
    #expect(answer.status == 503)
  }

  @Test func `tells another replica what forecasts have learnt, and not itself`() {
    var content = content.content
    content.learntStates = { fingerprints, asker in
      asker == "me"
        ? .ownCall
        : .memory(Array(fingerprints.sorted().map { "\($0)" }.joined(separator: "+").utf8))
    }
    let router = Router.sidePort(content)
    func get(_ ids: String?, from asker: String? = nil) -> SidePortResponse {
      router.answer(
        SidePortRequest(
          method: "GET", target: "/api/v1/memory/forecasts", forwarder: asker,
          query: ids.map { ["id": $0] } ?? [:]))
    }
    #expect(get("ff\n1").body == Array("1+255\n".utf8))
    #expect(get("ff", from: "me").status == 204)
    func many(_ count: Int) -> String { (0..<count).map { "\($0)" }.joined(separator: "\n") }
    #expect(get(many(128)).status == 200)
    for ids in [nil, "", "g", "1ffffffffffffffff", "1\n-2", many(129)] as [String?] {
      #expect(get(ids).status == 400, "\(ids ?? "none")")
    }
  }
}
