internal import CExternalScaler

// Strings reach protobuf-c as bytes (see scripts/generate): it neither checks their UTF-8 nor keeps
// what follows a NUL.
extension ProtobufCBinaryData {
  var buffer: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: data, count: data == nil ? 0 : len)
  }

  /// A copy of the string. `field` names it should it not be UTF-8.
  func text(_ field: @autoclosure () -> FieldPath) throws(MessageError) -> String {
    do {
      return String(copying: try UTF8Span(validating: buffer.span))
    } catch {
      throw .invalidText(field(), offset: error.byteOffsets.lowerBound)
    }
  }

  /// Checks the string without copying it.
  func validate(_ field: @autoclosure () -> FieldPath) throws(MessageError) {
    do {
      _ = try UTF8Span(validating: buffer.span)
    } catch {
      throw .invalidText(field(), offset: error.byteOffsets.lowerBound)
    }
  }
}
