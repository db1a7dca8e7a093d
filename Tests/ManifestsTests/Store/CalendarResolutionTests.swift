internal import CivilTime
internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// Calendars across files: who names them, and what is known of them.
struct CalendarResolutionTests {
  private static let holidays = """
    apiVersion: headstart.dev/v1alpha1
    kind: Calendar
    metadata: {name: holidays}
    spec: {file: /etc/holidays.ics}
    """

  private static func policy(_ rule: String, namespace: String = "shop") -> String {
    """
    apiVersion: headstart.dev/v1alpha1
    kind: ScalingPolicy
    metadata: {name: web, namespace: \(namespace)}
    spec:
      signals:
        - schedule:
            default: 1
            rules: [{\(rule)}]
    """
  }

  private static func directory(_ files: String...) -> [DirectoryContents] {
    let contents = files.enumerated().map {
      FileContents(path: "\($0).yaml", content: .bytes(Array($1.utf8)))
    }
    return [DirectoryContents(path: "/p", listing: .files(contents))]
  }

  private static let now = Instant(milliseconds: 1_795_161_600_000)

  private static func store() -> ManifestStore {
    ManifestStore(defaults: PolicyDefaults(), zones: CCTZDatabase())
  }

  private static func uses(_ update: ManifestUpdate) -> [CalendarUse] {
    update.catalog.policies.values.flatMap { policy in
      policy.value.signals.flatMap { signal in
        guard case .schedule(let schedule) = signal.kind else { return [CalendarUse]() }
        return schedule.rules.flatMap { $0.conditions?.calendars ?? [] }
      }
    }
  }

  @Test(arguments: [
    "calendar: holidays, replicas: 3", "replicas: 3, except: [Sunday, {calendar: holidays}]",
    "replicas: 3, cron: {start: 0 9 * * *, end: 0 10 * * *}, except: [{calendar: holidays}]",
  ])
  func `A policy knows what its calendar says as soon as it is read`(rule: String) {
    var store = Self.store()
    let files = Self.directory(Self.policy(rule), Self.holidays)
    let first = store.update(files, now: Self.now)
    #expect(first.diagnostics == [])
    #expect(Self.uses(first) == [CalendarUse(name: "holidays")])
    let events = Shared(CalendarEvents(days: [20_000...20_001], spans: []))
    store.calendars = [ResourceName(name: "holidays"): CalendarContent(events: events)]
    let second = store.update(files, now: Self.now)
    #expect(second.hasChanged && second.diagnostics == [])
    #expect(Self.uses(second) == [CalendarUse(name: "holidays", events: events)])
    #expect(!store.update(files, now: Self.now).hasChanged)
  }

  @Test func `The calendar of the policy's namespace comes first`() {
    var store = Self.store()
    let own = Self.holidays.replacingOccurrence(
      of: "{name: holidays}", with: "{name: holidays, namespace: shop}")
    let files = Self.directory(
      Self.policy("calendar: holidays, replicas: 3"), Self.holidays, own)
    let events = Shared(CalendarEvents(days: [1...1], spans: []))
    store.calendars = [
      ResourceName(name: "holidays"): CalendarContent(events: Shared(.none)),
      ResourceName(namespace: "shop", name: "holidays"): CalendarContent(events: events),
    ]
    #expect(Self.uses(store.update(files, now: Self.now)).first?.events == events)
  }

  @Test(arguments: [
    (
      policy("calendar: holiday, replicas: 3"), holidays,
      "spec.signals[0].schedule.rules[0].calendar: there is no Calendar holiday; did you mean holidays?"
    ),
    (
      policy("replicas: 3, except: [{calendar: launches}]"), holidays,
      "spec.signals[0].schedule.rules[0].except[0].calendar: there is no Calendar launches; known are holidays"
    ),
    (
      policy("calendar: holidays, replicas: 3"), policy("replicas: 3", namespace: "other"),
      "spec.signals[0].schedule.rules[0].calendar: there is no Calendar holidays, nor any other; define it with kind: Calendar"
    ),
  ])
  func `A calendar that is not defined is an error that names those that are`(
    policy: String, other: String, message: String
  ) {
    var store = Self.store()
    let update = store.update(Self.directory(policy, other), now: Self.now)
    #expect(update.diagnostics.map(\.message) == [message])
    #expect(update.diagnostics.first?.severity == .error)
  }

  private static func checked(
    _ rules: String, _ events: CalendarEvents, audits: Bool = true
  ) -> [String] {
    var store = ManifestStore(
      defaults: PolicyDefaults(), zones: CCTZDatabase(), auditsCalendars: audits)
    let policy =
      "apiVersion: headstart.dev/v1alpha1\nkind: ScalingPolicy\nmetadata: {name: web}\n"
      + "spec:\n  signals:\n    - schedule:\n        rules:\n\(rules)"
    store.calendars = [ResourceName(name: "holidays"): CalendarContent(events: Shared(events))]
    return store.update(directory(policy, holidays), now: now).diagnostics.map(\.description)
  }

