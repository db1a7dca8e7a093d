internal import Scaling
internal import Time

/// Makes a schedule of the annotations by which kube-downscaler takes a workload down.
struct DownscalerImport {
  let zones: any TimeZoneDatabase

  struct Workload {
    let object: ImportNode
    let kind: String
    let name: String
    let namespace: String?
    let origin: String
  }

  /// Days and times of one part of an annotation.
  private struct Span {
    let days: [String]
    let start: String
    let end: String
    let zone: String
  }

  /// The annotations that are read.
  private static let known: Set<String> = [
    "uptime", "downtime", "downtime-replicas", "exclude", "exclude-until", "original-replicas",
  ]

  private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

  /// Nil for a workload without annotations of kube-downscaler, be it on its namespace.
  func policy(of workload: Workload, in namespace: ImportNode?) -> ImportedPolicy? {
    let own = annotations(of: workload.object)
    var all = annotations(of: namespace).merging(own) { $1 }
    guard all["exclude"]?.lowercased() != "true", !all.isEmpty else { return nil }
    var policy = ImportedPolicy(
      name: workload.name, namespace: workload.namespace, origin: workload.origin)
    for name in all.keys.sorted() where !Self.known.contains(name) {
      policy.losses.append("the annotation downscaler/\(name) is not read")
    }
    guard all["uptime"] != nil || all["downtime"] != nil else {
      if own["original-replicas"] != nil {
        policy.losses.append(
          "kube-downscaler took it down by flags of its own, which no object holds: give it the "
            + "annotation downscaler/uptime, and import it again")
      }
      return policy.losses.isEmpty ? nil : policy
    }
    policy.workload = "\(workload.kind)/\(workload.name)"
    policy.target =
      "{apiVersion: apps/v1, kind: \(workload.kind), name: \(ImportText.quoted(workload.name))}"
    let original = all["original-replicas"].flatMap { Int($0) }
    let up = original ?? workload.object["spec"]?["replicas"]?.integer ?? 1
    let down = all["downtime-replicas"].flatMap { Int($0) } ?? 0
    if let text = all["downtime-replicas"], Int(text) == nil {
      policy.losses.append("downtime-replicas \(ImportText.quoted(text)) is no number; 0 is taken")
    }
    if original == nil, workload.object["spec"]?["replicas"] == nil {
      policy.losses.append("the workload does not say its replicas; 1 is taken")
    }
    // Up is what is in uptime and not in downtime.
    if all["downtime"]?.lowercased() == "never", all["uptime"] != nil { all["downtime"] = nil }
    if all["uptime"]?.lowercased() == "always", all["downtime"] != nil { all["uptime"] = nil }
    if all["uptime"] != nil, all["downtime"] != nil {
      policy.losses.append("uptime and downtime are both given; uptime is taken")
    }
    let isUptime = all["uptime"] != nil
    let text = all["uptime"] ?? all["downtime"] ?? ""
    fill(
      &policy, text: text, inside: isUptime ? up : down, outside: isUptime ? down : up,
      field: isUptime ? "uptime" : "downtime", exclusion: exclusion(all, up, &policy))
    policy.minReplicas = min(up, down)
    policy.maxReplicas = max(up, down)
    return policy
  }

  private func annotations(of object: ImportNode?) -> [String: String] {
    var found: [String: String] = [:]
    for (key, value) in object?["metadata"]?["annotations"]?.fields ?? [] {
      guard key.hasPrefix("downscaler/"), let text = value.text else { continue }
      found[String(key.dropFirst("downscaler/".count))] = text
    }
    return found
  }

