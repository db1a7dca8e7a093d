internal import Scaling
package import Time

/// A step function drawn with characters, for terminals.
package struct TextChart {
  package let lines: [String]

  /// The narrowest and the widest chart that make sense, in columns.
  package static let widths = 40...400

  /// - Parameters:
  ///   - width: In columns, axis included; brought into `widths`.
  ///   - height: Rows of the plot; at least 2.
  package init(
    _ series: StepSeries, from: Instant, to: Instant, width: Int, height: Int = 12
  ) {
    let width = min(max(width, Self.widths.lowerBound), Self.widths.upperBound)
    let height = max(height, 2)
    let axis = ValueAxis(maximum: series.maximum, ticks: height / 3)
    let labelWidth = axis.ticks.map { NumberFormat.plain($0).count }.max() ?? 1
    let columns = width - labelWidth - 2
    let time = TimeAxis(from: from, to: to, most: columns / 12)
    var canvas = Canvas(columns: columns, rows: height)
    canvas.draw(
      (0..<columns).map { column in
        series.maximum(
          from: time.instant(at: column, of: columns), to: time.instant(at: column + 1, of: columns)
        ).map { axis.row(of: $0, rows: height) }
      })

    var lines: [String] = []
    for row in stride(from: height - 1, through: 0, by: -1) {
      let tick = axis.ticks.first { axis.row(of: $0, rows: height) == row }
      let label = tick.map { NumberFormat.plain($0) } ?? ""
      let padding = String(repeating: " ", count: labelWidth - label.count)
      lines.append("\(padding)\(label) \(tick == nil ? "│" : "┤")\(canvas.text(row: row))")
    }
    let margin = String(repeating: " ", count: labelWidth + 1)
    lines.append("\(margin)└\(time.rule(columns: columns))")
    lines.append("\(margin) \(time.labels(columns: columns))")
    self.lines = lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }
  }
}

/// Characters in rows, the lowest first.
private struct Canvas {
  private var cells: [[Character]]

  init(columns: Int, rows: Int) {
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  /// Draws a line through one row for each column; nil leaves a shaded gap.
  mutating func draw(_ rows: [Int?]) {
    var last: Int?
    for (column, row) in rows.enumerated() {
      defer { last = row }
      guard let row else {
        cells[0][column] = "░"
        continue
      }
      guard let last, last != row else {
        cells[row][column] = "─"
        continue
      }
      let rises = row > last
      cells[last][column] = rises ? "┘" : "┐"
      cells[row][column] = rises ? "┌" : "└"
      for between in (min(row, last) + 1)..<max(row, last) { cells[between][column] = "│" }
    }
  }

  func text(row: Int) -> String {
    String(cells[row])
  }
}

extension ValueAxis {
  /// The row of a value, 0 for 0.
  fileprivate func row(of value: Double, rows: Int) -> Int {
    let row = (value / top * Double(rows - 1)).rounded()
    return min(max(Int(row), 0), rows - 1)
  }
}

extension TimeAxis {
  fileprivate func rule(columns: Int) -> String {
    var cells = Array(repeating: Character("─"), count: columns)
    for tick in ticks { cells[column(of: tick, of: columns)] = "┬" }
    return String(cells)
  }

  /// Labels below their ticks, as far as there is room.
  fileprivate func labels(columns: Int) -> String {
    var text = ""
    for tick in ticks {
      let label = label(of: tick)
      let start = max(column(of: tick, of: columns) - label.count / 2, 0)
      guard start == 0 && text.isEmpty || start > text.count, start + label.count <= columns + 1
      else { continue }
      text += String(repeating: " ", count: start - text.count) + label
    }
    return text
  }

  private func column(of instant: Instant, of columns: Int) -> Int {
    min(max(Int(fraction(of: instant) * Double(columns)), 0), columns - 1)
  }
}
