internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct ProjectionTests {
  private func projection(_ setting: Setting, at now: Instant = base) -> Projection {
    Projection(of: setting.policy, decision: setting.decide(at: now), readings: setting.readings)
  }

  @Test func `Follows a schedule with its lead time`() throws {
    let schedule = Schedule(
      defaultReplicas: 2, rules: [try ScheduleRule("Noon", "12:00", "13:00", replicas: 10)])
    let decisions = projection(try Setting(leadTime: .seconds(600), [.calendar(schedule)]))
      .decisions(until: base + .seconds(8 * 3600))
    #expect(decisions.map(\.replicas) == [2, 10, 2])
    #expect(decisions[1].at == (try .at("2026-11-20T11:50:00.001Z")))
    #expect(decisions[2].at == (try .at("2026-11-20T13:00:00Z")))
  }

  @Test func `Agrees with the evaluator at every minute`() throws {
    let schedule = Schedule(
      timeZone: "Europe/Paris", defaultReplicas: 1,
      rules: [
        try ScheduleRule("Day", "09:00", "18:00", replicas: 10),
        try ScheduleRule("Cap", "11:00", "11:30", atMost: 6),
      ])
    let setting = try Setting(
      leadTime: .seconds(1200), [.calendar(schedule), .live(420), .predicted([3, 30, 3])])
    let projection = projection(setting)
    let decisions = projection.decisions(until: base + .seconds(86_400))
    for minute in stride(from: 1, to: 1440, by: 7) {
      let at = base + .seconds(60 * minute)
      guard at < projection.knownUntil ?? .distantFuture else { break }
      let drawn = try #require(decisions.last { $0.at <= at })
      #expect(drawn.replicas == projection.decision(at: at).replicas, "\(at.rfc3339)")
      #expect(!drawn.differs(from: projection.decision(at: at)), "\(at.rfc3339)")
    }
  }

  @Test func `A forecast that is answered counts to its end and not to its age`() throws {
    var setting = try Setting(leadTime: .seconds(60), [.predicted(Array(repeating: 5, count: 60))])
    guard case .forecast(var signal) = setting.policy.signals[0].kind else {
      Issue.record("expected a forecast")
      return
    }
    signal.maxAge = .seconds(120)
    setting.policy.signals[0].kind = .forecast(signal)
    let projection = projection(setting)
    #expect(projection.decision(at: base + .seconds(50 * 60)).replicas == 5)
    #expect(projection.knownUntil == base + .seconds(3600))
    #expect(projection.decisions(until: base + .seconds(7200)).allSatisfy { $0.replicas == 5 })
    // What the forecaster will say then is not known, so nothing is announced.
    #expect(projection.nextChange(until: base + .seconds(7200)) == nil)
  }

  @Test func `what changes more often than one question may cost is known to that point`() throws {
    let setting = try Setting(
      leadTime: .zero, [.predicted((0..<10_000).map { $0 % 2 == 0 ? 1 : 2 })])
    let end = base + .seconds(10_000 * 60)
    let outlook = projection(setting).outlook(until: end)
    #expect(outlook.decisions.count > 100 && outlook.decisions.count <= 4097)
    let known = try #require(outlook.knownUntil)
    #expect(known < end)
    #expect(outlook.decisions.allSatisfy { $0.at < known })
  }

  @Test func `A forecast that fails grows old`() throws {
    var setting = try Setting(leadTime: .seconds(60), [.predicted(Array(repeating: 5, count: 60))])
    guard case .forecast(var signal) = setting.policy.signals[0].kind,
      case .forecast(var reading?) = setting.readings[0]
    else {
      Issue.record("expected a forecast")
      return
    }
    signal.maxAge = .seconds(120)
    setting.policy.signals[0].kind = .forecast(signal)
    reading.failure = Reading.Failure(since: base, message: "HTTP 500")
    setting.readings[0] = .forecast(reading)
    setting.policy.hold = .upTo(.seconds(300))
    let change = projection(setting).nextChange(until: base + .seconds(3600))
    #expect(change?.at == base + .seconds(120 + 300))
    #expect(change?.replicas == .none)
  }

  @Test func `Beyond the end of a forecast only a rise is a change`() throws {
    let schedule = Schedule(
      defaultReplicas: 1, rules: [try ScheduleRule("Late", "11:00", "12:00", replicas: 9)])
    let setting = try Setting(
      leadTime: .zero, [.calendar(schedule), .predicted(Array(repeating: 5, count: 60))])
    let change = projection(setting).nextChange(until: base + .seconds(86_400))
    #expect(change?.at == (try .at("2026-11-20T11:00:00Z")))
    #expect(change?.replicas == 9)
  }

  @Test func `A query keeps its value`() throws {
    let decisions = projection(try Setting([.live(300)])).decisions(until: base + .seconds(86_400))
    #expect(decisions.map(\.replicas) == [3])
  }

  @Test func `The past and the present are the present`() throws {
    let setting = try Setting([.live(300)])
    #expect(projection(setting).decision(at: base - .seconds(60)) == setting.decide())
    #expect(projection(setting).decisions(until: base - .seconds(60)) == [setting.decide()])
  }
}

