internal import Kubernetes
internal import Scaling
internal import Testing

@testable internal import DirectScaling

struct OtherWriterTests {
  private static let target = TargetID(
    group: "apps", kind: "Deployment", namespace: "shop", name: "web")

  private static func object(_ fields: [(manager: String, field: String)]) throws
    -> KubernetesObject
  {
    let entries = fields.map { manager, field in
      #"{"manager":"\#(manager)","operation":"Update","fieldsV1":{"f:spec":{"f:\#(field)":{}}}}"#
    }
    let text = #"{"metadata":{"name":"web","managedFields":[\#(entries.joined(separator: ","))]}}"#
    return KubernetesObject(try JSONValue(Array(text.utf8), keepsManagers: true))
  }

  @Test func `Those who have set the replicas are named, but for Headstart itself`() throws {
    let object = try Self.object([
      ("helm", "replicas"), ("headstart", "replicas"), ("kubectl", "template"),
      ("argocd-controller", "replicas"), ("helm", "replicas"),
    ])
    let writer = OtherWriter(.success(object))
    #expect(writer == .named(["argocd-controller", "helm"]))
    let sentence = writer.sentence(of: Self.target)
    #expect(sentence.contains("Deployment shop/web"))
    #expect(sentence.contains("again and again by argocd-controller, helm: "))
    #expect(!sentence.contains("not known"))
  }

  @Test func `Names from outside are bounded and show no control characters`() throws {
    let many = (1...9).map { ("m\($0)", "replicas") }
    #expect(OtherWriter(.success(try Self.object(many))) == .named(["m1", "m2", "m3"]))
    let wild = try Self.object([(#"\u001b[31m"# + String(repeating: "x", count: 500), "replicas")])
    let sentence = OtherWriter(.success(wild)).sentence(of: Self.target)
    #expect(!sentence.unicodeScalars.contains { $0.value < 32 })
    #expect(sentence.utf8.count < 600)
  }

  @Test func `What is not known is said, with the reason`() throws {
    let forbidden = KubernetesFailure(
      kind: .forbidden, message: "the role has to allow the verb get on deployments", status: 403)
    let sentences = [
      OtherWriter(.failure(forbidden)), OtherWriter(.success(try Self.object([]))),
      OtherWriter(.success(try Self.object([("headstart", "replicas")]))),
    ].map { $0.sentence(of: Self.target) }
    #expect(sentences[0].contains("by somebody else: "))
    #expect(sentences[0].contains("the verb get on deployments"))
    #expect(sentences[1] == sentences[2])
    #expect(sentences[1].contains("name no other manager"))
  }
}
