internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct LoadHistoryTests {
  private func history(_ text: String) throws -> LoadHistory {
    try LoadHistory(csv: Array(text.utf8))
  }

  @Test(arguments: [
    "timestamp,value\n2014-07-01 00:00:00,10\n2014-07-01 00:30:00,8.5\n",
    "2014-07-01T00:00:00Z,10\n2014-07-01T02:30:00+02:00,8.5",
    "\u{FEFF}Time,Rides\r\n2014-07-01 00:00:00, 10 \r\n2014-07-01 00:30:00,8.5\r\n\r\n",
    "\"timestamp\",\"value\"\n2014-07-01 00:00:00,1e1\n2014-07-01T00:30:00Z,8.5\n",
  ])
  func `Reads timestamps and values`(_ text: String) throws {
    let history = try history(text)
    #expect(history.samples.map(\.value) == [10, 8.5])
    #expect(try history.start == Instant.at("2014-07-01T00:00:00Z"))
    #expect(history.step == .seconds(1800))
    #expect(try history.end == Instant.at("2014-07-01T01:00:00Z"))
  }

  @Test(arguments: [
    // Grafana's CSV, seconds and milliseconds since 1970.
    "\"Time\",\"sum(rate(x[1m]))\"\n\"2014-07-01 00:00:00\",\"10\"\n\"2014-07-01 00:30:00\",\"8.5\"\n",
    "1404172800,10\n1404174600,8.5\n", "ts,v\n1404172800000,10\n1404174600000,8.5\n",
  ])
  func `Reads what other programs write`(_ text: String) throws {
    let history = try history(text)
    #expect(history.samples.map(\.value) == [10, 8.5])
    #expect(try history.start == Instant.at("2014-07-01T00:00:00Z"))
  }

  @Test func `Local times over a clock that was put back are called that, and 0x1f4 is no number`()
  {
    #expect {
      try history("2026-10-25 02:30:00,1\n2026-10-25 02:45:00,1\n2026-10-25 02:00:00,1\n")
    } throws: {
      "\($0)".contains("line 3") && "\($0)".contains("a clock was put back here")
    }
    #expect {
      try history("2026-10-25 02:30:00,0x1f4\n2026-10-25 02:45:00,1\n")
    } throws: {
      "\($0)" == "line 1: the value \"0x1f4\" is not a number of 0 or more"
    }
  }

  @Test(arguments: [
    ("", "the load history is empty"), ("\n\n", "the load history is empty"),
    ("timestamp,value\n", "a load history needs at least two samples, found 0"),
    ("2014-07-01 00:00:00,1", "a load history needs at least two samples, found 1"),
    (
      "2014-07-01 00:00:00,1\n2014-07-01 00:30:00,\n",
      "line 2 has no value after \"2014-07-01 00:30:00\""
    ),
    (
      "timestamp,value\n2014-07-01 00:00:00,1\n\n2014-07-01 00:30:00,2\n",
      "line 3 is empty, expected timestamp,value"
    ),
    (
      "timestamp,value\n2014-07-01 00:00:00,many\n",
      "line 2: the value \"many\" is not a number of 0 or more"
    ),
    (
      "2014-07-01 00:00:00,-1\n", "line 1: the value \"-1\" is not a number of 0 or more"
    ),
    (
      "2014-07-01 00:00:00,nan\n", "line 1: the value \"nan\" is not a number of 0 or more"
    ),
    ("2014-07-01 00:00:00;5\n", "line 1 has 1 field, expected two: timestamp,value"),
    ("a,b\n2014-07-01 00:00:00,5,6\n", "line 2 has 3 fields, expected two: timestamp,value"),
    (
      "a,b\n2014-02-30 00:00:00,5\n",
      "line 2: \"2014-02-30 00:00:00\" is not a time such as 2014-07-01 00:30:00 or"
        + " 2014-07-01T00:30:00Z"
    ),
    (
      "a,b\nc,d\n",
      "line 2: \"c\" is not a time such as 2014-07-01 00:30:00 or 2014-07-01T00:30:00Z"
    ),
    (
      "2014-07-01 00:30:00,5\n2014-07-01 00:30:00,6\n",
      "line 2: 2014-07-01T00:30:00Z is not after 2014-07-01T00:30:00Z on the line before"
    ),
  ])
  func `Says which line is wrong`(_ text: String, _ message: String) {
    #expect(throws: InvalidHistory(message)) { try history(text) }
  }

  @Test func `No bytes trap`() {
    var random = SeededGenerator(seed: 5)
    let alphabet = Array("0123456789-:,. TZ\n\r\"ae+".utf8) + [0, 0xFF, 0xEF, 0xBB, 0xBF]
    for _ in 0..<2000 {
      let length = Int.random(in: 0...80, using: &random)
      let bytes = (0..<length).map { _ in
        alphabet[Int.random(in: alphabet.indices, using: &random)]
      }
      _ = try? LoadHistory(csv: bytes)
    }
  }

  @Test func `A late sample is held for three steps and no longer`() throws {
    let start = try Instant.at("2014-07-01T00:00:00Z")
    let minutes = [0, 5, 10, 20, 25, 40, 45, 61, 66]
    let history = try LoadHistory(
      samples: minutes.enumerated().map {
        LoadHistory.Sample(at: start + .seconds($1 * 60), value: Double($0))
      })
    #expect(history.step == .seconds(300))
    #expect(history.gaps.map { $0.unknown } == [.zero, .zero, .seconds(60)])
    #expect(history.series.value(at: start + .seconds(39 * 60)) == 4)
    #expect(history.series.value(at: start + .seconds(60 * 60 - 1)) == 6)
    #expect(history.series.value(at: start + .seconds(60 * 60)) == nil)
    #expect(history.series.value(at: start + .seconds(61 * 60)) == 7)
    #expect(history.series.value(at: start + .seconds(71 * 60)) == nil)
    #expect(history.gapText?.hasPrefix("3 gaps, the longest of 16m") == true)
  }

  @Test func `After its end it repeats by the week`() throws {
    let start = try Instant.at("2014-07-01T00:00:00Z")
    let history = try LoadHistory(
      samples: (0..<10).map {
        LoadHistory.Sample(at: start + .seconds($0 * 86_400), value: Double($0))
      })
    let from = start + .seconds(9 * 86_400)
    let projected = history.projected(from: from, to: start + .seconds(25 * 86_400))
    let days = (9..<25).map { projected.value(at: start + .seconds($0 * 86_400 + 5)) }
    #expect(days == [9, 3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, 7, 8, 9, 3])
    #expect(history.projected(from: start + .seconds(-10), to: start).value(at: start) == nil)
  }

  @Test func `The seasonal forecast is the load one season before`() throws {
    let start = try Instant.at("2014-07-01T00:00:00Z")
    let history = try LoadHistory(
      samples: (0..<48).map {
        LoadHistory.Sample(at: start + .seconds($0 * 3600), value: Double($0 * 10 + 1))
      })
    let forecast = try history.forecast(from: .previousDay, perReplica: 10)
    #expect(forecast.generatedAt == start + .seconds(86_400))
    #expect(forecast.step == .seconds(3600))
    #expect(forecast.replicas == (0..<48).map { $0 + 1 })
  }

  @Test(arguments: [("smooth.csv", 1680, 0), ("bursty.csv", 1984, 8)])
  func `A history is read whole`(_ name: String, _ count: Int, _ gaps: Int) throws {
    let history = try LoadHistory.own(name)
    #expect(history.samples.count == count)
    #expect(history.gaps.count == gaps)
  }

  @Test(
    .enabled(if: LoadHistory.areRealOnesThere),
    arguments: [
      ("nyc_taxi.csv", 10_320, 0), ("elb_request_count_8c0756.csv", 4032, 8),
      ("twitter_volume_amzn.csv", 15_831, 0),
    ])
  func `A real history is read whole`(_ name: String, _ count: Int, _ gaps: Int) throws {
    let history = try LoadHistory.real(name)
    #expect(history.samples.count == count)
    #expect(history.gaps.count == gaps)
  }
}
