/// What a forecaster has learnt and its last day, as bytes: for a file, or for another replica.
///
/// Four bytes of a name, two of the format's version, eight of the key's fingerprint, the fields of the
/// state, eight of a hash of everything before them.
package enum LearntState {
  /// Raised whenever the algorithm or the layout changes: what was learnt otherwise is learnt again.
  package static let version: UInt16 = 2
  private static let name: [UInt8] = Array("hsfc".utf8)
  private static let headSize = 14

  /// Why bytes are not taken over.
  package enum Refusal: Error, Hashable, Sendable {
    /// They are no learnt state, or not whole.
    case damaged
    case version(UInt16)
    /// They belong to another query, threshold, zone or the like.
    case key
  }

  /// Which key these bytes belong to, by its fingerprint; nil for what is no learnt state.
  package static func fingerprint(of bytes: [UInt8]) -> UInt64? {
    guard bytes.count >= headSize, bytes.starts(with: name) else { return nil }
    return number(bytes[6..<headSize])
  }

  package static func encode(
    _ forecaster: LoadForecaster, _ day: ForecastDay, key: ForecastKey
  ) -> [UInt8] {
    var coder = StateCoder()
    var forecaster = forecaster
    var day = day
    forecaster.pass(&coder)
    day.pass(&coder)
    return seal(coder.bytes, version: version, fingerprint: key.fingerprint)
  }

  /// Puts a head and a hash around the fields.
  package static func seal(_ fields: [UInt8], version: UInt16, fingerprint: UInt64) -> [UInt8] {
    var bytes = name
    for shift in 0..<2 { bytes.append(UInt8(truncatingIfNeeded: version >> (8 * shift))) }
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: fingerprint >> (8 * shift))) }
    bytes += fields
    var hash = StateHash()
    hash.add(bytes)
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: hash.value >> (8 * shift))) }
    return bytes
  }

  /// - Parameters:
  ///   - bytes: whatever was found; never more memory is used than a state of this key takes.
  ///   - clock: of the key's zone.
  package static func decode(
    _ bytes: [UInt8], key: ForecastKey, clock: LocalClock
  ) throws(Refusal) -> (LoadForecaster, ForecastDay) {
    guard bytes.count >= headSize + 8, bytes.starts(with: name) else { throw .damaged }
    let version = UInt16(number(bytes[4..<6]))
    guard version == Self.version else { throw .version(version) }
    guard number(bytes[6..<headSize]) == key.fingerprint else { throw .key }
    var hash = StateHash()
    hash.add(bytes.dropLast(8))
    guard number(bytes.suffix(8)) == hash.value else { throw .damaged }
    var forecaster = LoadForecaster(key.parameters, clock: clock, firstBucket: 0)
    var day = ForecastDay(key.parameters)
    var coder = StateCoder(reading: Array(bytes[headSize..<(bytes.count - 8)]))
    forecaster.pass(&coder)
    day.pass(&coder)
    guard !coder.isDamaged, coder.isAtEnd else { throw .damaged }
    return (forecaster, day)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var number: UInt64 = 0
    for byte in bytes.reversed() { number = number << 8 | UInt64(byte) }
    return number
  }
}

extension LearntState.Refusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .damaged: "it is damaged"
    case .version(let version):
      "its format is \(version), expected \(LearntState.version)"
    case .key: "it belongs to another forecast"
    }
  }
}
