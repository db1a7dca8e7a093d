internal import Foundation
internal import Testing

/// The offsets of a time zone, read from its compiled file (RFC 9636) by hand, so that the oracle
/// does not depend on the library under test.
///
/// Only the explicit transitions are read. Debian's files have them until 2037.
struct TZifFile {
  /// Seconds since 1970, ascending, and the offset from then on in seconds east of UTC.
  let transitions: [(at: Int, offset: Int)]
  let firstOffset: Int

  init(zone: String) throws {
    let data = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)"))
    let bytes = [UInt8](data)
    try #require(bytes.starts(with: Array("TZif".utf8)) && bytes.count > 88)
    // The first block has 32-bit times; the second, after it, all of them with 64 bits.
    let first = Header(bytes, at: 0)
    let start = 44 + first.size(timeSize: 4)
    let header = Header(bytes, at: start)
    let times = start + 44
    let kinds = times + header.timeCount * 8
    let types = kinds + header.timeCount

    func offset(ofType type: Int) -> Int { Self.integer(bytes, at: types + type * 6, size: 4) }
    transitions = (0..<header.timeCount).map { index in
      (
        Self.integer(bytes, at: times + index * 8, size: 8),
        offset(ofType: Int(bytes[kinds + index]))
      )
    }
    firstOffset = offset(ofType: 0)
  }

  func offset(at seconds: Int) -> Int {
    transitions.last { $0.at <= seconds }?.offset ?? firstOffset
  }

  /// The changes of the clock from the beginning of the first year to the end of the last.
  func changes(in years: ClosedRange<Int>) -> [Int] {
    let secondsPerYear = 31_556_952
    let span =
      (years.lowerBound - 1970) * secondsPerYear..<(years.upperBound - 1969) * secondsPerYear
    var previous = firstOffset
    var changes: [Int] = []
    for transition in transitions {
      if transition.offset != previous, span.contains(transition.at) {
        changes.append(transition.at)
      }
      previous = transition.offset
    }
    return changes
  }

  private struct Header {
    let utcCount: Int
    let standardCount: Int
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let characterCount: Int

    init(_ bytes: [UInt8], at start: Int) {
      func count(_ index: Int) -> Int {
        TZifFile.integer(bytes, at: start + 20 + index * 4, size: 4)
      }
      utcCount = count(0)
      standardCount = count(1)
      leapCount = count(2)
      timeCount = count(3)
      typeCount = count(4)
      characterCount = count(5)
    }

    func size(timeSize: Int) -> Int {
      timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4)
        + standardCount + utcCount
    }
  }

  /// Big-endian and signed.
  private static func integer(_ bytes: [UInt8], at start: Int, size: Int) -> Int {
    let value = bytes[start..<start + size].reduce(0) { $0 << 8 | Int($1) }
    return size == 4 ? Int(Int32(truncatingIfNeeded: value)) : value
  }
}
