internal import Configuration
internal import Glibc
internal import HTTPClient
internal import Scaling
internal import Telemetry

/// `headstart boost`, `freeze` and `overrides`: what people ask of a policy of a running server for a
/// while.
struct OverrideCommand {
  private let verb: OverrideVerb
  private let flags: FlagParser<OverrideFlag>

  private static let path = "/api/v1/overrides"

  init(_ verb: OverrideVerb, _ arguments: ArraySlice<String>) throws(UsageError) {
    self.verb = verb
    flags = try FlagParser<OverrideFlag>(arguments)
  }

  /// - Returns: the exit code.
  /// - Throws: as `SidePortClient.ask`.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.overrides, to: STDOUT_FILENO)
      return 0
    }
    if let stray = OverrideFlag.allCases.first(where: {
      flags.values[$0] != nil && !$0.isTaken(by: verb)
    }) {
      throw UsageError("\(verb.rawValue) takes no flag --\(stray.rawValue); see --help")
    }
    let client = try SidePortClient(
      server: flags.valueOrDefault(.server), tokenFile: value(.tokenFile), caFile: value(.caFile))
    let contentType = flags.isOn(.json) ? "application/json" : "text/plain"
    let answer =
      switch verb {
      case .boost, .freeze:
        try client.ask(
          "\(Self.path)/\(try policy())", as: contentType, method: .post, body: try body())
      case .overrides: try client.ask(try listPath(), as: contentType, method: method, body: nil)
      }
    Command.write(answer, to: STDOUT_FILENO)
    return 0
  }

  private func value(_ flag: OverrideFlag) -> String? { flags.values[flag]?.last }

  private func policy() throws(UsageError) -> String {
    guard let operand = flags.operands.first, flags.operands.count == 1 else {
      throw UsageError("\(verb.rawValue) needs the name of one policy: headstart \(example)")
    }
    return try SidePortClient.policy(operand, namespace: value(.namespace))
  }

  private var example: String {
    switch verb {
    case .boost: "boost NAME --at-least=40 --until=18:00"
    case .freeze: "freeze NAME --for=2h"
    case .overrides: "overrides NAME --end"
    }
  }

  // MARK: Setting

  private func body() throws(UsageError) -> [UInt8] {
    let atLeast = try replicas(.atLeast)
    let atMost = try replicas(.atMost)
    guard verb == .freeze || atLeast != nil || atMost != nil else {
      throw UsageError("boost needs --at-least=N or --at-most=N")
    }
    guard value(.until) == nil || value(.lasting) == nil else {
      throw UsageError("\(verb.rawValue) takes one end: leave out --until or --for")
    }
    guard value(.until) != nil || value(.lasting) != nil else {
      throw UsageError("\(verb.rawValue) needs an end: --until=18:00 or --for=2h")
    }
    var json = JSONWriter()
    json.object { json in
      if verb == .freeze { json.field("freeze", true) }
      if let atLeast { json.field("atLeast", atLeast) }
      if let atMost { json.field("atMost", atMost) }
      if let until = value(.until) { json.field("until", until) }
      if let lasting = value(.lasting) { json.field("for", lasting) }
      if let reason = value(.reason) { json.field("reason", reason) }
    }
    return json.bytes
  }

  private func replicas(_ flag: OverrideFlag) throws(UsageError) -> Int? {
    guard let text = value(flag) else { return nil }
    return try CommandInput.whole(text, flag: flag.rawValue, in: 0...Override.Limits.replicas)
  }

  // MARK: Listing and ending

  private var method: HTTPRequest.Method { flags.isOn(.end) ? .delete : .get }

  private func listPath() throws(UsageError) -> String {
    guard flags.isOn(.end) else {
      guard value(.id) == nil else { throw UsageError("flag --id goes with --end") }
      return flags.operands.isEmpty ? Self.path : "\(Self.path)/\(try policy())"
    }
    let id = value(.id).map { "?id=\(PercentEncoding.encode($0))" } ?? ""
    return "\(Self.path)/\(try policy())\(id)"
  }
}
