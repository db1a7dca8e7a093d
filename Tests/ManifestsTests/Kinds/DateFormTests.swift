internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

struct DateFormTests {
  @Test func `Every form of dates, months, exceptions and bounds is read`() throws {
    let file = decode(
      rule(
        "replicas: 3, dates: [2026-12-01, 12-25, 2026-12-20/2027-01-05, 12-24/01-06], "
          + "months: [Nov-Feb, July], except: [Sunday, Mon-Tue, August, 01-01, 2026-12-31], "
          + "from: \"2026-11-01T00:00:00+01:00\", to: \"2030-01-01T00:00:00Z\""))
    #expect(file.lines == [])
    guard case .schedule(let schedule) = file.policies.first?.signals.first?.kind,
      let rule = schedule.rules.first, let conditions = rule.conditions
    else {
      Issue.record("no rule")
      return
    }
    #expect(rule.dates == [try #require(CivilDate(year: 2026, month: 12, day: 1))])
    #expect(conditions.spans.count == 3)
    #expect(conditions.months == [11, 12, 1, 2, 7])
    #expect(conditions.except.days == [.sunday, .monday, .tuesday])
    #expect(conditions.except.months == [8])
    #expect(conditions.except.dates.count == 1 && conditions.except.spans.count == 1)
    #expect(conditions.from == (try Instant(rfc3339: "2026-10-31T23:00:00Z")))
  }

  @Test(arguments: [
    ("dates: [13-01]", "12-25 for every year"), ("dates: [02-30]", "12-25 for every year"),
    ("dates: [12-24/2026-12-26]", "12-25 for every year"),
    (
      "dates: [2026-12-26/2026-12-24]",
      "the range 2026-12-26/2026-12-24 ends before it begins; write 2026-12-24/2026-12-26"
    ),
    ("months: [Decembr]", "did you mean December?"),
    ("months: [Dec-Foo]", "a range such as Nov-Feb"),
    ("except: [Sundy]", "did you mean Sunday?"),
    ("except: [2026-02-30]", "February 2026 has 28 days"),
    ("from: 2026-12-24", "a time with its offset such as 2026-12-24T18:00:00+01:00"),
    (
      "from: \"2026-12-24T00:00:00Z\", to: \"2026-12-24T00:00:00Z\"",
      "expected an instant after from"
    ),
    ("months: [Dec], cron: {start: 0 9 * * *, end: 0 10 * * *}", "months is given too"),
  ])
  func `What is none of them is refused at its place`(fields: String, words: String) {
    let file = decode(rule("replicas: 3, \(fields)"))
    #expect(!file.isGood)
    #expect(file.lines.contains { $0.contains(words) }, "\(file.lines)")
  }
}