struct WhatIfTests {
  private func answers(_ setting: Setting, leadTimes: [Duration] = []) -> [String: Int?] {
    let whatIfs = WhatIf.all(
      for: setting.policy, readings: setting.readings, leadTimes: leadTimes, at: base)
    return Dictionary(
      uniqueKeysWithValues: whatIfs.map { whatIf in
        guard case .replicas(let count) = whatIf.outcome else { return (whatIf.sentence, nil) }
        return (whatIf.sentence, count)
      })
  }

  @Test func `Leaves each signal out, and halves and doubles the lead time`() throws {
    let setting = try Setting(
      leadTime: .seconds(120), [.predicted([4, 6, 8, 12, 12]), .live(300)])
    #expect(
      answers(setting, leadTimes: [.seconds(240), .seconds(0)]) == [
        "without predicted": 3, "without live": 6, "with a lead time of 1m": 4,
        "with a lead time of 4m": 12, "with a lead time of 0s": 4,
      ])
  }

  @Test func `A single signal is not left out, and no lead time is not halved`() throws {
    #expect(answers(try Setting(leadTime: .zero, [.live(300)])) == [:])
  }

  @Test func `What is left may be nothing`() throws {
    #expect(answers(try Setting([.live(300), .predicted([])]))["without live"] == .some(nil))
  }

  @Test func `A longer lead time does not make a forecast younger`() throws {
    var setting = try Setting(leadTime: .seconds(60), [.predicted(Array(repeating: 7, count: 30))])
    guard case .forecast(var signal) = setting.policy.signals[0].kind else {
      Issue.record("expected a forecast")
      return
    }
    signal.maxAge = nil
    setting.policy.signals[0].kind = .forecast(signal)
    setting.policy.hold = .upTo(.zero)
    let now = base + .seconds(120 + 300)
    let whatIfs = WhatIf.all(for: setting.policy, readings: setting.readings, at: now)
    #expect(
      whatIfs.allSatisfy {
        if case .unavailable = $0.outcome { true } else { false }
      })
  }
}

struct DeadBandTests {
  @Test(arguments: [
    (1, nil), (8, nil), (9, 9...10), (10, 10...11), (11, 11...12), (12, 11...13),
    (100, 91...111), (0, nil), (-1, nil), (Int.max, nil),
  ])
  func `Is what the autoscaler leaves alone`(answer: Int, tolerated: ClosedRange<Int>?) {
    #expect(DeadBand(answer: answer)?.tolerated == tolerated)
  }

  @Test func `Agrees with the comparison that the autoscaler makes, around every bound`() throws {
    for answer in 1...300 {
      let tolerated = (max(1, answer / 2)...answer * 2).filter {
        abs(1.0 - Double(answer) / Double($0)) <= 0.1
      }
      let band = DeadBand(answer: answer)?.tolerated ?? answer...answer
      #expect(Array(band) == tolerated)
    }
  }
}
