import Foundation
import Telemetry
import Testing

@testable import SidePort

struct RouterTests {
  private let router = Router(routes: [
    .get("/plain") { _, _ in .json { $0.field("page", "plain") } },
    .get("/things/{place}/{name}") { _, names in
      .json { $0.field("names", names.joined(separator: "|")) }
    },
  ])

  private func answer(_ method: String, _ target: String) -> SidePortResponse {
    router.answer(SidePortRequest(method: method, target: target, accept: nil))
  }

  @Test(arguments: [
    "/plain", "/plain?x=1", "/plain?", "/%70lain", "/pl%61in?a=%zz", "http://host:8082/plain",
    "HTTPS://host/plain?x",
  ])
  func `finds a route whatever the query and the escapes`(target: String) {
    #expect(answer("GET", target).status == 200)
    #expect(answer("HEAD", target).status == 200)
  }

  @Test(arguments: [
    ("/things/default/my-api", "default|my-api"),
    ("/things/-/a%2Fb", "-|a/b"),
    ("/things/%C3%A9t%c3%a9/x", "été|x"),
    ("/things/a%25b/%20", "a%b| "),
  ])
  func `hands over decoded segments`(target: String, names: String) throws {
    let response = answer("GET", target)
    #expect(response.status == 200)
    #expect(try object(response)["names"] as? String == names)
  }

  @Test(arguments: [
    "/", "/nothing", "/plain/", "//plain", "/things/a", "/things/a/", "/things//b",
    "/things/a/b/c", "/PLAIN", "http://host", "/plain%3Fx",
  ])
  func `answers an unknown path with 404 and the known ones`(target: String) throws {
    let response = answer("GET", target)
    #expect(response.status == 404)
    let message = try #require(try object(response)["error"] as? String)
    #expect(message.contains("/plain, /things/{place}/{name}"))
  }

  @Test(arguments: [
    "/%", "/%2", "/%zz", "/%2x", "/plain%", "/%FF", "/%C3", "/%ED%A0%80", "/%+1", "plain", "*", "",
  ])
  func `answers a malformed path with 400`(target: String) throws {
    let response = answer("GET", target)
    #expect(response.status == 400)
    #expect(try object(response)["error"] is String)
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "get", "X"])
  func `answers another method with 405 and those allowed`(method: String) throws {
    let response = answer(method, "/plain")
    #expect(response.status == 405)
    #expect(response.headers.contains { $0.name == "Allow" && $0.value == "GET, HEAD" })
    #expect(try object(response)["error"] as? String == "/plain answers GET, HEAD, not \(method)")
  }

  @Test func `does not repeat a long path in full`() throws {
    let response = answer("GET", "/" + String(repeating: "a", count: 5000))
    let message = try #require(try object(response)["error"] as? String)
    #expect(message.count < 300)
  }

  @Test func `forbids caching and sniffing`() {
    for response in [answer("GET", "/plain"), answer("GET", "/x"), answer("PUT", "/plain")] {
      #expect(response.headers.contains { $0.name == "Cache-Control" && $0.value == "no-store" })
      #expect(
        response.headers.contains { $0.name == "X-Content-Type-Options" && $0.value == "nosniff" })
    }
  }

  @Test(arguments: ["", "my-api", "a/b", "été", "a%b c", "\u{1}\u{7f}"])
  func `reads back the segments that it encodes`(text: String) {
    #expect(RequestPath.segments(of: "/" + RequestPath.encoded(text)) == [text])
  }
}

/// The body of a JSON answer.
func object(_ response: SidePortResponse) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
}
