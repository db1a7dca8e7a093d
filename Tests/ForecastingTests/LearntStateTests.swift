internal import TestKit
internal import Testing

@testable internal import Forecasting

/// What was learnt, as bytes and back.
struct LearntStateTests {
  private func forecaster(_ key: ForecastKey, days: Int = 9) -> LoadForecaster {
    var generator = SeededGenerator(seed: 17)
    var forecaster = LoadForecaster(key.parameters, clock: LocalClock(), firstBucket: 1_990_000)
    for bucket in 0..<days * forecaster.grid.day {
      forecaster.observe(bucket % 97 == 0 ? nil : 100 + 20 * generator.normal())
    }
    return forecaster
  }

  /// A day and a half, with buckets of every sort.
  private func day(_ key: ForecastKey) -> ForecastDay {
    var day = ForecastDay(key.parameters)
    let grid = key.parameters.grid
    for bucket in 0..<3 * grid.day / 2 {
      let load = Double(bucket)
      day.append(
        bucket % 7 == 0 ? nil : bucket % 11 == 0 ? 1e300 : load,
        expected: bucket < 5 ? nil : load + 0.1, asked: bucket < 5 ? nil : load + 2)
    }
    return day
  }

  private func key(
    source: String = "main", query: String = "sum(load)", queryParameters: [String: String] = [:],
    step: Int = 900, leadTime: Int = 3600, threshold: Double = 10, quantile: Double = 0.9,
    ignoresOutages: Bool = true, aggregation: BucketAggregation = .maximum,
    timeZone: String = "UTC", exclusions: [Range<Int>] = []
  ) throws -> ForecastKey {
    ForecastKey(
      source: source, query: query, queryParameters: queryParameters,
      parameters: try .reference(
        step: step, leadTime: leadTime, threshold: threshold, quantile: quantile,
        ignoresOutages: ignoresOutages),
      aggregation: aggregation, timeZone: timeZone, exclusions: exclusions)
  }

  @Test(arguments: [60, 300, 900, 1800, 3600], [0, 1, 9])
  func `A state that was written and read forecasts and learns as before`(
    step: Int, days: Int
  ) throws {
    let key = try key(step: step, leadTime: 4 * step)
    var written = forecaster(key, days: step == 60 ? min(days, 2) : days)
    let bytes = LearntState.encode(written, day(key), key: key)
    #expect(bytes.count < 80_000)
    let (known, readDay) = try LearntState.decode(bytes, key: key, clock: LocalClock())
    var read = known
    #expect(readDay.last == day(key).last)
    #expect(read.forecast() == written.forecast())
    #expect(read.nextBucket == written.nextBucket && read.firstBucket == written.firstBucket)
    #expect(LearntState.encode(read, readDay, key: key) == bytes)
    for value in [90, nil, 0, 300, 110] as [Double?] {
      read.observe(value)
      written.observe(value)
      #expect(read.forecast() == written.forecast())
    }
    #expect(read.kept == written.kept && read.missingCount == written.missingCount)
    #expect(
      LearntState.encode(read, readDay, key: key) == LearntState.encode(written, readDay, key: key))
  }

  @Test func `The state of another key is refused`() throws {
    let own = try key()
    let bytes = LearntState.encode(forecaster(own, days: 1), day(own), key: own)
    let others = try [
      key(source: "other"), key(query: "sum(other)"), key(queryParameters: ["tenant": "a"]),
      key(step: 300, leadTime: 1200), key(leadTime: 4500), key(threshold: 11),
      key(quantile: 0.95), key(ignoresOutages: false), key(aggregation: .mean),
      key(timeZone: "Europe/Paris"), key(exclusions: [0..<900]),
      key(source: "mainsum(load)", query: ""),
    ]
    #expect(Set((others + [own]).map(\.fingerprint)).count == others.count + 1)
    for other in others {
      #expect(throws: LearntState.Refusal.key) {
        try LearntState.decode(bytes, key: other, clock: LocalClock())
      }
    }
  }

  /// A stored state must not be lost by accident: whoever changes what the fingerprint covers raises the
  /// version.
  @Test func `The fingerprint of a key does not change`() throws {
    let key = try key(
      queryParameters: ["tenant": "a", "dedup": "true"], timeZone: "Europe/Paris",
      exclusions: [1_792_000_000..<1_792_003_600])
    #expect(key.fingerprint == 18_408_482_298_952_578_291)
  }

  @Test func `The state of another version is refused`() throws {
    let key = try key()
    let bytes = LearntState.seal([], version: 1, fingerprint: key.fingerprint)
    #expect(throws: LearntState.Refusal.version(1)) {
      try LearntState.decode(bytes, key: key, clock: LocalClock())
    }
  }

  @Test func `Every shorter, longer or changed state is refused`() throws {
    let key = try key()
    let bytes = LearntState.encode(forecaster(key, days: 1), day(key), key: key)
    func refusal(_ bytes: [UInt8]) -> LearntState.Refusal? {
      do throws(LearntState.Refusal) {
        _ = try LearntState.decode(bytes, key: key, clock: LocalClock())
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal(bytes) == nil)
    for count in [0, 1, 4, 13, 14, 21, 22, 23, bytes.count - 1] {
      #expect(refusal(Array(bytes.prefix(count))) == .damaged)
    }
    #expect(refusal(bytes + [0]) == .damaged)
    for position in stride(from: 0, to: bytes.count, by: 101) {
      var changed = bytes
      changed[position] ^= 0x10
      #expect(refusal(changed) != nil, "byte \(position)")
    }
    // With a hash that is right, what is in them counts.
    let fields = Array(bytes[14..<(bytes.count - 8)])
    func sealed(_ fields: [UInt8]) -> [UInt8] {
      LearntState.seal(fields, version: LearntState.version, fingerprint: key.fingerprint)
    }
    #expect(refusal(sealed(fields)) == nil)
    #expect(refusal(sealed(Array(fields.dropLast()))) == .damaged)
    #expect(refusal(sealed(fields + [0])) == .damaged)
    #expect(refusal(sealed(Array(repeating: 0xff, count: fields.count))) == .damaged)
  }

  /// Whatever the fields are: a state that is read goes on learning.
  @Test func `No fields make a trap`() throws {
    let key = try key(step: 3600, leadTime: 7200)
    let bytes = LearntState.encode(forecaster(key, days: 2), day(key), key: key)
    let fields = Array(bytes[14..<(bytes.count - 8)])
    var generator = SeededGenerator(seed: 18)
    var readCount = 0
    for _ in 0..<2000 {
      var changed = fields
      for _ in 0..<(1 + generator.next() % 4) {
        let position = Int(generator.next() % UInt64(changed.count))
        changed[position] = UInt8(truncatingIfNeeded: generator.next())
      }
      let sealed = LearntState.seal(
        changed, version: LearntState.version, fingerprint: key.fingerprint)
      guard var (read, day) = try? LearntState.decode(sealed, key: key, clock: LocalClock()) else {
        continue
      }
      readCount += 1
      day.append(100, expected: nil, asked: nil)
      #expect(day.last.last?.came == 100)
      for value in [100, nil, 0, 1e300] as [Double?] {
        read.observe(value)
        for load in read.forecast()?.loads ?? [] { #expect(load.isFinite && load >= 0) }
      }
      _ = (read.kept, read.skill, read.stage, read.lastHourAboveUsual, read.addition)
      _ = read.usualLoad(at: read.nextBucket)
    }
    #expect(readCount > 100)
  }
}
