internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// Mistakes that people make, and words that lead on: each form that a message proposes is accepted.
struct WordsTests {
  /// A rule with a mistake, what has to be in the message, and the rule as the message proposes it.
  @Test(arguments: [
    ("days: [1, 2]", "write Monday", "days: [Monday, Tuesday]"),
    ("days: [7]", "write Sunday", "days: [Sunday]"),
    ("days: [weekdays]", "write Mon-Fri", "days: [Mon-Fri]"),
    ("days: [Weekend]", "write Sat-Sun", "days: [Sat-Sun]"),
    (
      "from: 2036-12-01", "write 2036-12-01T00:00:00Z, or with the offset",
      "from: \"2036-12-01T00:00:00Z\""
    ),
    ("to: 2036-12-01 18:00", "write 2036-12-01T18:00:00Z, or", "to: \"2036-12-01T18:00:00Z\""),
    (
      "dates: [2036-12-26/2036-12-24]", "write 2036-12-24/2036-12-26",
      "dates: [2036-12-24/2036-12-26]"
    ),
    ("days: [Mondy]", "did you mean Monday?", "days: [Monday]"),
    ("dates: [20261127]", "write 2026-11-27", "dates: [2026-11-27]"),
    ("end: 1800", "write \"18:00\"", "end: \"18:00\""),
    ("end: \"1800\"", "write \"18:00\"", "end: \"18:00\""),
    ("start: 9", "write \"09:00\"", "start: \"09:00\""),
    ("start: 9am", "write \"09:00\"", "start: \"09:00\""),
    ("end: 9:30 PM", "write \"21:30\"", "end: \"21:30\""),
    ("end: 12 p.m.", "write \"12:00\"", "end: \"12:00\""),
    (
      "start: 0 8 * * *", "write cron: {start: \"0 9 * * 1-5\", end: \"0 18 * * 1-5\"}",
      "cron: {start: \"0 9 * * 1-5\", end: \"0 18 * * 1-5\"}"
    ),
    ("start: 540", "or \"09:00\" if these are minutes of the day", "start: \"09:00\""),
    ("start: \"9:00\"", "write \"09:00\"", "start: \"09:00\""),
    (
      "timeZone: W. Europe Standard Time", "did you mean Europe/Berlin?", "timeZone: Europe/Berlin"
    ),
    ("timeZone: PST", "a place is: America/Los_Angeles", "timeZone: America/Los_Angeles"),
    ("timeZone: CST", "America/Chicago or Asia/Shanghai", "timeZone: Asia/Shanghai"),
    ("timeZone: JST", "Asia/Tokyo", "timeZone: Asia/Tokyo"),
    ("timeZone: BST", "Europe/London or Asia/Dhaka", "timeZone: Europe/London"),
    ("timeZone: IST", "Asia/Kolkata or Asia/Jerusalem or Europe/Dublin", "timeZone: Asia/Kolkata"),
    (
      "timeZone: GMT+5", "write Etc/GMT-5, whose sign is the other way round", "timeZone: Etc/GMT-5"
    ),
    ("timeZone: UTC+8", "write Etc/GMT-8", "timeZone: Etc/GMT-8"),
    ("timeZone: \"+05:30\"", "Asia/Kolkata has this one", "timeZone: Asia/Kolkata"),
    ("timeZone: Asia/Beijing", "did you mean Asia/Shanghai?", "timeZone: Asia/Shanghai"),
    (
      "cron: {start: 0 0 9 * * *, end: 0 18 * * *}", "leave out the seconds",
      "cron: {start: 0 9 * * *, end: 0 18 * * *}"
    ),
    (
      "cron: {start: 0 9 * * * 2027, end: 0 18 * * *}", "leave out the year: \"0 9 * * *\"",
      "cron: {start: 0 9 * * *, end: 0 18 * * *}"
    ),
    (
      "cron: {start: 0 9 * * SAT-MON, end: 0 18 * * *}", "write 6,0-1",
      "cron: {start: \"0 9 * * 6,0-1\", end: 0 18 * * *}"
    ),
    (
      "cron: {start: \"9:30\", end: 0 18 * * *}", "is \"30 9 * * *\"",
      "cron: {start: 30 9 * * *, end: 0 18 * * *}"
    ),
    (
      "cron: {start: \"@every 1h\", end: 0 18 * * *}", "@daily",
      "cron: {start: \"@daily\", end: 0 18 * * *}"
    ),
    (
      "cron: \"0 9 * * *\"", "write {start: \"0 9 * * 1-5\", end: \"0 18 * * 1-5\"}",
      "cron: {start: \"0 9 * * 1-5\", end: \"0 18 * * 1-5\"}"
    ),
    ("months: [12]", "write December", "months: [December]"),
    ("dates: [24.12.2026]", "write 2026-12-24", "dates: [2026-12-24]"),
    ("dates: [2026/12/24]", "write 2026-12-24", "dates: [2026-12-24]"),
    ("dates: [12/24]", "write 12-24", "dates: [12-24]"),
    ("dates: [24.12.]", "write 12-24", "dates: [12-24]"),
    (
      "dates: [2026-12-24 - 2026-12-26]", "write 2026-12-24/2026-12-26",
      "dates: [2026-12-24/2026-12-26]"
    ),
    ("except: Monday", "write [Monday]", "except: [Monday]"),
    ("except: [Decembr]", "did you mean December?", "except: [December]"),
  ])
  func `What a message proposes is accepted`(mistake: String, words: String, accepted: String) {
    let refused = decode(rule("replicas: 3, \(mistake)"))
    #expect(!refused.isGood)
    #expect(refused.lines.contains { $0.contains(words) }, "\(refused.lines)")
    let good = decode(rule("replicas: 3, \(accepted)"))
    #expect(good.isGood, "\(good.lines)")
  }

