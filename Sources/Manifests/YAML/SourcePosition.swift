/// A place in a file: both counted from 1, the column in Unicode characters.
package struct SourcePosition: Hashable, Comparable, Sendable, CustomStringConvertible {
  // Every value of a file has one, and 32 bits are enough for a file of 8 MiB.
  private var storedLine: UInt32
  private var storedColumn: UInt32

  package var line: Int {
    get { Int(storedLine) }
    set { storedLine = UInt32(clamping: newValue) }
  }

  package var column: Int {
    get { Int(storedColumn) }
    set { storedColumn = UInt32(clamping: newValue) }
  }

  package init(line: Int, column: Int) {
    storedLine = UInt32(clamping: line)
    storedColumn = UInt32(clamping: column)
  }

  /// The first character of a file.
  package static let start = SourcePosition(line: 1, column: 1)

  /// `12:7`, as compilers write it.
  package var description: String { "\(line):\(column)" }

  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