  private func fill(
    _ policy: inout ImportedPolicy, text: String, inside: Int, outside: Int, field: String,
    exclusion: [String]
  ) {
    guard !text.isEmpty else {
      policy.losses.append("\(field) is empty")
      return
    }
    if ["always", "never"].contains(text.lowercased()) {
      let rules = exclusion.isEmpty ? [] : ["rules:"] + exclusion
      policy.append(
        "schedule", ["default: \(text.lowercased() == "always" ? inside : outside)"] + rules)
      return
    }
    var lines: [String] = []
    for (index, part) in text.split(separator: ",").enumerated() {
      if let (from, to) = Self.instants(String(part)) {
        lines.append(
          "  - {name: \"\(field) \(index + 1)\", from: \"\(from.rfc3339)\", to: \"\(to.rfc3339)\", "
            + "replicas: \(inside)}")
        continue
      }
      let words = String(part).words
      guard let span = span(words) else {
        policy.losses.append(
          "\(field) \(ImportText.quoted(words.joined(separator: " "))): \(problem(of: words))"
            + "only days and times such as \"Mon-Fri 07:30-20:30 Europe/Berlin\" can be read")
        continue
      }
      lines.append(
        "  - {name: \"\(field) \(index + 1)\", days: [\(span.days.joined(separator: ", "))], "
          + "start: \"\(span.start)\", end: \"\(span.end)\", timeZone: "
          + "\(ImportText.quoted(span.zone)), replicas: \(inside)}")
    }
    guard !lines.isEmpty else { return }
    policy.append("schedule", ["default: \(outside)", "rules:"] + lines + exclusion)
  }

  /// Until then kube-downscaler leaves the workload alone: at its own size.
  private func exclusion(
    _ annotations: [String: String], _ up: Int, _ policy: inout ImportedPolicy
  ) -> [String] {
    guard let text = annotations["exclude-until"] else { return [] }
    guard let until = Self.instant(text) else {
      policy.losses.append("exclude-until \(text): apply this policy after that")
      return []
    }
    return ["  - {name: exclude-until, to: \"\(until.rfc3339)\", replicas: \(up), priority: 100}"]
  }

  /// Two points in time with a dash between them.
  private static func instants(_ text: String) -> (Instant, Instant)? {
    let text = text.filter { !$0.isWhitespace }
    for index in text.indices where text[index] == "-" {
      guard let from = instant(String(text[..<index])),
        let to = instant(String(text[text.index(after: index)...])), from < to
      else { continue }
      return (from, to)
    }
    return nil
  }

  /// A date is its first instant, and a time without an offset one of UTC, as kube-downscaler has it.
  private static func instant(_ text: String) -> Instant? {
    [text, "\(text)Z", "\(text)T00:00:00Z"].lazy.compactMap { try? Instant(rfc3339: $0) }.first
  }

  /// `Mon-Fri`, `07:30-20:30`, `Europe/Berlin`.
  private func span(_ words: [String]) -> Span? {
    guard words.count == 3, zones.timeZone(named: words[2]) != nil else { return nil }
    let days = words[0].split(separator: "-").map(String.init)
    let times = words[1].split(separator: "-").map(String.init)
    guard let first = days.first, days.count <= 2, times.count == 2, let last = days.last,
      let from = Self.days.firstIndex(where: { $0.lowercased() == first.lowercased() }),
      let to = Self.days.firstIndex(where: { $0.lowercased() == last.lowercased() }),
      let start = TimeText(times[0]), let end = TimeText(times[1]), start.minutes < end.minutes
    else { return nil }
    let length = (to - from + 7) % 7
    return Span(
      days: (0...length).map { Self.days[(from + $0) % 7] }, start: start.text, end: end.text,
      zone: words[2])
  }

  /// Why it is no span, as far as that is clear: the beginning of a sentence.
  private func problem(of words: [String]) -> String {
    if words.count == 2 { return "it names no time zone; " }
    guard words.count == 3 else { return "" }
    if zones.timeZone(named: words[2]) == nil {
      return "there is no time zone \(ImportText.quoted(words[2])); "
    }
    let times = words[1].split(separator: "-").map { TimeText(String($0)) }
    guard times.count == 2, let start = times[0], let end = times[1], start.minutes >= end.minutes
    else { return "" }
    return "it ends before it begins: over midnight write two, up to 24:00 and from 00:00 on; "
  }

  /// `HH:MM`.
  private struct TimeText {
    let minutes: Int
    let text: String

    init?(_ text: String) {
      let parts = text.split(separator: ":")
      guard text.utf8.count == 5, parts.count == 2, let hour = Int(parts[0]),
        let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute),
        hour * 60 + minute <= 1440
      else { return nil }
      minutes = hour * 60 + minute
      self.text = text
    }
  }
}

extension String {
  fileprivate var words: [String] { split(whereSeparator: \.isWhitespace).map(String.init) }
}