  /// The `spec` of a policy.
  @Test(arguments: [
    (
      "leadTime: 5m", "such as signals: [{schedule: {default: 2}}]",
      "signals: [{schedule: {default: 2}}]"
    ),
    (
      "limits: [2, 50], signals: [{schedule: {default: 2}}]",
      "write {minReplicas: 2, maxReplicas: 50}",
      "limits: {minReplicas: 2, maxReplicas: 50}, signals: [{schedule: {default: 2}}]"
    ),
    (
      "scaleTargetRef: my-api, signals: [{schedule: {default: 2}}]",
      "write {kind: Deployment, name: my-api}",
      "scaleTargetRef: {kind: Deployment, name: my-api}, signals: [{schedule: {default: 2}}]"
    ),
    (
      "signals: [{prometheus: {source: \"http://p:9090\", query: up, threshold: 1}}]",
      "define it with kind: DataSource, and write its name here",
      "signals: [{prometheus: {source: main, query: up, threshold: 1}}]"
    ),
    (
      "signals: [{prometheus: {query: sum(up{a=\"b\"}), threshold: 1}}]",
      "or quote text that holds a brace",
      "signals: [{prometheus: {query: 'sum(up{a=\"b\"})', threshold: 1}}]"
    ),
    (
      "signals: [{forecast: {prometheus: {query: up, threshold: 1}, timeZone: UTC, quantile: 90}}]",
      "write 0.90",
      "signals: [{forecast: {prometheus: {query: up, threshold: 1}, timeZone: UTC, quantile: 0.90}}]"
    ),
    (
      "signals: [{forecast: {prometheus: {query: up, threshold: 1}, timeZone: UTC, quantile: p95}}]",
      "write 0.95",
      "signals: [{forecast: {prometheus: {query: up, threshold: 1}, timeZone: UTC, quantile: 0.95}}]"
    ),
    (
      "hold: 5 minutes, signals: [{schedule: {default: 2}}]", "of which m is meant",
      "hold: 5m, signals: [{schedule: {default: 2}}]"
    ),
  ])
  func `What a message proposes for a policy is accepted`(
    mistake: String, words: String, accepted: String
  ) {
    let refused = decode(policy("{\(mistake)}"))
    #expect(!refused.isGood && refused.lines.contains { $0.contains(words) }, "\(refused.lines)")
    #expect(decode(policy("{\(accepted)}")).isGood)
  }

