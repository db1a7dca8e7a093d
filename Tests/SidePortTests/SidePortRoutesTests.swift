import Foundation
import Synchronization
import Testing
import Time

@testable import SidePort

struct SidePortRoutesTests {
  let content = TestContent()

  func get(
    _ path: String, accept: String? = nil, query: [String: String?] = [:]
  ) -> SidePortResponse {
    Router.sidePort(content.content).answer(
      SidePortRequest(method: "GET", target: path, accept: accept, query: query))
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

  @Test func `lists what is wrong with manifests and objects`() {
    var content = content.content
    content.findings = {
      [
        Finding(
          isError: true, file: "a.yaml", line: 3, column: 7, message: "expected \"x\"",
          lastGoodIsUsed: true),
        Finding(isError: false, file: "ScalingPolicy shop/web", message: "looks odd"),
      ]
    }
    let router = Router.sidePort(content)
    func get(_ query: [String: String?]) -> String {
      let request = SidePortRequest(method: "GET", target: "/api/v1/findings", query: query)
      return String(decoding: router.answer(request).body, as: UTF8.self)
    }
    #expect(
      get([:]) == #"""
        {"errors":1,"warnings":1,"findings":[{"severity":"error","file":"a.yaml","line":3,\#
        "column":7,"message":"expected \"x\"","lastGoodIsUsed":true},{"severity":"warning",\#
        "file":"ScalingPolicy shop/web","line":null,"column":null,"message":"looks odd",\#
        "lastGoodIsUsed":false}]}

        """#)
    #expect(get(["limit": "0"]) == #"{"errors":1,"warnings":1,"findings":[]}"# + "\n")
  }

  @Test func `a failing source is named by the health, and decides readiness on demand`() {
    var content = content.content
    content.health = {
      HealthReport([HealthCheck("forecaster default", problem: "no", remark: .failing)])
    }
    content.readiness = { withSources in
      HealthReport([HealthCheck("sources", problem: withSources ? "no" : nil)])
    }
    let router = Router.sidePort(content)
    func get(_ path: String, _ query: [String: String?] = [:]) -> SidePortResponse {
      router.answer(SidePortRequest(method: "GET", target: path, query: query))
    }
    #expect(get("/healthz").status == 200)
    #expect(String(decoding: get("/healthz").body, as: UTF8.self).contains(#""status":"failing""#))
    #expect(get("/readyz").status == 200)
    #expect(get("/readyz", ["sources": ""]).status == 503)
  }

  @Test func `lists the data sources, or says that nothing answers`() {
    var content = content.content
    #expect(
      Router.sidePort(content).answer(SidePortRequest(method: "GET", target: "/api/v1/sources"))
        .status
        == 503)
    content.sources = {
      (
        [
          SourceRecord(
            name: "main", kind: "prometheus", state: "failing", lastSuccess: nil, lastError: "no")
        ],
        at: Instant(milliseconds: 0)
      )
    }
    let body = Router.sidePort(content).answer(
      SidePortRequest(method: "GET", target: "/api/v1/sources")
    )
    .body
    #expect(
      String(decoding: body, as: UTF8.self).contains(
        #""name":"main","kind":"prometheus","state":"failing""#))
  }

  @Test func `answers the probes of Prometheus' users`() {
    #expect(get("/-/healthy").status == 200)
    #expect(get("/-/ready").status == get("/readyz").status)
    content.set(HealthCheck("grpc", problem: "not serving"))
    #expect(get("/-/healthy").status == 200)
    #expect(get("/-/ready").status == 503)
    #expect(get("/-/reload").status == 405)
  }

  @Test(arguments: [
    (ReloadReport(policies: 3), 200, #"{"message":"reloaded","policies":3}"#),
    (
      ReloadReport(policies: 2, problems: ["a is broken", "b too"]), 500,
      #"{"error":"reloaded in part: a is broken; b too"}"#
    ),
  ])
  func `reloads, and says what could not be read`(
    report: ReloadReport, status: Int, body: String
  ) throws {
    var content = content.content
    content.reload = { $0(report) }
    let request = SidePortRequest(method: "POST", target: "/-/reload")
    guard case .later(let begin) = Router.sidePort(content).respond(to: request) else {
      Issue.record("the answer comes before the reload")
      return
    }
    let answers = Mutex<[SidePortResponse]>([])
    begin { answer in answers.withLock { $0.append(answer) } }
    let answer = try #require(answers.withLock { $0.first })
    #expect(answer.status == status)
    #expect(String(decoding: answer.body, as: UTF8.self) == body + "\n")
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
      "validUntil":"2026-11-20T23:35:00.000Z","nextChange":null,"leadTime":"10m","hold":"forever",\
      "limits":{"minReplicas":2,"maxReplicas":50},"bindings":3,"winner":"calendar",\
      "appliedLimits":[\
      {"limit":"cap","replicas":12,"signal":"calendar","rule":"Night"},\
      {"limit":"lastAnswer","replicas":12},\
      {"limit":"activity","replicas":3,"cause":"wakeUp","since":"2026-11-20T23:33:20.000Z",\
      "until":"2026-11-20T23:48:20.000Z"},\
      {"limit":"activity","replicas":3,"cause":"firstSeen","since":"2026-11-20T23:33:20.000Z",\
      "until":null},\
      {"limit":"minReplicas","replicas":2},{"limit":"maxReplicas","replicas":50}],\
      "contributions":[\
      {"signal":"predicted","kind":"forecast","state":"held","replicas":9,\
      "peak":"2026-11-20T23:35:00.000Z","value":null,"dataTime":"2026-11-20T23:33:35.123Z",\
      "ageSeconds":30,"lostSince":"2026-11-20T23:33:45.123Z","origin":"peer 10.0.0.7","rule":null,"problem":"the forecaster \\"x\\" fails","observed":false,\
      "forecast":null},\
      {"signal":"calendar","kind":"schedule","state":"fresh","replicas":30,\
      "peak":"2026-11-20T23:34:05.123Z","value":null,"dataTime":null,"ageSeconds":null,\
      "lostSince":null,"origin":null,"rule":"Black Friday","problem":null,"observed":false,\
      "forecast":null},\
      {"signal":"live","kind":"prometheus","state":"fresh","replicas":2,"peak":null,\
      "value":123.5,"dataTime":"2026-11-20T23:34:05.000Z","ageSeconds":0.123,"lostSince":null,"origin":null,"rule":null,\
      "problem":null,"observed":false,\
      "forecast":null},\
      {"signal":"gone","kind":"prometheus","state":"unknown","replicas":null,"peak":null,\
      "value":null,"dataTime":null,"ageSeconds":null,"lostSince":null,"origin":null,"rule":null,"problem":"no data",\
      "observed":false,"forecast":null}],"moment":"present",\
      "whatIf":[{"change":"without calendar","withoutSignal":"calendar","replicas":9},\
      {"change":"with a lead time of 5m","leadTime":"5m","replicas":null,\
      "reason":"nothing is left"}],"between":[\
      {"what":"polling","sentence":"The HPA asks every 15s, and KEDA every pollingInterval (30s \
      unless the ScaledObject says otherwise) whether the workload is active; a trigger of type \
      external-push hears of it at once."},\
      {"what":"hpaDeadBand","sentence":"The HPA ignores differences of up to 10 %: a workload that \
      has 11 to 13 replicas keeps them.","from":11,"to":13},\
      {"what":"hpaStabilization","sentence":"The HPA goes down only to the highest answer of the \
      last 5m, unless the ScaledObject's behavior says otherwise."},\
      {"what":"scaledObjectLimits","sentence":"minReplicaCount and maxReplicaCount of the \
      ScaledObject bound the result, and its other triggers may ask for more: Headstart cannot see \
      them."}],"sources":[{"name":"main","kind":"prometheus","state":"failing",\
      "lastSuccess":"2026-11-20T23:34:05.000Z","ageSeconds":0.123,\
      "lastError":"HTTP \\u001b[31m500"}]}

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

  @Test func `searches, filters and pages the policies`() throws {
    func names(_ query: [String: String?]) throws -> [String?] {
      let answer = try object(get("/api/v1/policies", query: query))
      return try #require(answer["policies"] as? [[String: Any]]).map { $0["name"] as? String }
    }
    #expect(try names(["search": "MY default"]) == ["my-api"])
    #expect(try names(["search": "nothing"]) == [])
    #expect(try names(["state": "unavailable"]) == ["lost"])
    #expect(try names(["state": "degraded"]) == ["my-api"])
    #expect(try names(["offset": "1", "limit": "1"]) == ["my-api"])
    #expect(try names(["offset": "2"]) == [])
    #expect(try names(["limit": "0"]) == [])
    let answer = try object(get("/api/v1/policies", query: ["state": "ok"]))
    #expect(answer["matching"] as? Int == 0)
    #expect(
      answer["counts"] as? [String: Int] == ["all": 2, "ok": 0, "degraded": 1, "unavailable": 1])
  }

  @Test(arguments: [
    ("limit", "10001", "from 0 to 10000"), ("limit", "-1", "from 0"), ("limit", "٣", "from 0"),
    ("offset", "2147483648", "to 2147483647"), ("state", "fine", "one of ok, degraded"),
    ("search", nil, "an escape"),
  ])
  func `refuses a list parameter that is invalid`(
    name: String, value: String?, hint: String
  ) throws {
    let response = get("/api/v1/policies", query: [name: value])
    #expect(response.status == 400)
    let message = try #require(try object(response)["error"] as? String)
    #expect(message.hasPrefix("the parameter \(name)"))
    #expect(message.contains(hint))
  }

  @Test(arguments: [
    ("", "at", "yesterday", "RFC 3339"), ("", "lead", "5", "5"), ("", "lead", "-5m", "0s"),
    ("", "lead", "169h", "7d"), ("", "lead", "1m,2m,3m,4m,5m,6m,7m,8m,9m", "at most 8"),
    ("/history", "since", "2026-11-20", "RFC 3339"), ("/projection", "hours", "0", "from 1 to 168"),
    ("/projection", "hours", "169", "from 1 to 168"), ("/outline", "hours", "1.5", "from 1 to 168"),
  ])
  func `refuses a decision parameter that is invalid`(
    part: String, name: String, value: String, hint: String
  ) throws {
    let response = get("/api/v1/decisions/default/my-api\(part)", query: [name: value])
    #expect(response.status == 400)
    #expect(try #require(try object(response)["error"] as? String).contains(hint))
  }

  @Test func `tells the past and the future`() throws {
    let path = "/api/v1/decisions/default/my-api"
    #expect(
      try object(get(path, query: ["at": "2027-01-01T00:00:00Z"]))["moment"] as? String == "future")
    #expect(
      try object(get(path, query: ["at": "2026-01-01T00:00:00+01:00"]))["moment"] as? String
        == "past")
    let missing = get(path, query: ["at": "1970-01-01T00:00:00Z"])
    #expect(missing.status == 404)
    #expect(try object(missing)["error"] as? String == "too long ago")
    let tried = try #require(try object(get(path, query: ["lead": "1m,168h"]))["whatIf"] as? [Any])
    #expect(tried.count == 4)
  }

  @Test func `serves history, projection and outline`() throws {
    let path = "/api/v1/decisions/default/my-api"
    let past = try object(get("\(path)/history"))
    #expect((past["decisions"] as? [[String: Any]])?.map { $0["desiredReplicas"] as? Int } == [12])
    let future = try object(get("\(path)/projection", query: ["hours": "168"]))
    #expect(future["to"] as? String == "2026-11-27T23:34:05.123Z")
    #expect(future["knownUntil"] as? String == "2026-11-20T23:35:05.123Z")
    #expect((future["decisions"] as? [Any])?.count == 2)
    let outline = try object(get("\(path)/outline"))
    let points = try #require(outline["points"] as? [[Any]])
    #expect(points.map { $0[1] as? Int } == [12, nil])
    #expect(get("/api/v1/decisions/default/none/history").status == 503)
    #expect(get("/api/v1/decisions/default/none/projection").status == 404)
  }

  @Test func `tells a decision as text where text is asked for`() {
    let response = get("/api/v1/decisions/default/my-api", accept: "text/plain")
    let text = String(decoding: response.body, as: UTF8.self)
    #expect(response.headers[0].value == "text/plain; charset=utf-8")
    for part in [
      "default/my-api asks for 12 replicas at 2026-11-20T23:34:05Z.", "12 replicas, because.",
      "→ calendar   schedule    30  fresh    now, rule \"Black Friday\"",
      "  live       prometheus  2   fresh    now, value 123.5, 0s old",
      "kept at 12, the answer before the edit", "capped at 12 by rule \"Night\" of calendar",
      "without calendar", "9 replicas",
      "unavailable: nothing is left", "11 to 13 replicas", "HTTP ?[31m500",
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
    let unknown = get(
      "/api/v1/decisions/default/none", accept: "application/json, text/plain;q=0.5")
    #expect(
      String(decoding: unknown.body, as: UTF8.self)
        == "there is no policy none\n")
  }

  @Test(arguments: [
    ("/", "text/html"), ("/page/main.js", "text/javascript"), ("/page/page.css", "text/css"),
    ("/page/icon.svg", "image/svg+xml"),
  ])
  func `serves the page under a strict policy`(path: String, type: String) throws {
    let response = get(path)
    #expect(response.status == 200)
    #expect(response.headers[0].value == "\(type); charset=utf-8")
    let policy = try #require(
      response.headers.first { $0.name == "Content-Security-Policy" }?.value)
    #expect(policy.hasPrefix("default-src 'none';"))
    #expect(!policy.contains("unsafe"))
    let text = String(decoding: response.body, as: UTF8.self)
    #expect(text.hasSuffix(">\n") || text.hasSuffix("}\n") || text.hasSuffix(";\n"))
    for forbidden in [
      "innerHTML", "insertAdjacentHTML", "document.write", "style=\"", "onclick=\"",
    ] {
      #expect(!text.contains(forbidden))
    }
  }
}
