internal import Testing

@testable internal import Kubernetes

@Suite struct ScaleTests {
  @Test(arguments: [
    (
      #"{"kind":"Lease","metadata":{"name":"web","namespace":"shop"}}"#,
      #"expected a Scale from the API server, found the kind "Lease""#
    ),
    (
      #"{"kind":"Le\u007F\nase","metadata":{"name":"web","namespace":"shop"}}"#,
      #"expected a Scale from the API server, found the kind "Le ase""#
    ),
    (
      #"{"kind":"Scale","metadata":{"namespace":"shop"}}"#,
      "expected a Scale from the API server, found one without a name"
    ),
  ])
  func `what is no Scale is named on one line`(json: String, message: String) throws {
    let failure = try #require(throws: KubernetesFailure.self) {
      try Scale.decode(JSONValue(Array(json.utf8))).get()
    }
    #expect(failure.kind == .malformed)
    #expect(failure.message == message)
  }
}
