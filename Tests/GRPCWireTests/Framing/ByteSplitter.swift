/// The ways in which a network may cut bytes into pieces.
enum ByteSplitter: CaseIterable {
  case whole
  case byByte
  case pairs
  case primes

  func pieces(of bytes: [UInt8]) -> [[UInt8]] {
    switch self {
    case .whole: [bytes]
    case .byByte: cut(bytes, [1])
    case .pairs: cut(bytes, [2])
    case .primes: cut(bytes, [3, 7, 1, 11, 5, 2, 13])
    }
  }

  private func cut(_ bytes: [UInt8], _ lengths: [Int]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let length = lengths[pieces.count % lengths.count]
      pieces.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return pieces
  }
}
