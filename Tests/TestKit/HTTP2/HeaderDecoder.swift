/// Reads the header blocks of a server that was told to keep no dynamic table
/// (SETTINGS_HEADER_TABLE_SIZE 0): literals, and the few static entries that a gRPC server uses.
enum HeaderDecoder {
  struct Malformed: Error {
    let offset: Int
  }

  static func decode(_ block: [UInt8]) throws -> [(name: String, value: String)] {
    var reader = Reader(block: block)
    var fields: [(name: String, value: String)] = []
    while reader.offset < block.count {
      let first = block[reader.offset]
      if first & 0x80 != 0 {
        fields.append(try entry(reader.integer(prefix: 7)))
      } else if first & 0xE0 == 0x20 {
        _ = try reader.integer(prefix: 5)
      } else {
        let index = try reader.integer(prefix: first & 0x40 != 0 ? 6 : 4)
        let name = index == 0 ? try reader.text() : try entry(index).name
        fields.append((name, try reader.text()))
      }
    }
    return fields
  }

  /// The entries of the static table (RFC 7541, appendix A) that a gRPC server can refer to.
  private static func entry(_ index: Int) throws -> (name: String, value: String) {
    switch index {
    case 8...14: (":status", ["200", "204", "206", "304", "400", "404", "500"][index - 8])
    case 31: ("content-type", "")
    default: throw Malformed(offset: -index)
    }
  }

  private struct Reader {
    let block: [UInt8]
    var offset = 0

    mutating func byte() throws -> UInt8 {
      guard offset < block.count else { throw Malformed(offset: offset) }
      offset += 1
      return block[offset - 1]
    }

    mutating func integer(prefix: Int) throws -> Int {
      let mask = (1 << prefix) - 1
      var value = Int(try byte()) & mask
      guard value == mask else { return value }
      var shift = 0
      while true {
        let next = Int(try byte())
        value += (next & 0x7F) << shift
        shift += 7
        if next & 0x80 == 0 { return value }
      }
    }

    mutating func text() throws -> String {
      guard offset < block.count else { throw Malformed(offset: offset) }
      let isCoded = block[offset] & 0x80 != 0
      let length = try integer(prefix: 7)
      guard offset + length <= block.count else { throw Malformed(offset: offset) }
      let bytes = Array(block[offset..<offset + length])
      offset += length
      return String(decoding: isCoded ? Huffman.decode(bytes) : bytes, as: UTF8.self)
    }
  }
}

/// HPACK's Huffman code (RFC 7541, appendix B). It is canonical: the lengths say it all.
enum Huffman {
  private static let lengths: [Int] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  ]

  private struct Code: Hashable {
    let bits: UInt32
    let length: Int
  }

  private static let symbols: [Code: UInt8] = {
    var symbols: [Code: UInt8] = [:]
    var code: UInt32 = 0
    for length in 1...30 {
      code <<= 1
      for (symbol, itsLength) in lengths.enumerated() where itsLength == length {
        symbols[Code(bits: code, length: length)] = UInt8(symbol)
        code += 1
      }
    }
    return symbols
  }()

  static func decode(_ bytes: [UInt8]) -> [UInt8] {
    var decoded: [UInt8] = []
    var bits: UInt32 = 0
    var length = 0
    for byte in bytes {
      for shift in (0..<8).reversed() {
        bits = bits << 1 | UInt32(byte >> shift & 1)
        length += 1
        guard let symbol = symbols[Code(bits: bits, length: length)] else { continue }
        decoded.append(symbol)
        bits = 0
        length = 0
      }
    }
    return decoded
  }
}
