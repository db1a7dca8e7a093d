internal import CivilTime
internal import Scaling
internal import Testing
internal import Time

private let database = CCTZDatabase()

struct CCTZDatabaseTests {
  @Test func `Every installed zone loads, and there are hundreds`() {
    let names = database.allNames()
    #expect(names.count > 400)
    #expect(names == names.sorted())
    #expect(names.contains("UTC") && names.contains("America/Argentina/Ushuaia"))
    for name in names {
      #expect(database.timeZone(named: name) != nil, "\(name)")
    }
  }

  @Test(
    "Names that CCTZ or the file system would take, and IANA does not have",
    arguments: [
      "", "Mars/Olympus", "localtime", "posixrules", "right/Europe/Paris", "posix/Europe/Paris",
      "/usr/share/zoneinfo/Europe/Paris", "../zoneinfo/Europe/Paris", "Europe/../Europe/Paris",
      "./Europe/Paris", "Europe//Paris", "/Europe/Paris", "Europe/Paris/", "Europe/", "Europe",
      "file:Europe/Paris", "file:/etc/passwd", "libc:localtime", "libc:UTC", "europe/paris",
      "EUROPE/PARIS", "Fixed/UTC+01:00:00", "Fixed/UTC-10:00:00", "UTC0", "zone.tab", "tzdata.zi",
      "Europe/Paris ", " Europe/Paris", "Europe/Paris\n", "Europe/Par\u{0}is", "Europe/Paris\u{0}",
      "Europe/Pàris", String(repeating: "A", count: 65), "CET-1CEST", "<+03>-3", ":Europe/Paris",
    ])
  func refusedNames(name: String) {
    #expect(database.timeZone(named: name) == nil)
  }

  @Test(
    "A wrong name gets what was probably meant, all of which exists",
    arguments: [
      ("Europe/Pari", ["Europe/Paris"]), ("europe/paris", ["Europe/Paris"]),
      ("Paris", ["Europe/Paris"]), ("Europe/Pariss", ["Europe/Paris"]),
      ("America/New York", ["America/New_York"]), ("America/NewYork", ["America/New_York"]),
      ("Asia/Paris", ["Europe/Paris"]), ("utc", ["UTC"]), ("Asia/Beijing", ["Asia/Shanghai"]),
      ("Mumbai", ["Asia/Kolkata"]), ("San Francisco", ["America/Los_Angeles"]),
      // The sign of Etc is the other way round, and hours are never guessed.
      ("GMT+5", ["Etc/GMT-5"]), ("GMT-5", ["Etc/GMT+5"]), ("UTC+8", ["Etc/GMT-8"]),
      ("utc-11", ["Etc/GMT+11"]), ("+01:00", ["Etc/GMT-1"]), ("-0300", ["Etc/GMT+3"]),
      ("+05:30", ["Asia/Kolkata"]), ("UTC+5:45", ["Asia/Kathmandu"]), ("UTC+0", ["UTC"]),
      ("+05:15", []), ("UTC+14", ["Etc/GMT-14"]), ("UTC-13", []),
      ("PST", ["America/Los_Angeles"]), ("CST", ["America/Chicago", "Asia/Shanghai"]),
      ("JST", ["Asia/Tokyo"]), ("BST", ["Europe/London", "Asia/Dhaka"]),
      ("IST", ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"]), ("Z", ["UTC"]),
      ("Etc/GMT+15", nil), ("Mars/Olympus", nil), ("", nil), ("X", nil), ("XST", nil),
      (String(repeating: "a", count: 1000), nil),
    ] as [(String, [String]?)])
  func advice(name: String, names: [String]?) {
    let advice = database.advice(for: name)
    #expect(advice?.names == names)
    for name in advice?.names ?? [] { #expect(database.timeZone(named: name) != nil) }
  }

  @Test func `A place that an abbreviation may mean, and a city's zone, exist`() {
    for name in ["EDT", "AKST", "NPT", "ART", "AEST", "CAT", "WIB", "NST"] {
      #expect(database.advice(for: name)?.names.isEmpty == false, "\(name)")
    }
  }

  @Test func `A zone is loaded once and shared by copies and threads`() async throws {
    let copy = database
    let results = await withTaskGroup(of: Instant?.self) { group in
      for _ in 0..<64 {
        group.addTask {
          guard let date = CivilDate(year: 2026, month: 7, day: 1),
            let zone = copy.timeZone(named: "Europe/Paris"),
            case .unique(let instant) = zone.instants(of: date, .startOfDay)
          else { return nil }
          return instant
        }
      }
      return await group.reduce(into: Set<Instant?>()) { $0.insert($1) }
    }
    #expect(results == [try Instant(rfc3339: "2026-06-30T22:00:00Z")])
  }
}

struct CCTZTimeZoneTests {
  private func zone(_ name: String) throws -> any TimeZoneRules {
    try #require(database.timeZone(named: name))
  }

  private func lookUp(_ zone: String, _ date: (Int, Int, Int), _ minutes: Int) throws
    -> LocalInstants
  {
    let date = try #require(CivilDate(year: date.0, month: date.1, day: date.2))
    let time = try #require(TimeOfDay(minutes: minutes))
    return try self.zone(zone).instants(of: date, time)
  }

  @Test func `An ordinary time is unique, 24:00 is the next midnight`() throws {
    #expect(
      try lookUp("Europe/Paris", (2026, 11, 20), 9 * 60)
        == .unique(try Instant(rfc3339: "2026-11-20T08:00:00Z")))
    #expect(
      try lookUp("Europe/Paris", (2026, 12, 31), 1440) == lookUp("Europe/Paris", (2027, 1, 1), 0))
  }

