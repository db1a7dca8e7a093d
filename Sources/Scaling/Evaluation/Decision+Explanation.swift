package import Time

extension Decision {
  /// The decision as one sentence in plain words, for the log and for people at three in the
  /// morning:
  ///
  ///     10 replicas: calendar asks for 10 from 08:58:00Z (in 8m, rule "Business hours");
  ///     predicted asks for 8 now (snapshot 40s old); live asks for 3 now (241.5, 15s old).
  ///
  /// The signal that decided comes first, the others in the policy's order, and those that take no
  /// part last; then the limits that changed the answer.
  ///
  /// - Parameter now: what ages and waits count from.
  package func explanation(at now: Instant) -> String {
    var parts: [String] = []
    var limits = appliedLimits[...]
    if let winner {
      var clause = contributions[winner].clause(at: now)
      if case .increase(let increase)? = limits.first {
        clause += increase.remark(on: contributions[winner], at: now)
        limits = limits.dropFirst()
      }
      parts.append(clause)
    }
    for (index, contribution) in contributions.enumerated()
    where index != winner && contribution.isDemanding {
      parts.append(contribution.clause(at: now))
    }

    let head: String
    switch outcome {
    case .unavailable(let reason):
      // The reason names what is missing; the known parts come after it.
      head = "unavailable: "
      parts.insert(reason.withoutFullStop, at: 0)
    case .replicas(let count):
      head = count == 1 ? "1 replica: " : "\(count) replicas: "
      for contribution in contributions where !contribution.isDemanding {
        parts.append(contribution.clause(at: now))
      }
      parts += limits.map { $0.clause(at: now) }
    }
    return head + parts.joined(separator: "; ") + "."
  }
}

extension Decision.AppliedLimit {
  /// What the limit did, as a part of a sentence: `raised to 2 by minReplicas`.
  package func clause(at now: Instant) -> String {
    switch self {
    case .increase(let increase): increase.clause(at: now)
    case .cap(let signal, let rule, let replicas):
      "capped at \(replicas) by rule \"\(rule)\" of \(signal)"
    case .lastAnswer(let replicas):
      "kept at \(replicas), the answer before the edit, until every required signal is read"
    case .activity(let replicas, let cause, let since, let until):
      Self.clause(replicas, cause, since: since, until: until, at: now)
    case .override(let bounds, let until, let reason):
      bounds.sentence(until: until, reason: reason.withoutFullStop, at: now)
    case .minReplicas(let count): "raised to \(count) by minReplicas"
    case .maxReplicas(let count): "limited to \(count) by maxReplicas"
    }
  }

  private static func clause(
    _ replicas: Int, _ cause: Decision.Activity.Cause, since: Instant, until: Instant?,
    at now: Instant
  ) -> String {
    let kept = "kept at \(replicas)"
    guard let until else { return "\(kept), because it is not known to be idle" }
    let cooldown = since.duration(to: until).wholeSecondsText
    let elapsed = max(since.duration(to: now), .zero).wholeSecondsText
    switch cause {
    case .firstSeen: return "\(kept), watched for \(elapsed) of \(cooldown)"
    case .active: return "\(kept), idle for \(elapsed) of \(cooldown)"
    case .wakeUp:
      return "woken at \(since.text(near: now)), \(kept) until \(until.text(near: now))"
    case .outsidePeriod:
      return "\(kept) outside of its enabled period, which begins at \(until.text(near: now))"
    }
  }
}

extension Decision.Increase {
  /// A part of a sentence of its own: `12, which is live's 10 now, +20 % by rule "sale" of calendar`.
  fileprivate func clause(at now: Instant) -> String {
    "\(replicas), which is \(asker)'s \(asked) \(moment(at: now)), \(by.text) \(cause)"
  }

  /// What follows on what the raised signal asks for: `, +20 % by rule "sale" of calendar = 12`.
  fileprivate func remark(on contribution: Contribution, at now: Instant) -> String {
    let isPeak = asked == contribution.replicas
    let when = isPeak && at <= max(now, contribution.peak ?? now) ? "" : " \(moment(at: now))"
    return isPeak
      ? ", \(by.text)\(when) \(cause) = \(replicas)"
      : ", and for \(asked)\(when), \(by.text) \(cause) = \(replicas)"
  }

  private var cause: String { "by rule \"\(rule)\" of \(signal)" }

  private func moment(at now: Instant) -> String {
    at > now ? "from \(at.text(near: now))" : "now"
  }
}

extension Contribution {
  fileprivate var isDemanding: Bool { replicas != nil && !isObserved }

  fileprivate func clause(at now: Instant) -> String {
    isObserved ? "observed only: \(statement(at: now))" : statement(at: now)
  }

  private func statement(at now: Instant) -> String {
    let reason = (problem ?? "no reason is known").withoutFullStop
    guard let replicas, let peak else {
      return "\(signal) is \(state.rawValue)\(remarks([value.map(lastValue), age(at: now)]))"
        + ": \(reason)"
    }
    let wait = peak > now ? "in \(now.wait(until: peak))" : nil
    let from = peak > now ? "from \(peak.text(near: now))" : "now"
    guard state == .held else {
      if let forecast {
        return "\(signal) asks for \(replicas) \(from)\(remarks([wait])): \(forecast.sentence)"
      }
      return "\(signal) asks for \(replicas) \(from)"
        + remarks([wait, ruleText, value.map(Self.text), age(at: now)])
    }
    let lost = lostSince.map { "for \(max($0.duration(to: now), .zero).wholeSecondsText)" } ?? ""
    let learnt = origin?.words.map { ", \($0)" } ?? ""
    return "\(signal) is lost \(lost) and goes on asking for \(replicas) \(from)\(learnt)"
      + remarks([wait, value.map(Self.text), age(at: now), reason])
  }

  private func remarks(_ details: [String?]) -> String {
    let known = details.compactMap { $0 }
    return known.isEmpty ? "" : " (\(known.joined(separator: ", ")))"
  }

  private var ruleText: String? {
    guard kind == .schedule else { return nil }
    return rule.map { "rule \"\($0)\"" } ?? "default"
  }

  /// Data from the future, which a fast clock at the source makes, is no age at all.
  private func age(at now: Instant) -> String? {
    guard let dataTime else { return nil }
    let age = max(dataTime.duration(to: now), .zero).wholeSecondsText
    return kind == .forecast ? "snapshot \(age) old" : "\(age) old"
  }

  private func lastValue(_ value: Double) -> String {
    "last value \(Self.text(value))"
  }

  /// The shortest decimal that reads back as the value, without a fraction of zero.
  private static func text(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension Instant {
  /// Rounded to the nearest second: a change comes into the window a millisecond late.
  fileprivate func wait(until other: Instant) -> String {
    (duration(to: other.advanced(byMilliseconds: 500))).wholeSecondsText
  }

  /// The time of day alone within half a day of now, else the date too; to the second.
  fileprivate func text(near now: Instant) -> String {
    let distance = now.duration(to: self)
    guard distance > .seconds(-43_200), distance < .seconds(43_200) else {
      return Instant(milliseconds: milliseconds - milliseconds % 1000).rfc3339
    }
    return utcClockText
  }
}

extension Instant {
  /// As `text(near:)`, without seconds where they are zero: as people set times.
  func shortText(near now: Instant) -> String {
    let text = text(near: now)
    return text.hasSuffix(":00Z") ? "\(text.dropLast(4))Z" : text
  }
}

extension String {
  /// Messages from elsewhere may end a sentence that goes on here.
  fileprivate var withoutFullStop: String {
    hasSuffix(".") ? String(dropLast()) : self
  }
}
