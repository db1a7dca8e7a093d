/// Passes over the learnt state field by field, and either writes each of them or reads it. One pass
/// for both keeps the two from differing.
///
/// Little endian. How many values there are, or at most, follows from the parameters, so that little is
/// allocated for what bytes say of themselves.
struct StateCoder {
  private(set) var bytes: [UInt8]
  private let isReading: Bool
  private var position = 0
  /// Whether a value was out of its range, or the bytes ended before the fields.
  private(set) var isDamaged = false

  /// Writes.
  init() {
    bytes = []
    isReading = false
  }

  /// Reads.
  init(reading bytes: [UInt8]) {
    self.bytes = bytes
    isReading = true
  }

  /// Whether every byte was read.
  var isAtEnd: Bool { position == bytes.count }

  private mutating func pass<Value: FixedWidthInteger & UnsignedInteger>(_ value: inout Value) {
    let size = Value.bitWidth / 8
    guard isReading else {
      for shift in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
      return
    }
    guard bytes.count - position >= size else {
      isDamaged = true
      return
    }
    value = 0
    for shift in 0..<size { value |= Value(bytes[position + shift]) << (8 * shift) }
    position += size
  }

  mutating func pass(_ value: inout Int, in range: ClosedRange<Int>) {
    var bits = UInt64(bitPattern: Int64(value))
    pass(&bits)
    let read = Int(Int64(bitPattern: bits))
    if range.contains(read) { value = read } else { isDamaged = true }
  }

  mutating func pass(_ value: inout Int?, in range: ClosedRange<Int>) {
    var number = value ?? .min
    pass(&number, in: .min ... .max)
    value = number == .min ? nil : number
    require(value.map(range.contains) ?? true)
  }

  /// States what must hold of the fields that were passed.
  mutating func require(_ condition: Bool) {
    if !condition { isDamaged = true }
  }

  /// - Parameter unknown: whether NaN is a value, too.
  mutating func pass(_ value: inout Double, unknown: Bool = false) {
    var bits = value.bitPattern
    pass(&bits)
    let read = Double(bitPattern: bits)
    if read.isFinite || unknown && read.isNaN { value = read } else { isDamaged = true }
  }

  mutating func pass(_ value: inout Double?) {
    var number = value ?? .nan
    pass(&number, unknown: true)
    value = number.isNaN ? nil : number
  }

  mutating func pass(_ values: inout [Double], unknown: Bool = false) {
    for index in values.indices { pass(&values[index], unknown: unknown) }
  }

  /// - Parameters:
  ///   - range: which values there can be.
  ///   - unknown: whether NaN is a value, too.
  mutating func pass(
    _ values: inout [Float], in range: ClosedRange<Float>? = nil, unknown: Bool = false
  ) {
    for index in values.indices {
      var bits = values[index].bitPattern
      pass(&bits)
      let read = Float(bitPattern: bits)
      let isValid = read.isNaN ? unknown : read.isFinite && range?.contains(read) ?? true
      if isValid { values[index] = read } else { isDamaged = true }
    }
  }

  /// - Parameter load: finite and at least 0; nil is written as one NaN, and no other NaN is read.
  mutating func pass(load: inout Float?) {
    var bits = (load ?? .nan).bitPattern
    pass(&bits)
    let read = Float(bitPattern: bits)
    load = read.isFinite ? read : nil
    require(load.map { $0 >= 0 } ?? (bits == Float.nan.bitPattern))
  }

  mutating func pass<Value: FixedWidthInteger & UnsignedInteger>(_ values: inout [Value]) {
    for index in values.indices { pass(&values[index]) }
  }
}

/// A part of the learnt state.
protocol StateCoded {
  /// Passes over every field that is learnt.
  mutating func pass(_ coder: inout StateCoder)
}
