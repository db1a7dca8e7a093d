/// Columns of text for a terminal: the first to the left, the others to the right.
enum TextTable {
  /// - Parameters:
  ///   - rows: Equally many cells in each; the first is the heading.
  ///   - leading: How many columns stand to the left.
  static func lines(_ rows: [[String]], leading: Int = 1) -> [String] {
    guard let heading = rows.first else { return [] }
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].count)
        return column < leading ? row[column] + blanks : blanks + row[column]
      }.joined(separator: "  ")
    }
  }
}