  /// Friday 2026-12-25, and an hour of Monday 2026-12-21.
  private static func events() throws -> CalendarEvents {
    let day = try #require(CivilDate(year: 2026, month: 12, day: 25)).daysSince1970
    let from = try Instant(rfc3339: "2026-12-21T14:30:00Z")
    let span = try #require(
      CalendarEvents.Span(from: from, to: from.advanced(by: .seconds(3600))))
    return CalendarEvents(days: [day...day], spans: [span])
  }

  private static let work =
    "          - {name: Work, start: \"09:00\", end: \"18:00\", replicas: 10}\n"

  @Test func `Rules that overlap on what a calendar says are found when files are checked`() throws
  {
    let overlap = Self.work + "          - {name: Holiday, calendar: holidays, replicas: 3}\n"
    // The first event is in the middle of the window.
    #expect(
      Self.checked(overlap, try Self.events()) == [
        "0.yaml:9:13: warning: spec.signals[0].schedule.rules[1]: \"Holiday\" and \"Work\" both set"
          + " replicas with priority 0 on Monday 2026-12-21 14:30 UTC; \"Work\" wins because it comes"
          + " first"
      ])
    #expect(Self.checked(overlap, try Self.events(), audits: false) == [])
    // Taken away from the one, they do not meet.
    let apart = Self.work.replacingOccurrence(
      of: "replicas: 10", with: "replicas: 10, except: [{calendar: holidays}]")
    #expect(
      Self.checked(
        apart + "          - {name: Holiday, calendar: holidays, replicas: 3}\n",
        try Self.events()) == [])
  }

  @Test func `What is found without a calendar is told once`() throws {
    let rules =
      Self.work + "          - {name: Late, start: \"17:00\", end: \"20:00\", replicas: 3}\n"
      + "          - {name: Holiday, calendar: holidays, replicas: 3, priority: 1}\n"
    let lines = Self.checked(rules, try Self.events())
    #expect(lines.count == 1 && lines[0].contains("\"Late\" and \"Work\""), "\(lines)")
  }

  @Test func `A calendar of the past is pointed out when files are checked`() throws {
    let day = try #require(CivilDate(year: 2025, month: 12, day: 26)).daysSince1970
    let rule = "          - {name: Holiday, calendar: holidays, replicas: 3}\n"
    let old = CalendarEvents(days: [day...day], spans: [])
    let lines = Self.checked(rule, old)
    #expect(lines.count == 1 && lines[0].contains("its last event was on 2025-12-26"), "\(lines)")
    #expect(Self.checked(rule, old, audits: false) == [])
    // A server has its reasons, such as launches of which none is planned yet.
    #expect(Self.checked(rule, .none, audits: false) == [])
    let empty = Self.checked(rule, .none)
    #expect(empty.count == 1 && empty[0].hasSuffix("no events, so that nothing applies by it"))
  }

  @Test func `A calendar that cannot be read is a finding at its object`() {
    var store = Self.store()
    let files = Self.directory(Self.policy("calendar: holidays, replicas: 3"), Self.holidays)
    let name = ResourceName(name: "holidays")
    store.calendars = [name: CalendarContent(problem: "HTTP 500")]
    let never = store.update(files, now: Self.now).diagnostics
    #expect(
      never.map(\.description) == [
        "1.yaml:3:18: warning: the calendar was never read, so that no rule and no exception applies"
          + " by it: HTTP 500"
      ])
    store.calendars = [
      name: CalendarContent(events: Shared(.none), problem: "HTTP 500", findings: ["x is left out"])
    ]
    #expect(
      store.update(files, now: Self.now).diagnostics.map(\.message) == [
        "what was last read of the calendar stays in force: HTTP 500", "x is left out",
      ])
  }

  @Test(arguments: [
    ("{}", "expected file or address, found neither"),
    ("{file: /a.ics, address: 'http://c/a.ics'}", "exactly one of file and address"),
    ("{file: a.ics}", "expected the absolute path of an iCalendar file"),
    ("{file: /a.ics, headers: {A: b}}", "has no effect on a file"),
    ("{address: 'c/a.ics'}", "expected the address of an iCalendar file"),
    ("{file: /a.ics, timeZone: Mars/Base}", "expected an IANA time zone"),
    ("{adress: 'http://c/a.ics'}", "did you mean address?"),
  ])
  func `A mistake in a calendar is told`(spec: String, message: String) {
    var store = Self.store()
    let manifest = Self.holidays.replacingOccurrence(of: "{file: /etc/holidays.ics}", with: spec)
    let update = store.update(Self.directory(manifest), now: Self.now)
    #expect(update.diagnostics.contains { $0.message.contains(message) }, "\(update.diagnostics)")
  }
}

extension String {
  fileprivate func replacingOccurrence(of text: String, with other: String) -> String {
    split(separator: text, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: other)
  }
}
