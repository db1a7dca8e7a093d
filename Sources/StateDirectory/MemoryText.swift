package import HTTPClient
package import Scaling
package import Telemetry
package import Time

/// What policies asked, as JSON: a line of the state directory, or a part of what one replica tells
/// another.
///
/// Times are written as ages in milliseconds, so that they mean the same to a reader whose clock
/// differs. Only a forecast's start is a time: the forecaster's clock dated it.
package enum MemoryText {
  /// The fields of one policy's memory, for the object that `json` is in.
  package static func write(_ memory: PolicyMemory, at now: Instant, to json: inout JSONWriter) {
    json.field(object: "signals") { json in
      for (name, signal) in memory.signals.sorted(by: { $0.key < $1.key }) {
        json.field(object: name) { write(signal, at: now, to: &$0) }
      }
    }
    if let activity = memory.activity {
      json.field(object: "activity") { json in
        json.field("cause", activity.cause.rawValue)
        json.field("ongoing", activity.isOngoing)
        json.field("last", age(of: activity.last, at: now))
      }
    }
    if let answer = memory.answer { json.field("answer", answer) }
    if let floor = memory.floor { json.field("floor", floor) }
    if let gone = memory.goneSince { json.field("gone", age(of: gone, at: now)) }
  }

  private static func write(_ memory: SignalMemory, at now: Instant, to json: inout JSONWriter) {
    if let definition = memory.definition { json.field("definition", HexNumber.text(definition)) }
    json.field("replicas", memory.replicas)
    if let value = memory.value { json.field("value", value) }
    json.field("read", age(of: memory.readAt, at: now))
    if let lost = memory.lostSince { json.field("lost", age(of: lost, at: now)) }
    if memory.origin == .target { json.field("target", true) }
    if let series = memory.series {
      json.field(object: "series") { json in
        json.field("from", series.generatedAt.milliseconds)
        json.field("step", series.step.milliseconds)
        json.field(array: "replicas") { json in
          for replicas in series.replicas { json.element(replicas) }
        }
      }
    }
    if let evidence = memory.evidence {
      json.field(object: "evidence") { json in
        if let taken = evidence.taken { json.field("taken", taken) }
        json.field("level", evidence.level)
        json.field("since", age(of: evidence.levelSince, at: now))
        if let whole = evidence.wholeSince { json.field("whole", age(of: whole, at: now)) }
        json.field("read", age(of: evidence.readAt, at: now))
      }
    }
  }

  /// Milliseconds; below zero for what lies ahead.
  private static func age(of instant: Instant, at now: Instant) -> Int64 {
    instant.duration(to: now).milliseconds
  }

  /// More signals, or more steps of a forecast, than any policy has.
  private static let maximumSignals = 1000
  private static let maximumSteps = 100_000
  /// A year, as of a forecaster's own answer.
  private static let longestStep = 31_536_000_000
  /// The year 9999.
  private static let latestStart = 253_402_300_799_000

  /// Reads the fields of `write` out of an object, one call for each of its keys.
  package struct Fields {
    package private(set) var memory = PolicyMemory()
    private let now: Instant

    /// - Parameter now: what the ages count from.
    package init(at now: Instant) {
      self.now = now
    }

    /// - Returns: false for a key that is none of them, whose value has not been read.
    package mutating func read(
      _ key: String, from reader: inout JSONReader
    ) throws(JSONError) -> Bool {
      switch key {
      case "signals":
        try reader.readObject { (reader: inout JSONReader, name: String) throws(JSONError) in
          guard memory.signals.count < MemoryText.maximumSignals else {
            throw reader.unexpected("at most \(MemoryText.maximumSignals) signals")
          }
          memory.signals[name] = try signal(from: &reader)
        }
      case "activity": memory.activity = try activity(from: &reader)
      case "answer": memory.answer = try count(from: &reader)
      case "floor": memory.floor = try count(from: &reader)
      case "gone": memory.goneSince = try instant(from: &reader)
      default: return false
      }
      return true
    }

    private func signal(from reader: inout JSONReader) throws(JSONError) -> SignalMemory {
      var memory = SignalMemory(replicas: 0, readAt: now)
      var hasReplicas = false
      try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
        switch key {
        case "definition":
          guard let number = HexNumber.number(try reader.readString()) else {
            throw reader.unexpected("a definition of 16 hexadecimal digits before this")
          }
          memory.definition = number
        case "replicas":
          memory.replicas = try count(from: &reader)
          hasReplicas = true
        case "value": memory.value = try reader.readDouble()
        case "read": memory.readAt = try instant(from: &reader)
        case "lost": memory.lostSince = try instant(from: &reader)
        case "target": memory.origin = try reader.readBool() ? .target : .source
        case "series": memory.series = try series(from: &reader)
        case "evidence": memory.evidence = try evidence(from: &reader)
        default: try reader.skipValue()
        }
      }
      guard hasReplicas else { throw reader.unexpected("\"replicas\" of a signal before this") }
      return memory
    }

    private func activity(from reader: inout JSONReader) throws(JSONError) -> Decision.Activity {
      var activity = Decision.Activity(last: now, cause: .firstSeen)
      try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
        switch key {
        case "cause":
          let number = UInt8(exactly: try reader.readInt())
          guard let cause = number.flatMap(Decision.Activity.Cause.init(rawValue:)) else {
            throw reader.unexpected("a known cause of activity before this")
          }
          activity.cause = cause
        case "ongoing": activity.isOngoing = try reader.readBool()
        case "last": activity.last = try instant(from: &reader)
        default: try reader.skipValue()
        }
      }
      return activity
    }

    private func series(from reader: inout JSONReader) throws(JSONError) -> ForecastSeries {
      var from = 0
      var step = 0
      var replicas: [Int] = []
      try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
        switch key {
        case "from": from = try reader.readInt()
        case "step": step = try reader.readInt()
        case "replicas":
          try reader.readArray { (reader: inout JSONReader) throws(JSONError) in
            guard replicas.count < MemoryText.maximumSteps else {
              throw reader.unexpected("at most \(MemoryText.maximumSteps) steps")
            }
            replicas.append(try count(from: &reader))
          }
        default: try reader.skipValue()
        }
      }
      guard (1000...MemoryText.longestStep).contains(step), !replicas.isEmpty,
        (0...MemoryText.latestStart).contains(from)
      else { throw reader.unexpected("a series with a start, a step and replicas before this") }
      return ForecastSeries(
        generatedAt: Instant(milliseconds: Int64(from)), step: .milliseconds(Int64(step)),
        replicas: replicas)
    }

    private func evidence(from reader: inout JSONReader) throws(JSONError) -> EvidenceMemory {
      var evidence = EvidenceMemory(taken: nil, level: 0, levelSince: now, readAt: now)
      try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
        switch key {
        case "taken": evidence.taken = try reader.readDouble()
        case "level": evidence.level = try reader.readDouble()
        case "since": evidence.levelSince = try instant(from: &reader)
        case "whole": evidence.wholeSince = try instant(from: &reader)
        case "read": evidence.readAt = try instant(from: &reader)
        default: try reader.skipValue()
        }
      }
      return evidence
    }

    private func count(from reader: inout JSONReader) throws(JSONError) -> Int {
      let count = try reader.readInt()
      guard (0...Int(Int32.max)).contains(count) else {
        throw reader.unexpected("a number of replicas from 0 to \(Int32.max) before this")
      }
      return count
    }

    private func instant(from reader: inout JSONReader) throws(JSONError) -> Instant {
      now.advanced(by: .zero - .milliseconds(Int64(try reader.readInt())))
    }
  }
}
