// Swift 6.3.1 loses an assignment in release builds: name has two bytes in the end.
//
//   swiftc -O lost-assignment.swift && ./lost-assignment
//
// prints 0; with -Onone, or with -Xllvm -sil-disable-pass=early-codemotion, it prints 2. Package.swift
// leaves that pass out. Try again with each compiler: when this prints 2 without the flag, the flags in
// Package.swift can go.

typealias Text = UnsafeBufferPointer<UInt8>
struct Message {
  var other: (Text, Text?, Text?) = (Text(start: nil, count: 0), nil, nil)
  var name = Text(start: nil, count: 0)
  init?(_ bytes: Text) {
    var offset = 0
    while offset != bytes.count {
      guard bytes[offset] < 8 else { return nil }
      switch bytes[offset] {
      case 1: break
      case 2: name = bytes
      default: return nil
      }
      offset += 1
    }
  }
}
@inline(never) func parse(_ bytes: Text) -> Message? { Message(bytes) }
[2, 1].withUnsafeBufferPointer { print(parse($0)?.name.count ?? -1) }
