internal import CNGHTTP2

/// A list of header fields for nghttp2 whose bytes live as long as the process.
///
/// Invariant for `@unchecked Sendable`: nothing is written after `init`; nghttp2 reads only.
final class ConstantFields: @unchecked Sendable {
  let fields: UnsafeMutablePointer<nghttp2_nv>
  let count: Int

  private init(_ list: [(StaticString, StaticString)]) {
    fields = .allocate(capacity: list.count)
    count = list.count
    for (index, (name, value)) in list.enumerated() {
      let noCopy = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
      (fields + index).initialize(
        to: nghttp2_nv(
          name: UnsafeMutablePointer(mutating: name.utf8Start),
          value: UnsafeMutablePointer(mutating: value.utf8Start),
          namelen: name.utf8CodeUnitCount, valuelen: value.utf8CodeUnitCount,
          flags: UInt8(noCopy)))
    }
  }

  /// The headers in front of the first message.
  static let response = ConstantFields([
    (":status", "200"), ("content-type", "application/grpc"),
  ])

  /// The trailers of an RPC that went well.
  static let okTrailers = ConstantFields([("grpc-status", "0")])
}

/// A list of header fields that is made for one answer; nghttp2 copies it.
struct HeaderFields {
  private var bytes: [UInt8] = []
  private var lengths: [(name: Int, value: Int)] = []

  mutating func add(_ name: StaticString, _ value: some Collection<UInt8>) {
    bytes += UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    bytes += value
    lengths.append((name.utf8CodeUnitCount, value.count))
  }

  func withFields<Result>(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result) -> Result {
    var bytes = bytes
    return bytes.withUnsafeMutableBufferPointer { buffer in
      var offset = 0
      var fields: [nghttp2_nv] = []
      for length in lengths {
        let name = buffer.baseAddress.map { $0 + offset }
        let value = buffer.baseAddress.map { $0 + offset + length.name }
        offset += length.name + length.value
        fields.append(
          nghttp2_nv(
            name: name, value: value, namelen: length.name, valuelen: length.value,
            flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
      }
      return body(fields, fields.count)
    }
  }
}
