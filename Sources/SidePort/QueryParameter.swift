internal import Scaling
internal import Time

/// The parameters that a query string may have, and how each is read. Others are ignored.
enum QueryParameter: String, CaseIterable {
  case at, since, hours, lead, search, state, offset, limit, namespace, name, kind, policy, workload
  case sources, id, path

  static let allNames = allCases.map(\.rawValue)

  /// What is wrong with a parameter.
  struct Problem: Error {
    let sentence: String
  }

  /// A week ahead shows every weekly rule.
  private static let maxHours = 168
  /// Lead times to try at once.
  private static let maxLeadTimes = 8

  /// Nil where it is absent or empty.
  func text(of request: SidePortRequest) throws(Problem) -> String? {
    guard let value = request.query[rawValue] else { return nil }
    guard let text = value else {
      throw Problem(sentence: "the parameter \(rawValue) holds an escape that is not %XX of UTF-8")
    }
    return text.isEmpty ? nil : text
  }

  func instant(of request: SidePortRequest) throws(Problem) -> Instant? {
    guard let text = try text(of: request) else { return nil }
    do {
      return try Instant(rfc3339: text)
    } catch {
      throw Problem(sentence: "the parameter \(rawValue): \(error)")
    }
  }

  /// Six where none are given.
  func hours(of request: SidePortRequest) throws(Problem) -> Duration {
    .seconds(3600 * (try number(of: request, in: 1...Self.maxHours) ?? 6))
  }

  func number(of request: SidePortRequest, in range: ClosedRange<Int>) throws(Problem) -> Int? {
    guard let text = try text(of: request) else { return nil }
    let isPlain = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isPlain, let number = Int(text), range.contains(number) else {
      throw Problem(
        sentence: "the parameter \(rawValue) is \"\(text.prefix(40))\", but has to be a number from"
          + " \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Durations with commas between them.
  func durations(of request: SidePortRequest) throws(Problem) -> [Duration] {
    guard let text = try text(of: request) else { return [] }
    let parts = text.split(separator: ",")
    guard parts.count <= Self.maxLeadTimes else {
      throw Problem(
        sentence: "the parameter \(rawValue) holds \(parts.count) durations, but may hold at most"
          + " \(Self.maxLeadTimes)")
    }
    var durations: [Duration] = []
    for part in parts {
      do {
        durations.append(try Duration(text: String(part)))
      } catch {
        throw Problem(sentence: "the parameter \(rawValue): \(error)")
      }
      guard durations.allSatisfy({ $0 >= .zero && $0 <= .seconds(3600 * Self.maxHours) }) else {
        throw Problem(
          sentence: "the parameter \(rawValue) is \(text.prefix(40)), but has to be between 0s and"
            + " 7d")
      }
    }
    return durations
  }
}

extension PolicySelection {
  init(_ request: SidePortRequest) throws(QueryParameter.Problem) {
    var state: PolicyState?
    if let text = try QueryParameter.state.text(of: request) {
      guard let known = PolicyState(rawValue: text) else {
        throw QueryParameter.Problem(
          sentence: "the parameter state is \"\(text.prefix(40))\", but has to be one of "
            + PolicyState.allCases.map(\.rawValue).joined(separator: ", "))
      }
      state = known
    }
    let search = try QueryParameter.search.text(of: request) ?? ""
    self.init(
      words: search.split(separator: " ").prefix(16).map(String.init), state: state,
      offset: try QueryParameter.offset.number(of: request, in: 0...Int(Int32.max)) ?? 0,
      limit: try QueryParameter.limit.number(of: request, in: 0...10_000))
  }
}

extension DecisionQuestion {
  init(_ request: SidePortRequest) throws(QueryParameter.Problem) {
    self.init(
      at: try QueryParameter.at.instant(of: request),
      leadTimes: try QueryParameter.lead.durations(of: request))
  }
}
