// Swift 6.3.1 loses an assignment in release builds. The second field of each message below is "B".
//
//   swiftc -parse-as-library -O lost-assignment.swift && ./lost-assignment
//
// prints "" twice; with -Onone, or with -Xllvm -sil-disable-pass=early-codemotion, it prints B twice.
// Package.swift leaves that pass out. Try again with each compiler: when this prints B twice without
// the flag, the flags in Package.swift can go.

typealias Text = UnsafeBufferPointer<UInt8>

struct Reader {
  let bytes: Text
  var offset = 0
  var isAtEnd: Bool { offset == bytes.count }

  mutating func next() -> (number: UInt8, text: Text)? {
    let number = bytes[offset]
    guard number < 8 else { return nil }
    let start = offset + 2
    offset = start + Int(bytes[offset + 1])
    return (number, Text(rebasing: bytes[start..<offset]))
  }
}

struct Reference {
  var name = Text(start: nil, count: 0)
  var policy: Text?
  var metric: Text?
}

struct Message {
  var reference = Reference()
  var name = Text(start: nil, count: 0)

  init?(_ bytes: Text) {
    var reader = Reader(bytes: bytes)
    var isKnown = false
    while !reader.isAtEnd {
      guard let field = reader.next() else { return nil }
      switch field.number {
      case 1: isKnown = true
      case 2: name = field.text
      default: return nil
      }
    }
  }
}

@inline(never) func parse(_ bytes: Text) -> Message? { Message(bytes) }

@main struct Main {
  static func main() {
    for bytes in [[1, 1, 65, 2, 1, 66], [2, 1, 66, 1, 1, 65]] as [[UInt8]] {
      bytes.withUnsafeBufferPointer { bytes in
        print(parse(bytes).map { String(decoding: $0.name, as: UTF8.self) } ?? "nil")
      }
    }
  }
}