  @Test func `A skipped time is the instant of the change`() throws {
    let change = try Instant(rfc3339: "2026-03-29T01:00:00Z")
    for minutes in [120, 150, 179] {
      #expect(
        try lookUp("Europe/Paris", (2026, 3, 29), minutes) == .skipped(change: change))
    }
    #expect(try lookUp("Europe/Paris", (2026, 3, 29), 180) == .unique(change))
  }

  @Test func `A repeated time is two instants`() throws {
    #expect(
      try lookUp("Europe/Paris", (2026, 10, 25), 120)
        == .repeated(
          first: try Instant(rfc3339: "2026-10-25T00:00:00Z"),
          second: try Instant(rfc3339: "2026-10-25T01:00:00Z")))
    #expect(
      try lookUp("Europe/Paris", (2026, 10, 25), 180)
        == .unique(try Instant(rfc3339: "2026-10-25T02:00:00Z")))
  }

  @Test(
    "The local date of an instant",
    arguments: [
      ("Europe/Paris", "2026-11-20T22:59:59.999Z", "2026-11-20"),
      ("Europe/Paris", "2026-11-20T23:00:00Z", "2026-11-21"),
      ("Pacific/Apia", "2011-12-30T09:59:59.999Z", "2011-12-29"),
      ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
      ("UTC", "1969-12-31T23:59:59.999Z", "1969-12-31"),
      ("UTC", "0001-01-01T00:00:00Z", "0001-01-01"),
      ("Asia/Tokyo", "9999-12-31T23:59:59Z", "9999-12-31"),
      ("America/New_York", "0001-01-01T00:00:00Z", "0001-01-01"),
    ])
  func dates(zone: String, instant: String, date: String) throws {
    #expect(try self.zone(zone).date(at: try Instant(rfc3339: instant)).description == date)
  }

  @Test func `The ends of time have dates`() throws {
    let zone = try zone("Europe/Paris")
    #expect(zone.date(at: .distantPast).description == "0001-01-01")
    #expect(zone.date(at: .distantFuture).description == "9999-12-31")
  }

  @Test func `A zone tells its offsets and when they change`() throws {
    let paris = try #require(database.timeZone(named: "Europe/Paris"))
    let from = Instant(milliseconds: 1_767_225_600_000)  // 2026-01-01T00:00:00Z
    let offsets = paris.offsets(from: from, to: from.advanced(by: .seconds(365 * 86_400)))
    #expect(offsets.map(\.from) == [1_767_225_600, 1_774_746_000, 1_792_890_000])
    #expect(offsets.map(\.offset) == [3600, 7200, 3600])
    let lordHowe = try #require(database.timeZone(named: "Australia/Lord_Howe"))
    #expect(
      lordHowe.offsets(from: from, to: from.advanced(by: .seconds(365 * 86_400))).map(\.offset)
        == [39_600, 37_800, 39_600])
    let newYork = try #require(database.timeZone(named: "America/New_York"))
    #expect(newYork.offset(at: from) == .seconds(-5 * 3600))
    let utc = try #require(database.timeZone(named: "UTC"))
    #expect(utc.offsets(from: from, to: from).map(\.offset) == [0])
  }
}
