import Foundation
import Testing

@testable import AdminHTTP

struct AdminRoutesTests {
  private let content = TestContent()

  private func get(_ path: String, accept: String? = nil) -> AdminResponse {
    Router.admin(content.content).answer(
      AdminRequest(method: "GET", target: path, accept: accept))
  }

  @Test func `exposes the metrics in the format that is asked for`() {
    let text = get("/metrics")
    #expect(text.status == 200)
    #expect(text.headers[0].value == "text/plain; version=0.0.4; charset=utf-8")
    #expect(String(decoding: text.body, as: UTF8.self).contains("\nheadstart_build_info{"))
    let open = get("/metrics", accept: "application/openmetrics-text")
    #expect(open.headers[0].value == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    #expect(String(decoding: open.body, as: UTF8.self).hasSuffix("\n# EOF\n"))
  }

  @Test func `names each check of a healthy server`() {
    let response = get("/healthz")
    #expect(response.status == 200)
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == #"{"status":"ok","checks":[{"name":"grpc","status":"ok"}]}"# + "\n")
  }

  @Test func `names what fails, and only the process stays alive`() {
    content.set(HealthCheck("grpc"), HealthCheck("forecaster default", problem: "it says \"no\""))
    let response = get("/healthz")
    #expect(response.status == 503)
    let expected = """
      {"status":"failing","checks":[{"name":"grpc","status":"ok"},\
      {"name":"forecaster default","status":"failing","message":"it says \\"no\\""}]}

      """
    #expect(String(decoding: response.body, as: UTF8.self) == expected)
    #expect(get("/readyz").status == 503)
    #expect(get("/livez").status == 200)
  }

  @Test func `lists the policies by name`() throws {
    let policies = try #require(try object(get("/api/v1/policies"))["policies"] as? [[String: Any]])
    #expect(policies.map { $0["name"] as? String } == ["lost", "my-api"])
    #expect(policies[0]["namespace"] is NSNull)
    #expect(policies[0]["desiredReplicas"] is NSNull)
    #expect(policies[0]["available"] as? Bool == false)
    #expect(policies[0]["reason"] as? String == "every signal is lost")
    #expect(policies[0]["decision"] as? String == "/api/v1/decisions/-/lost")
    #expect(policies[1]["desiredReplicas"] as? Int == 12)
    #expect(policies[1]["winner"] as? String == "calendar")
    #expect(policies[1]["bindings"] as? Int == 3)
    #expect((policies[1]["signals"] as? [Any])?.count == 4)
    let path = try #require(policies[1]["decision"] as? String)
    #expect(get(path).status == 200)
    let next = try #require(policies[1]["nextChange"] as? [String: Any])
    #expect(next["at"] as? String == "2026-11-20T23:36:40.000Z")
    #expect(next["replicas"] as? Int == 2)
  }

  @Test func `tells a whole decision`() {
    let expected = """
      {"namespace":"default","name":"my-api","desiredReplicas":12,"active":true,"available":true,\
      "reason":null,"explanation":"12 replicas, because.","at":"2026-11-20T23:34:05.123Z",\
      "validUntil":"2026-11-20T23:35:00.000Z","nextChange":null,"leadTime":"10m","hold":"5m",\
      "limits":{"minReplicas":2,"maxReplicas":50},"bindings":3,"winner":"calendar",\
      "appliedLimits":[\
      {"limit":"cap","replicas":12,"signal":"calendar","rule":"Night"},\
      {"limit":"hold","replicas":12,"until":"2026-11-20T23:35:00.000Z"},\
      {"limit":"minReplicas","replicas":2},{"limit":"maxReplicas","replicas":50}],\
      "contributions":[\
      {"signal":"predicted","kind":"forecast","state":"held","replicas":9,\
      "peak":"2026-11-20T23:35:00.000Z","value":null,"dataTime":"2026-11-20T23:33:35.123Z",\
      "ageSeconds":30,"rule":null,"problem":"the forecaster \\"x\\" fails"},\
      {"signal":"calendar","kind":"schedule","state":"fresh","replicas":30,\
      "peak":"2026-11-20T23:34:05.123Z","value":null,"dataTime":null,"ageSeconds":null,\
      "rule":"Black Friday","problem":null},\
      {"signal":"live","kind":"prometheus","state":"fresh","replicas":2,"peak":null,\
      "value":123.5,"dataTime":"2026-11-20T23:34:05.000Z","ageSeconds":0.123,"rule":null,\
      "problem":null},\
      {"signal":"gone","kind":"prometheus","state":"unavailable","replicas":null,"peak":null,\
      "value":null,"dataTime":null,"ageSeconds":null,"rule":null,"problem":"no data"}]}

      """
    let response = get("/api/v1/decisions/default/my-api")
    #expect(String(decoding: response.body, as: UTF8.self) == expected)
  }

  @Test func `tells an unavailable decision without a namespace`() throws {
    let decision = try object(get("/api/v1/decisions/-/lost"))
    #expect(decision["available"] as? Bool == false)
    #expect(decision["active"] is NSNull)
    #expect(decision["validUntil"] is NSNull)
    #expect(decision["winner"] is NSNull)
  }

  @Test(arguments: ["/api/v1/decisions/-/my-api", "/api/v1/decisions/other/my-api"])
  func `knows no policy of another name`(path: String) throws {
    let response = get(path)
    #expect(response.status == 404)
    let message = try #require(try object(response)["error"] as? String)
    #expect(message.hasPrefix("there is no policy my-api"))
  }
}
