internal import Scaling
internal import Telemetry
internal import Time

/// A decision record as a person would tell it, in plain text for a terminal.
///
/// Names and messages come from elsewhere: whatever could steer a terminal is escaped.
struct DecisionText {
  private let record: DecisionRecord
  private var lines: [String] = []

  init(_ record: DecisionRecord) {
    self.record = record
    tellAnswer()
    tellSignals()
    tellLimits()
    tellWhatIfs()
    tellPath()
    tellSources()
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  // MARK: Sections

  private mutating func tellAnswer() {
    let decision = record.decision
    let answer = Self.replicas(decision.replicas)
    let verb =
      switch record.moment {
      case .past: "asked for"
      case .present: "asks for"
      case .future: "will ask for"
      }
    let object = decision.replicas == nil ? "nothing that can be trusted" : answer
    add("\(record.policy.name) \(verb) \(object) at \(Self.time(decision.at)).")
    if record.moment == .future {
      add("That holds if the sources go on answering what they answer now.")
    }
    add("")
    add(record.explanation)
    guard record.moment == .present else { return }
    add("")
    if let next = record.nextChange {
      let wait = decision.at.duration(to: next.at).wholeSecondsText
      add("Next change: \(Self.replicas(next.replicas)) at \(Self.time(next.at)), in \(wait).")
    } else {
      add("Next change: none in sight.")
    }
  }

  private mutating func tellSignals() {
    guard !record.decision.contributions.isEmpty else { return }
    head("Signals, looking \(record.policy.leadTime.text) ahead")
    let now = record.decision.at
    table(
      record.decision.contributions.enumerated().map { index, contribution in
        [
          index == record.decision.winner ? "→ \(contribution.signal)" : "  \(contribution.signal)",
          contribution.kind.rawValue,
          contribution.replicas.map(String.init) ?? "-",
          contribution.state.rawValue,
          Self.details(of: contribution, at: now),
        ]
      })
  }

  private mutating func tellLimits() {
    head("Limits")
    let limits = record.policy.limits
    let upper = limits.maxReplicas.map { "at most \($0)" } ?? "no upper limit"
    add("  at least \(limits.minReplicas), \(upper)")
    for limit in record.decision.appliedLimits {
      switch limit {
      case .cap(let signal, let rule, let replicas):
        add("  capped at \(replicas) by rule \"\(rule)\" of \(signal)")
      case .increase, .lastAnswer, .activity, .override:
        add("  \(limit.clause(at: record.decision.at))")
      case .minReplicas(let replicas): add("  raised to \(replicas) by minReplicas")
      case .maxReplicas(let replicas): add("  lowered to \(replicas) by maxReplicas")
      }
    }
  }

  private mutating func tellWhatIfs() {
    guard !record.whatIfs.isEmpty else { return }
    head("What if")
    table(
      record.whatIfs.map { whatIf in
        switch whatIf.outcome {
        case .replicas(let count): ["  \(whatIf.sentence)", Self.replicas(count)]
        case .unavailable(let reason): ["  \(whatIf.sentence)", "unavailable: \(reason)"]
        }
      })
  }

  private mutating func tellPath() {
    guard record.moment == .present else { return }
    head("Between this answer and the replicas")
    for obstacle in ReplicaPath(of: record).obstacles { add("  \(obstacle.sentence)") }
  }

  private mutating func tellSources() {
    guard !record.sources.isEmpty, record.moment == .present else { return }
    head("Sources")
    let now = record.decision.at
    table(
      record.sources.map { source in
        let age = source.lastSuccess.map {
          "answered \(max($0.duration(to: now), .zero).wholeSecondsText) ago"
        }
        return [
          "  \(source.kind) \(source.name)", source.state,
          [age ?? "never answered", source.lastError].compactMap(\.self).joined(separator: "; "),
        ]
      })
  }

  // MARK: Parts

  private static func replicas(_ count: Int?) -> String {
    guard let count else { return "unavailable" }
    return count == 1 ? "1 replica" : "\(count) replicas"
  }

  /// To the second, in UTC.
  private static func time(_ instant: Instant) -> String {
    Instant(milliseconds: instant.milliseconds - instant.milliseconds % 1000).rfc3339
  }

  private static func details(of contribution: Contribution, at now: Instant) -> String {
    var parts: [String] = []
    if let peak = contribution.peak, peak > now {
      parts.append("from \(time(peak)), in \(now.duration(to: peak).wholeSecondsText)")
    } else if contribution.replicas != nil {
      parts.append("now")
    }
    if let forecast = contribution.forecast { parts.append(forecast.sentence) }
    if let rule = contribution.rule { parts.append("rule \"\(rule)\"") }
    if let value = contribution.value { parts.append("value \(NumberText.text(value))") }
    if let dataTime = contribution.dataTime {
      parts.append("\(max(dataTime.duration(to: now), .zero).wholeSecondsText) old")
    }
    if let since = contribution.lostSince {
      parts.append("lost for \(max(since.duration(to: now), .zero).wholeSecondsText)")
    }
    if let place = contribution.origin?.words { parts.append(place) }
    if let problem = contribution.problem { parts.append(problem) }
    return parts.joined(separator: ", ")
  }

  private mutating func head(_ title: String) {
    add("")
    add(title)
  }

  /// Columns as wide as their widest cell; the last one is free.
  private mutating func table(_ rows: [[String]]) {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        guard column + 1 < row.count else { continue }
        line += String(repeating: " ", count: widths[column] - cell.count + 2)
      }
      add(line)
    }
  }

  private mutating func add(_ line: String) {
    lines.append(Self.harmless(line))
  }

  /// Controls and marks that turn the direction of text become `?`.
  private static func harmless(_ line: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in line.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result.append("?")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