  @Test func `What belongs into metadata or spec is sent there`() {
    let head = "apiVersion: headstart.dev/v1alpha1\nkind: ScalingPolicy\n"
    let lines = decode(head + "name: a\nsignals: [{schedule: {default: 2}}]\n").lines
    #expect(
      lines.contains { $0.contains("metadata: missing; it is required, such as metadata: {name:") })
    #expect(lines.contains { $0.contains("metadata: {name: my-api, namespace: default}") })
    #expect(lines.contains { $0.contains("spec: {signals: [{schedule: {default: 2}}]}") })
    let good =
      head + "metadata: {name: my-api, namespace: default}\n"
      + "spec: {signals: [{schedule: {default: 2}}]}\n"
    #expect(decode(good).isGood)
  }

  @Test(arguments: ["/graph", "/api/v1/query", "/api/v1/query_range", ""])
  func `A path that is added to an address is named`(path: String) {
    let found = decode(dataSource("{type: prometheus, address: \"http://p:9090\(path)\"}"))
    #expect(found.isGood && found.lines.isEmpty == path.isEmpty)
    #expect(
      found.lines.allSatisfy { $0.hasSuffix("is added; write http://p:9090") }, "\(found.lines)")
  }

  @Test(arguments: [
    ("20%", "+20%"), ("+20", "+20%"), ("+20 %", "+20%"), ("1.5x", "x1.5"), ("x 1.5", "x1.5"),
  ])
  func `Relative replicas in another form are proposed in the right one`(
    mistake: String, accepted: String
  ) {
    func schedule(_ replicas: String) -> ManifestDecoder.File {
      decode(
        policy("signals: [{schedule: {default: 2, rules: [{replicas: \"\(replicas)\"}]}}]"))
    }
    let lines = schedule(mistake).lines
    #expect(lines.count == 1 && lines[0].hasSuffix("; write \"\(accepted)\""), "\(lines)")
    #expect(schedule(accepted).isGood)
  }

  /// The fields of a calendar.
  @Test(arguments: [
    (
      "address: \"webcal://c.example/h.ics\"", "write https:// in place of webcal://",
      "address: \"https://c.example/h.ics\""
    ),
    ("url: \"https://c.example/h.ics\"", "write address", "address: \"https://c.example/h.ics\""),
    (
      "address: c.example/h.ics", "such as https://calendars.example.com/holidays.ics",
      "address: \"https://calendars.example.com/holidays.ics\""
    ),
    (
      "address: \"https://c.example/h.ics#x\"", "# and what follows it does not belong there",
      "address: \"https://c.example/h.ics\""
    ),
    (
      "address: \"https://c/h.ics\", bearerToken: abc", "put it in a file: bearerTokenFile",
      "address: \"https://c/h.ics\", bearerTokenFile: /token"
    ),
    (
      "address: \"https://c/h.ics\", google: true", "write {} for what the environment says",
      "address: \"https://c/h.ics\", google: {}"
    ),
  ])
  func `What a message proposes for a calendar is accepted`(
    mistake: String, words: String, accepted: String
  ) {
    func calendar(_ fields: String) -> ManifestDecoder.File {
      decode(
        "apiVersion: headstart.dev/v1alpha1\nkind: Calendar\nmetadata: {name: x}\nspec: {\(fields)}"
      )
    }
    let refused = calendar(mistake)
    #expect(!refused.isGood && refused.lines.contains { $0.contains(words) }, "\(refused.lines)")
    #expect(calendar(accepted).lines == [])
  }

  /// The fields of a data source at https://x, or of a signal that asks it.
  @Test(arguments: [
    (
      "oauth2: {tokenURL: \"https://t\", clientID: a, clientSecretFile: /s, scopes: a b}",
      "write [a, b]",
      "oauth2: {tokenURL: \"https://t\", clientID: a, clientSecretFile: /s, scopes: [a, b]}"
    ),
    (
      "oauth2: {tokenURL: \"https://t\", clientID: a, clientSecretFile: /s, audience: b}",
      "write parameters: {audience: …}",
      "oauth2: {tokenURL: \"https://t\", clientID: a, clientSecretFile: /s, parameters: {audience: b}}"
    ),
    ("aws: true", "write {} for what the environment says", "aws: {}"),
    ("queryParameters: {a: b}", "write parameters", "parameters: {a: b}"),
  ])
  func `What a message proposes for a data source is accepted`(
    mistake: String, words: String, accepted: String
  ) {
    let refused = decode(dataSource("type: http\naddress: https://x\n\(mistake)"))
    #expect(!refused.isGood && refused.lines.contains { $0.contains(words) }, "\(refused.lines)")
    #expect(decode(dataSource("type: http\naddress: https://x\n\(accepted)")).lines == [])
  }

  @Test(arguments: [
    ("pointer: \"$.data[0].value\"", "write /data/0/value", "pointer: /data/0/value"),
    ("pointer: \".data[0].value\"", "write /data/0/value", "pointer: /data/0/value"),
    ("pointer: \"$['data'][0]\"", "write /data/0", "pointer: /data/0"),
    ("pointer: \"#/data\"", "write /data", "pointer: /data"),
    ("pointer: \"/data[0]/value\"", "is meant, write /data/0/value", "pointer: /data/0/value"),
    ("pointer: /data/", "leave it out", "pointer: /data"),
    ("pointer: /a, path: \"https://x/q/y\"", "write /q/y", "pointer: /a, path: /q/y"),
    ("pointer: /a, path: \"https://x\"", "write /", "pointer: /a, path: /"),
    ("pointer: /a, path: \"/q y\"", "write %20", "pointer: /a, path: /q%20y"),
    ("pointer: /a, path: \"/ü\"", "write %C3%BC", "pointer: /a, path: /%C3%BC"),
    ("pointer: /a, url: /q", "write path", "pointer: /a, path: /q"),
    (
      "pointer: /a, onEmpty: 0", "expected error or zero, found the number 0",
      "pointer: /a, onEmpty: zero"
    ),
  ])
  func `What a message proposes for a JSON endpoint is accepted`(
    mistake: String, words: String, accepted: String
  ) {
    func signal(_ fields: String) -> [String] {
      decode(policy("signals: [{http: {source: x, threshold: 5, \(fields)}}]")).lines
    }
    let lines = signal(mistake)
    #expect(lines.count == 1 && lines[0].contains(words), "\(lines)")
    #expect(!lines.contains { $0.contains("put it in quotes") }, "\(lines)")
    #expect(signal(accepted) == [])
  }

  @Test(arguments: [
    ("monitoring.eu-west-1.amazonaws.com", "region: eu-west-1", "write service: monitoring"),
    ("x.execute-api.eu-west-1.amazonaws.com", "region: eu-west-1", "write service: execute-api"),
    ("aps-workspaces.eu-west-1.amazonaws.com", "region: us-east-1", "write region: eu-west-1"),
    ("aps-workspaces.cn-north-1.amazonaws.com.cn", "service: aps-workspaces", "write service: aps"),
  ])
  func `A signature for another service or region is pointed out`(
    host: String, aws: String, words: String
  ) {
    let lines = decode(
      dataSource("type: prometheus\naddress: https://\(host)/x\naws: {\(aws)}")
    ).lines
    #expect(
      lines.count == 1 && lines[0].contains("warning: ") && lines[0].contains(words), "\(lines)")
  }

  @Test(arguments: [
    "monitoring-fips.us-east-1.amazonaws.com", "monitoring.eu-west-1.amazonaws.com:443",
    "monitoring.amazonaws.com", "aps.example.com", "vpce-1.x.eu-west-1.vpce.amazonaws.com",
  ])
  func `An address that says nothing, or what is signed, draws no warning`(host: String) {
    let text = "type: http\naddress: https://\(host)/x\naws: {service: monitoring}"
    #expect(decode(dataSource(text)).lines == [])
  }

  @Test func `A field that is none is not among those that are known`() {
    let lines = decode(
      dataSource("type: http\naddress: https://x\nbasicAuth: {zzz: 1}\nzzzzzz: 1")
    ).lines
    #expect(
      lines.contains { $0.hasSuffix("zzz: unknown field; known here: username, passwordFile") })
    let known = lines.first { $0.contains("zzzzzz") }?.split(separator: ", ") ?? []
    #expect(known.count == Set(known).count && known.count > 10, "\(lines)")
  }

  @Test func `What may be excepted is said, a calendar too`() {
    let lines = decode(rule("replicas: 3, except: [holidays]")).lines
    #expect(
      lines.contains {
        $0.contains("a month, a date, a range of them, or {calendar: NAME}")
          && $0.contains("write {calendar: holidays}")
      }, "\(lines)")
    let mapping = decode(rule("replicas: 3, except: {calendar: holidays}")).lines
    #expect(mapping.contains { $0.hasSuffix("put it in [ ], or a dash in front of it") })
  }

  @Test(arguments: [
    ("replicas: {{ .Values.peak }}", "render it first"),
    ("replicas: \"{{ .Values.peak }}\"", "this is a template that was not rendered"),
    ("replicas: \"${PEAK}\"", "this is a template that was not rendered"),
    ("replicas: 3, start: \"{{ .Values.start }}\"", "this is a template that was not rendered"),
  ])
  func `A template that was not rendered is called that`(text: String, words: String) {
    let lines = decode(rule(text)).lines
    #expect(lines.contains { $0.contains(words) }, "\(lines)")
  }

  @Test(arguments: [
    ("Mon-Fri", [0, 1, 2, 3, 4]), ("Sat-Mon", [5, 6, 0]), ("sunday-thursday", [6, 0, 1, 2, 3]),
    ("Tue-Tue", [1]),
  ])
  func `A range of days is every day of it, over a Sunday too`(text: String, days: [Int]) throws {
    let file = decode(rule("replicas: 3, days: [\(text)]"))
    guard case .schedule(let schedule) = file.policies.first?.signals.first?.kind else {
      Issue.record("\(file.lines)")
      return
    }
    #expect(schedule.rules.first?.days == Set(days.map { Weekday.allCases[$0] }))
  }

  @Test func `A zone without summer time is warned about by the name of its place`() {
    let lines = decode(rule("replicas: 3, timeZone: EST")).lines
    #expect(
      lines.contains {
        $0.contains("warning: ") && $0.contains("EST has no summer time")
          && $0.contains("America/New_York")
      }, "\(lines)")
  }

  @Test(arguments: [
    ("sum(rate(x[1m])", "the ( at character 4 never closes; is a ) missing?"),
    ("sum(rate(x[1m)])", "the ) at character 14 does not close the [ at character 11"),
    ("x)", "the ) at character 2 closes nothing"),
    ("x{a=\"b}", "the string that begins with \" at character 5 never ends"),
    ("x{a='b\\'}", "the string that begins with ' at character 5 never ends"),
  ])
  func `Brackets and strings of a query that do not close are found`(query: String, words: String) {
    let quoted = ImportText.quoted(query)
    let file = decode(
      policy("signals: [{prometheus: {query: \(quoted), threshold: 1}}]"))
    #expect(!file.isGood)
    #expect(file.lines.contains { $0.contains(words) }, "\(file.lines)")
  }

  @Test(arguments: [
    "x{a=\")(\"}", "x{a='}'} # ) is fine\n + 1", "x{a=`\\`}", "sum by (a) (rate(x[5m:1m]))",
    "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
  ])
  func `What stands in strings and comments is no bracket`(query: String) {
    let file = decode(
      policy("signals: [{prometheus: {query: \(ImportText.quoted(query)), threshold: 1}}]"))
    #expect(file.lines == [])
  }

  @Test func `A comment that hides the rest of a folded query is warned about`() {
    let file = decode(
      policy(
        "signals:\n- prometheus:\n    threshold: 1\n    query: >-\n      vector(300)  # web\n      + vector(200)"
      ))
    #expect(file.isGood)
    #expect(file.lines.contains { $0.contains("is a comment, since the query is one line") })
  }

  @Test func `Objects of others beside a policy are passed over with a warning`() {
    let file = decode(
      policy("signals: [{forecast: {}}]")
        + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
    )
    #expect(file.isGood)
    #expect(file.policies.count == 1)
    #expect(file.lines.first?.contains("a Deployment (apps/v1) is passed over") == true)
  }
}
