internal import CExternalScaler

/// Turns the bytes of requests into values.
///
/// One per event loop: it reuses its memory from message to message, so it must not be shared
/// between threads. Nothing that a peer sends traps: every failure is a `MessageError`. Unknown
/// fields are skipped, of a repeated map key or singular field the last one wins (proto3).
package final class MessageDecoder {
  /// The most memory that one decoded message may take. A legal message of 4 MiB can hold two
  /// million empty map entries, or have protobuf-c merge a repeated field over and over; this
  /// bounds both the memory and the time. It leaves room for 100,000 ordinary metadata entries.
  package static let memoryLimit = 64 << 20

  private let memoryLimit: Int
  private let arena: MessageArena

  /// - Parameter memoryLimit: the most bytes that one decoded message may take.
  package init(memoryLimit: Int = MessageDecoder.memoryLimit) {
    self.memoryLimit = memoryLimit
    arena = MessageArena(limit: memoryLimit)
  }

  /// Decodes `externalscaler.ScaledObjectRef`.
  package func scaledObjectRef(from bytes: RawSpan) throws(MessageError) -> ScaledObjectRef {
    try decode(
      bytes, "externalscaler.ScaledObjectRef", externalscaler__scaled_object_ref__unpack
    ) { message throws(MessageError) in
      try ScaledObjectRef(message)
    }
  }

  /// All of the trigger's metadata, for those who debug. The last of equal keys wins.
  package func scalerMetadata(from bytes: RawSpan) throws(MessageError) -> [String: String] {
    try decode(
      bytes, "externalscaler.ScaledObjectRef", externalscaler__scaled_object_ref__unpack
    ) { message throws(MessageError) in
      var metadata: [String: String] = [:]
      for entry in message.metadataEntries {
        let key = try entry.key.text(FieldPath(field: "a key of scalerMetadata"))
        metadata[key] = try entry.value.text(entry.path)
      }
      return metadata
    }
  }

  /// Decodes `externalscaler.GetMetricsRequest`.
  package func getMetricsRequest(from bytes: RawSpan) throws(MessageError) -> GetMetricsRequest {
    try decode(
      bytes, "externalscaler.GetMetricsRequest", externalscaler__get_metrics_request__unpack
    ) { message throws(MessageError) in
      GetMetricsRequest(
        scaledObject: try message.scaledobjectref.map { reference throws(MessageError) in
          try ScaledObjectRef(reference.pointee)
        } ?? ScaledObjectRef(),
        metricName: try message.metricname.text(FieldPath(field: "metricName")))
    }
  }

  /// Reads of an `externalscaler.ScaledObjectRef` what tells it from others, and checks all of it.
  package func readReference(
    from bytes: RawSpan, into key: inout ReferenceKey
  ) throws(MessageError) {
    try decode(
      bytes, "externalscaler.ScaledObjectRef", externalscaler__scaled_object_ref__unpack
    ) { message throws(MessageError) in
      key.fill(try message.fields())
    }
  }

  /// Reads of an `externalscaler.GetMetricsRequest` what tells its reference from others, and checks
  /// all of it.
  ///
  /// - Returns: whether it asks for the metric by the name that the trigger has for it,
  ///   `defaultMetricName` if the trigger has none, or by no name.
  package func readMetricsRequest(
    from bytes: RawSpan, defaultMetricName: StaticString, into key: inout ReferenceKey
  ) throws(MessageError) -> Bool {
    try decode(
      bytes, "externalscaler.GetMetricsRequest", externalscaler__get_metrics_request__unpack
    ) { message throws(MessageError) in
      let reference = message.scaledobjectref?.pointee ?? Externalscaler__ScaledObjectRef.none
      let fields = try reference.fields()
      key.fill(fields)
      try message.metricname.validate(FieldPath(field: "metricName"))
      return fields.names(message.metricname.buffer, default: defaultMetricName)
    }
  }

  /// The service that a `grpc.health.v1.HealthCheckRequest` names; empty for the whole server.
  package func healthCheckRequest(from bytes: RawSpan) throws(MessageError) -> String {
    try decode(
      bytes, "grpc.health.v1.HealthCheckRequest", grpc__health__v1__health_check_request__unpack
    ) { message throws(MessageError) in
      try message.service.text(FieldPath(field: "service"))
    }
  }

  /// Decodes a `ServerReflectionRequest` of `grpc.reflection.v1` or `v1alpha`.
  package func reflectionRequest(from bytes: RawSpan) throws(MessageError) -> ReflectionRequest {
    try decode(
      bytes, "grpc.reflection.v1.ServerReflectionRequest",
      grpc__reflection__v1__server_reflection_request__unpack
    ) { message throws(MessageError) in
      ReflectionRequest(
        host: try message.host.text(FieldPath(field: "host")),
        question: try ReflectionRequest.Question(message))
    }
  }

  /// protobuf-c's generated function for one type of message: NULL for bytes that are no such
  /// message and for an allocator that refuses.
  private typealias Unpack<Message> = (
    UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
  ) -> UnsafeMutablePointer<Message>?

  /// Unpacks into the arena, lets `read` copy what it wants, and takes the memory back.
  private func decode<Message, Value>(
    _ bytes: RawSpan, _ type: StaticString, _ unpack: Unpack<Message>,
    _ read: (Message) throws(MessageError) -> Value
  ) throws(MessageError) -> Value {
    defer { arena.reset() }
    let message = bytes.withUnsafeBytes { buffer in
      arena.withAllocator { allocator in
        unpack(
          allocator, buffer.count, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    guard let message else {
      throw arena.isExhausted
        ? .tooLarge(type, limit: memoryLimit) : .malformed(type, byteCount: bytes.byteCount)
    }
    return try read(message.pointee)
  }
}
