internal import SidePort
internal import Testing

@testable internal import Serving

/// What KubeElasti's resolver sends.
struct IncomingRequestTests {
  @Test(arguments: [
    #"{"count": 1, "svc": "checkout", "namespace": "shop"}"#,
    #"{"namespace":"shop","svc":"checkout"}"#,
    #"{"svc":"checkout","namespace":"shop","more":{"a":[1,2]},"count":1000000}"#,
  ])
  func `names a service and its namespace, whatever comes beside them`(body: String) throws {
    let subject = try IncomingRequest.read(Array(body.utf8)).get()
    #expect(subject == .service("checkout", namespace: "shop"))
  }

  @Test(arguments: [
    "", "[]", "null", "{}", #"{"svc":"a"}"#, #"{"namespace":"b"}"#, #"{"svc":"","namespace":"b"}"#,
    #"{"svc":1,"namespace":"b"}"#, #"{"svc":"a","namespace":"b"} and more"#,
    #"{"svc":"a","namespace":"b","count":"many"}"#, "{\"svc\":\"\u{0}",
    #"{"svc":"\#(String(repeating: "x", count: 254))","namespace":"b"}"#,
  ])
  func `says what was expected of any other body`(body: String) {
    let error = #expect(throws: WakeUpCall.BadBody.self) {
      try IncomingRequest.read(Array(body.utf8)).get()
    }
    #expect(
      error?.sentence.contains(#"{"count": 1, "svc": "NAME", "namespace": "NAMESPACE"}"#) == true)
  }
}
