/// FNV-1a, 64 bits: tells a line that was written from one that was cut off or damaged.
enum Checksum {
  static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  /// Sixteen hexadecimal digits.
  static func text(of bytes: some Sequence<UInt8>) -> String {
    HexNumber.text(of(bytes))
  }
}

/// 64 bits as text: JSON's numbers hold 53 of them in many readers.
enum HexNumber {
  static func text(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// Nil for anything but sixteen lower-case digits.
  static func number(_ text: some StringProtocol) -> UInt64? {
    let isHex = text.utf8.allSatisfy { (48...57) ~= $0 || (97...102) ~= $0 }
    return isHex && text.utf8.count == 16 ? UInt64(text, radix: 16) : nil
  }
}
