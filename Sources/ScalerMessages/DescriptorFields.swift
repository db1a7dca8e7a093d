/// Walks the length-delimited fields of one serialized protobuf message: of descriptors, every
/// name and every part is such a field. Other fields are skipped.
///
/// For the descriptors that are built into the program, whose bytes `scripts/generate` has made.
/// Bytes that are not protobuf end the walk.
struct DescriptorFields: Sequence, IteratorProtocol {
  struct Field {
    let number: Int
    let bytes: ArraySlice<UInt8>

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// What the field holds, read as a message.
    var fields: DescriptorFields { DescriptorFields(bytes) }
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  mutating func next() -> Field? {
    while let key = varint() {
      let number = Int(key >> 3)
      switch key & 7 {
      case 0:
        guard varint() != nil else { return nil }
      case 1:
        rest = rest.dropFirst(8)
      case 2:
        guard let length = varint(), length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(Int(length)) }
        return Field(number: number, bytes: rest.prefix(Int(length)))
      case 5:
        rest = rest.dropFirst(4)
      default:
        return nil
      }
    }
    return nil
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
