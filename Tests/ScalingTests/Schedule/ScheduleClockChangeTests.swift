internal import Foundation
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// The truth table of docs/internals/clock-changes.md, row by row.
struct ScheduleClockChangeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let cells: [String]

    var testDescription: String { cells.joined(separator: " | ") }
  }

  @Test("The table of clock changes is what the documentation says it is", arguments: try table())
  func truthTable(row: Row) throws {
    let date = try CivilDate(text: row.cells[2])
    let times = row.cells[3].split(separator: "-")
    let rule = ScheduleRule(
      name: "rule", dates: [date], start: try TimeOfDay(text: times[0]),
      end: try TimeOfDay(text: times[1]), replicas: 1)
    let schedule = Schedule(timeZone: row.cells[1], rules: [rule])
    let from = Instant(milliseconds: Int64(date.daysSince1970 - 3) * 86_400_000)
    let timeline = try schedule.timeline(from: from, to: from + .seconds(7 * 86_400), zones: zones)

    let changes = timeline.steps.dropFirst().map { "\($0.start.rfc3339) \($0.replicas)" }
    if row.cells[4] == "never" {
      #expect(changes == [])
    } else {
      #expect(changes == ["\(row.cells[4]) 1", "\(row.cells[5]) 0"])
    }
  }

  @Test func `The documentation has a table`() throws {
    #expect(try Self.table().count > 25)
  }

  private static func table() throws -> [Row] {
    let document = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../docs/internals/clock-changes.md")
    return try String(contentsOf: document, encoding: .utf8).split(separator: "\n")
      .map { line in
        Row(
          cells: line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) })
      }
      .filter { $0.cells.count == 6 && $0.cells[0] != "What happens" && $0.cells[0] != "---" }
  }
}
