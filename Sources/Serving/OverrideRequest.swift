internal import HTTPClient
internal import Scaling
internal import Time

/// The body that sets an override: `{"atLeast": 40, "until": "18:00", "reason": "launch"}`.
struct OverrideRequest: Hashable {
  var atLeast: Int?
  var atMost: Int?
  var freezes = false
  private var until: String?
  private var duration: String?
  var reason = ""

  /// What is wrong with a body: one sentence.
  struct Problem: Error, Hashable {
    var sentence: String
  }

  private static let example =
    "{\"atLeast\": 40, \"until\": \"18:00\", \"reason\": \"launch\"}"

  init(_ body: [UInt8]) throws(Problem) {
    var reader = JSONReader(body)
    do throws(JSONError) {
      try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
        switch key {
        case "atLeast": atLeast = try reader.readInt()
        case "atMost": atMost = try reader.readInt()
        case "freeze": freezes = try reader.readBool()
        case "until": until = try reader.readString()
        case "for": duration = try reader.readString()
        case "reason": reason = try reader.readString()
        default:
          throw reader.unexpected("atLeast, atMost, freeze, until, for or reason before this")
        }
      }
      try reader.finish()
    } catch {
      throw Problem(sentence: "the body has to be such as \(Self.example), but \(error)")
    }
    try check()
  }

  private func check() throws(Problem) {
    guard freezes || atLeast != nil || atMost != nil else {
      throw Problem(
        sentence: "an override needs atLeast, atMost or freeze, such as \(Self.example)")
    }
    guard !freezes || (atLeast == nil && atMost == nil) else {
      throw Problem(
        sentence: "freeze keeps the last answer: leave atLeast and atMost out, or leave freeze out")
    }
    for count in [atLeast, atMost].compactMap(\.self)
    where !(0...Override.Limits.replicas).contains(count) {
      throw Problem(
        sentence: "\(count) is no number of replicas: 0 to \(Override.Limits.replicas)")
    }
    if let atLeast, let atMost, atLeast > atMost {
      throw Problem(
        sentence: "atLeast \(atLeast) is above atMost \(atMost); \(atMost) or less is accepted")
    }
    guard (until == nil) != (duration == nil) else {
      throw Problem(
        sentence: "an override needs an end: either until, such as \"18:00\", or for, such as"
          + " \"2h\"")
    }
    guard reason.utf8.count <= Override.Limits.reason,
      reason.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else {
      throw Problem(
        sentence: "the reason has to be one line of at most \(Override.Limits.reason) bytes")
    }
  }

  /// - Parameter answer: of the policy now; nil while it has none.
  func bounds(answer: Int?) throws(Problem) -> Override.Bounds {
    guard freezes else {
      guard let bounds = Override.Bounds(atLeast: atLeast, atMost: atMost) else {
        throw Problem(sentence: "an override needs atLeast or atMost")
      }
      return bounds
    }
    guard let answer else {
      throw Problem(
        sentence: "the policy has no answer now that could be frozen; set atLeast or atMost"
          + " instead, as headstart boost does with --at-least and --at-most")
    }
    return .frozen(answer)
  }

  /// - Parameter zone: of the policy.
  func end(in zone: any TimeZoneRules, at now: Instant) throws(Problem) -> Instant {
    do throws(OverrideEnd.Problem) {
      if let duration { return try OverrideEnd.instant(after: duration, at: now) }
      return try OverrideEnd.instant(until ?? "", in: zone, at: now)
    } catch {
      throw Problem(sentence: "\(duration == nil ? "until" : "for"): \(error.sentence)")
    }
  }
}
