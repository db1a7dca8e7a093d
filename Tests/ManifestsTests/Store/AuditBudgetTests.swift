internal import Scaling
internal import Testing

@testable internal import Manifests

/// Files whose schedules each draw a warning, as long as the budget for audits lasts.
private func files(_ count: Int) -> [FileContents] {
  (0..<count).map { file in
    let policies = (0..<5).map { index in
      // Some schedules are those of other files, and some take more of the budget than others.
      let number = index == 0 ? 0 : file * 5 + index
      let dates = (0..<(number % 4)).map { "\"2026-12-0\($0 + 1)\"" }.joined(separator: ", ")
      let days = dates.isEmpty ? "" : "dates: [\(dates)], "
      return """
        apiVersion: headstart.dev/v1alpha1
        kind: ScalingPolicy
        metadata: {name: p-\(file)-\(index)}
        spec:
          signals:
            - schedule: {rules: [{\(days)end: "12:\(number / 60 + 10)", replicas: 2, atMost: 1},
                {start: "13:00", end: "14:\(number % 50 + 10)", replicas: \(number + 2), atMost: 1}]}
        """
    }
    let padding = "\n# " + String(repeating: "x", count: 4096) + "\n"
    let text = policies.joined(separator: "\n---\n") + padding
    return FileContents(path: "d/\(file).yaml", content: .bytes(Array(text.utf8)))
  }
}

struct AuditBudgetTests {
  @Test(arguments: [0, 800, 7_000, 30_000, .max])
  func `the budget for audits is one for all files of a reading`(budget: Int) {
    let files = files(40)
    let decoder = ManifestDecoder(
      defaults: PolicyDefaults(), zones: decodingZones, now: testNow, auditBudget: budget)
    let inTurn = files.flatMap { file -> [Diagnostic] in
      guard case .bytes(let bytes) = file.content else { return [] }
      return decoder.decode(bytes, path: file.path).diagnostics
    }
    var store = ManifestStore(
      defaults: PolicyDefaults(), zones: decodingZones, auditBudget: budget)
    let update = store.update(
      [DirectoryContents(path: "d", listing: .files(files))], now: testNow)
    #expect(update.diagnostics == inTurn)
    #expect(update.catalog.policies.count == 200)
    #expect(inTurn.isEmpty == (budget == 0))
  }
}
