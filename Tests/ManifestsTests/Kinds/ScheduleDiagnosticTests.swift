internal import Testing

@testable internal import Manifests

private let path = "spec.signals[0].schedule.rules[0]"
private let time = "expected a time from 00:00 to 24:00 written HH:MM, found the"

struct ScheduleDiagnosticTests {
  @Test(arguments: [
    RejectedText(
      rule("replicas: 3, start: 9:00"),
      "9:30: error: \(path).start: \(time) text \"9:00\"; write \"09:00\""),
    RejectedText(
      rule("replicas: 3, start: 540"),
      "9:30: error: \(path).start: \(time) number 540; write \"05:40\", or \"09:00\" if these are minutes of the day"
    ),
    RejectedText(
      rule("replicas: 3, start: \"24:01\""), "9:30: error: \(path).start: \(time) text \"24:01\""),
    RejectedText(
      rule("replicas: 3, start: \"12:60\""), "9:30: error: \(path).start: \(time) text \"12:60\""),
    RejectedText(
      rule("replicas: 3, start: \"09:00:00\""),
      "9:30: error: \(path).start: \(time) text \"09:00:00\"; leave out the seconds"),
    RejectedText(
      rule("replicas: 3, start: \"-1:00\""), "9:30: error: \(path).start: \(time) text \"-1:00\""),
    RejectedText(
      rule("replicas: 3, start: noon"), "9:30: error: \(path).start: \(time) text \"noon\""),
    RejectedText(
      rule("replicas: 3, start: 24:00"),
      "9:30: error: \(path).start: 24:00 is an end; a window that starts at midnight starts at \"00:00\""
    ),
    RejectedText(
      rule("replicas: 3, start: 09:00, end: 09:00"),
      "9:42: error: \(path).end: start and end are both 09:00; for the whole day leave both out, or write start: \"00:00\" and end: \"24:00\""
    ),
    RejectedText(
      rule("replicas: 3, end: 00:00"),
      "9:28: error: \(path).end: start and end are both 00:00; for the whole day leave both out, or write start: \"00:00\" and end: \"24:00\""
    ),
    RejectedText(
      rule("replicas: 3, dates: [2026-02-30]"),
      "9:31: error: \(path).dates[0]: the date 2026-02-30 does not exist: February 2026 has 28 days"
    ),
    RejectedText(
      rule("replicas: 3, dates: [\"2028-02-30\"]"),
      "9:31: error: \(path).dates[0]: the date 2028-02-30 does not exist: February 2028 has 29 days"
    ),
    RejectedText(
      rule("replicas: 3, dates: [2026-04-31]"),
      "9:31: error: \(path).dates[0]: the date 2026-04-31 does not exist: April 2026 has 30 days"),
    RejectedText(
      rule("replicas: 3, dates: [2026-13-01]"),
      "9:31: error: \(path).dates[0]: the date 2026-13-01 does not exist: months go from 01 to 12"),
    RejectedText(
      rule("replicas: 3, dates: [0000-01-01]"),
      "9:31: error: \(path).dates[0]: the date 0000-01-01 does not exist: years start at 0001"),
    RejectedText(
      rule("replicas: 3, dates: [27.11.2026]"),
      "9:31: error: \(path).dates[0]: expected a date written YYYY-MM-DD, found the text \"27.11.2026\"; write 2026-11-27"
    ),
    RejectedText(
      rule("replicas: 3, dates: [20261127]"),
      "9:31: error: \(path).dates[0]: expected a date such as 2026-11-27, 12-25 for every year, or a range such as 2026-12-20/2027-01-05 or 12-24/12-26, found the number 20261127; write 2026-11-27"
    ),
    RejectedText(
      rule("replicas: 3, dates: 2026-11-27"),
      "9:30: error: \(path).dates: expected a list, found the text \"2026-11-27\"; write [2026-11-27]"
    ),
    RejectedText(
      rule("replicas: 3, days: [Mondy]"),
      "9:30: error: \(path).days[0]: expected a day of the week such as Monday or Mon, or a range such as Mon-Fri, found the text \"Mondy\"; did you mean Monday?"
    ),
    RejectedText(
      rule("replicas: 3, days: [Mo]"),
      "9:30: error: \(path).days[0]: expected a day of the week such as Monday or Mon, or a range such as Mon-Fri, found the text \"Mo\""
    ),
    RejectedText(
      rule("replicas: 3, days: [1]"),
      "9:30: error: \(path).days[0]: expected a day of the week such as Monday or Mon, or a range such as Mon-Fri, found the number 1; write Monday"
    ),
    RejectedText(
      rule("replicas: 3, days: Monday"),
      "9:29: error: \(path).days: expected a list, found the text \"Monday\"; write [Monday]"),
    RejectedText(
      rule("replicas: 3, days: []"),
      "9:29: warning: \(path).days: an empty list means every day; leave the field out"),
    RejectedText(
      rule("replica: 3, atMost: 1"),
      "9:10: error: \(path).replica: unknown field; did you mean replicas?"),
    RejectedText(
      rule("days: [Mon]"), "9:9: error: \(path): expected replicas or atMost or both, found neither"
    ),
    RejectedText(
      rule("replicas: three"),
      "9:20: error: \(path).replicas: expected a whole number from 0 to 1000000, or a relative one such as \"+20%\" or \"x1.5\", found the text \"three\""
    ),
    RejectedText(
      rule("replicas: 20%"),
      "9:20: error: \(path).replicas: expected a whole number from 0 to 1000000, or a relative one such as \"+20%\" or \"x1.5\", found the text \"20%\"; write \"+20%\""
    ),
    RejectedText(
      rule("replicas: x1.2345"),
      "9:20: error: \(path).replicas: expected a whole number from 0 to 1000000, or a relative one such as \"+20%\" or \"x1.5\", found the text \"x1.2345\""
    ),
    RejectedText(
      rule("replicas: -20%"),
      "9:20: error: \(path).replicas: a rule cannot ask for less than everything else does: relative replicas are more than +0% and x1, such as \"+20%\"; for an upper bound write atMost with a number"
    ),
    RejectedText(
      rule("replicas: x0.5"),
      "9:20: error: \(path).replicas: a rule cannot ask for less than everything else does: relative replicas are more than +0% and x1, such as \"+20%\"; for an upper bound write atMost with a number"
    ),
    RejectedText(
      rule("replicas: x101"),
      "9:20: error: \(path).replicas: expected at most \"x100\", found the text \"x101\""),
    RejectedText(
      rule("atMost: +20%"),
      "9:18: error: \(path).atMost: expected a whole number from 0 to 1000000, found the text \"+20%\"; only the replicas of a rule can be relative"
    ),
    RejectedText(
      rule("replicas: +20%"),
      "7:3: error: spec.signals: the replicas of rule \"rule 1\" are relative to what the policy asks for otherwise, which is never more than 0; add another signal, or a rule or a default with a number, such as default: 2"
    ),
    RejectedText(
      rule("replicas: 3, priority: 1.5"),
      "9:33: error: \(path).priority: expected a whole number, found the number 1.5"),
    RejectedText(
      rule("replicas: 3, priority: 9223372036854775808"),
      "9:33: error: \(path).priority: expected a whole number, found the number 9223372036854775808"
    ),
    RejectedText(
      rule("replicas: 3, cron: {start: 0 9 * * *}"),
      "9:29: error: \(path).cron.end: missing; it is required, such as end: \"0 18 * * 1-5\""),
    RejectedText(
      rule("replicas: 3, cron: {start: 0 9 * * *, end: 0 25 * * *}"),
      "9:53: error: \(path).cron.end: the hour is \"25\", expected * or numbers from 0 to 23, with , - and /"
    ),
    RejectedText(
      rule("replicas: 3, cron: {start: 0 9 * * *, end: 0 9 * * *}"),
      "9:29: error: \(path).cron: start and end are both \"0 9 * * *\", which leaves no time between them"
    ),
    RejectedText(
      rule("replicas: 3, cron: {start: CRON_TZ=Asia/Tokyo 0 9 * * *, end: 0 10 * * *}"),
      "9:37: error: \(path).cron.start: the zone does not belong here; write timeZone: Asia/Tokyo and \"0 9 * * *\""
    ),
    RejectedText(
      rule("replicas: 3, days: [Monday], cron: {start: 0 9 * * *, end: 0 10 * * *}"),
      "9:45: error: \(path).cron: days is given too; cron says when the rule applies, and only from, to and except limit that"
    ),
    RejectedText(
      rule("replicas: 3, timeZone: Europe/Berlin, cron: {start: 30 6 * * 1-5, end: 10 22 * * *}"),
      "9:9: warning: \(path): \"rule 1\" still applies after its end on Friday 2026-11-20 22:10 Europe/Berlin, until Saturday 2026-11-21 22:10 Europe/Berlin: as in KEDA it applies while its next end comes before its next start; let end occur once after each start"
    ),
    RejectedText(
      rule("replicas: 3, cron: {start: \"0 8,9 * * *\", end: 0 22 * * *}"),
      "9:9: warning: \(path): \"rule 1\" does not apply after its start on Saturday 2026-11-21 08:00 UTC: as in KEDA it applies while its next end comes before its next start, and it starts again on Saturday 2026-11-21 09:00 UTC; let start occur once before each end"
    ),
    RejectedText(
      rule("replicas: 3, timeZone: Mars/Olympus"),
      "9:33: error: \(path).timeZone: expected an IANA time zone such as Europe/Paris, found the text \"Mars/Olympus\""
    ),
    RejectedText(
      rule("replicas: 3, timeZone: europe/paris"),
      "9:33: error: \(path).timeZone: expected an IANA time zone such as Europe/Paris, found the text \"europe/paris\"; did you mean Europe/Paris?"
    ),
    RejectedText(
      rule("replicas: 3, timeZone: ../../etc/passwd"),
      "9:33: error: \(path).timeZone: expected an IANA time zone such as Europe/Paris, found the text \"../../etc/passwd\""
    ),
    RejectedText(
      schedule("default: -1\nrules: [{replicas: 1}]"),
      "8:16: error: spec.signals[0].schedule.default: expected a whole number from 0 to 1000000, found the number -1"
    ),
    RejectedText(
      schedule("default: 1"),
      "8:7: warning: spec.signals[0].schedule: has no rules, so that it asks for 1 at any time"),
  ])
  func `a mistake in a schedule is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test func `A cron rule whose start the clock skips or repeats is warned about with dates`() {
    let file = decode(
      rule("replicas: 3, timeZone: Europe/Berlin, cron: {start: 30 2 * * *, end: 0 9 * * *}"))
    #expect(
      file.lines.suffix(2) == [
        "a.yaml:9:9: warning: \(path): the start of \"rule 1\" on Sunday 2027-03-28 02:30 Europe/Berlin is skipped, as in KEDA: the clock goes forward over that time",
        "a.yaml:9:9: warning: \(path): \"rule 1\" starts twice on Sunday 2027-10-31 02:30 Europe/Berlin, as in KEDA: the clock goes back and shows that time again",
      ])
    // Without its start it stays as the end before left it: as it is.
    #expect(
      file.lines.first?.contains(
        "still applies after its end on Saturday 2027-03-27 09:00 Europe/Berlin") == true)
  }

  @Test(arguments: [
    RejectedText(
      schedule("default: 3\nrules: [{replicas: 6}]", limits: "{minReplicas: 5}"),
      "8:16: warning: spec.signals[0].schedule.default: 3 is below minReplicas, so that 5 will hold"
    ),
    RejectedText(
      schedule("default: 6\nrules: [{replicas: 5}]", limits: "{maxReplicas: 5}"),
      "8:16: warning: spec.signals[0].schedule.default: 6 is above maxReplicas, so that 5 will hold"
    ),
    RejectedText(
      schedule("rules: [{replicas: 4}]", limits: "{minReplicas: 5}"),
      "8:26: warning: \(path).replicas: 4 is below minReplicas, so that 5 will hold"),
    RejectedText(
      schedule("rules: [{replicas: 6}]", limits: "{maxReplicas: 5}"),
      "8:26: warning: \(path).replicas: 6 is above maxReplicas, so that 5 will hold"),
    RejectedText(
      schedule("rules: [{atMost: 4}]", limits: "{minReplicas: 5}"),
      "8:24: warning: \(path).atMost: 4 is below minReplicas, so that 5 will hold"),
    RejectedText(
      rule("replicas: 3, atMost: 2"),
      "9:9: warning: \(path): the atMost of \"rule 1\", 2, is below the replicas of \"rule 1\", 3, on Friday 2026-11-20 00:00 UTC; atMost wins"
    ),
    RejectedText(
      schedule("default: 5\nrules: [{name: Night, start: 22:00, end: 06:00, atMost: 4}]"),
      "9:15: warning: \(path): the atMost of \"Night\", 4, is below the default, 5, on Friday 2026-11-20 22:00 UTC; atMost wins"
    ),
    RejectedText(
      rule("replicas: 3, dates: [2020-01-01]"),
      "9:9: warning: \(path): \"rule 1\" never matches again: its last date was 2020-01-01"),
    RejectedText(
      rule("replicas: 3, start: '18:00', end: '23:59'"),
      "9:9: warning: \(path): \"rule 1\" ends one minute before midnight, and an end does not belong to the rule: write \"24:00\" if no minute is to be left out"
    ),
    RejectedText(
      rule("replicas: 3, days: [Mon], dates: [2026-11-27]"),
      "9:9: warning: \(path): \"rule 1\" never matches: none of its dates is one of its days"),
    RejectedText(
      rule("replicas: 3, days: [Mon], dates: [2026-11-27, 2026-11-30]"),
      "9:9: warning: \(path): \"rule 1\" does not match on 2026-11-27, a Friday, which is not one of its days"
    ),
    RejectedText(
      rule("replicas: 3, start: 02:15, end: 02:45, timeZone: Europe/Paris, dates: [2027-03-28]"),
      "9:9: warning: \(path): \"rule 1\" never matches: the clock skips its times on all its dates"),
    RejectedText(
      schedule(
        "rules:\n- {name: A, replicas: 3, priority: 5}\n- {name: B, dates: [2026-11-27], replicas: 4, priority: 1}"
      ),
      "10:9: warning: spec.signals[0].schedule.rules[1]: \"B\" never sets replicas: another rule always wins, such as \"A\" with priority 5 on Friday 2026-11-27 00:00 UTC"
    ),
    RejectedText(
      schedule(
        "rules:\n- {name: A, days: [fri], end: 12:00, replicas: 3, priority: 5}\n- {name: B, days: [FRIDAY], start: 11:00, replicas: 4, priority: 5}"
      ),
      "10:9: warning: spec.signals[0].schedule.rules[1]: \"B\" and \"A\" both set replicas with priority 5 on Friday 2026-11-27 11:00 UTC; \"A\" wins because it comes first"
    ),
    RejectedText(
      schedule(
        "rules:\n- {name: A, days: [Mon], replicas: 3}\n- {name: A, days: [Tue], replicas: 4}"),
      "10:9: warning: spec.signals[0].schedule.rules[1]: another rule is named \"A\" already"),
  ])
  func `a schedule that is probably wrong draws a warning and is used`(rejected: RejectedText) {
    expectDiagnostic(rejected)
    #expect(decode(rejected.text).isGood)
  }

  @Test func `times and dates are read plain and quoted, days short and long`() throws {
    let plain = decode(
      rule("replicas: 3, start: 09:00, end: 24:00, dates: [2026-11-27], days: [fri]"))
    let quoted = decode(
      rule("replicas: 3, start: \"09:00\", end: '24:00', dates: ['2026-11-27'], days: [FRIDAY]"))
    #expect(plain.lines == [])
    #expect(plain.objects == quoted.objects)
    #expect(plain.policies.count == 1)
  }
}
