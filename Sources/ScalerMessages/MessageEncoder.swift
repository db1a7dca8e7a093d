internal import CExternalScaler

/// Turns answers into complete gRPC frames: a flag byte of 0 (not compressed), the length of the
/// message in four bytes, big-endian, and the message.
package enum MessageEncoder {
  /// Encodes `externalscaler.IsActiveResponse`.
  package static func isActiveResponse(_ active: Bool) -> [UInt8] {
    var response = Externalscaler__IsActiveResponse()
    externalscaler__is_active_response__init(&response)
    response.result = active ? 1 : 0
    return frame(&response)
  }

  /// Encodes `externalscaler.GetMetricSpecResponse` with one metric, whose target is 1 in both
  /// fields (C4, design section 2).
  package static func getMetricSpecResponse(metricName: String) -> [UInt8] {
    withBytes(of: metricName) { name in
      var spec = Externalscaler__MetricSpec()
      externalscaler__metric_spec__init(&spec)
      spec.metricname = name
      spec.targetsize = 1
      spec.targetsizefloat = 1
      return withListOfOne(&spec) { specs in
        var response = Externalscaler__GetMetricSpecResponse()
        externalscaler__get_metric_spec_response__init(&response)
        response.n_metricspecs = 1
        response.metricspecs = specs
        return frame(&response)
      }
    }
  }

  /// Encodes `externalscaler.GetMetricsResponse` with one value, in both fields: KEDA reads the
  /// integer whenever the float is not above 0 (C4).
  package static func getMetricsResponse(metricName: String, replicas: Int) -> [UInt8] {
    withBytes(of: metricName) { name in
      var value = Externalscaler__MetricValue()
      externalscaler__metric_value__init(&value)
      value.metricname = name
      value.metricvalue = Int64(replicas)
      value.metricvaluefloat = Double(replicas)
      return withListOfOne(&value) { values in
        var response = Externalscaler__GetMetricsResponse()
        externalscaler__get_metrics_response__init(&response)
        response.n_metricvalues = 1
        response.metricvalues = values
        return frame(&response)
      }
    }
  }

  /// Encodes `grpc.health.v1.HealthCheckResponse`.
  package static func healthCheckResponse(_ status: ServingStatus) -> [UInt8] {
    var response = Grpc__Health__V1__HealthCheckResponse()
    grpc__health__v1__health_check_response__init(&response)
    response.status =
      switch status {
      case .unknown: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__UNKNOWN
      case .serving: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
      case .notServing: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
      case .serviceUnknown:
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
      }
    return frame(&response)
  }

  /// Packs a message and puts its prefix before it. `Message` is a generated struct, whose first
  /// field is the `ProtobufCMessage` that protobuf-c works on.
  static func frame<Message>(_ message: UnsafePointer<Message>) -> [UInt8] {
    let base = UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
    let size = protobuf_c_message_get_packed_size(base)
    return [UInt8](unsafeUninitializedCapacity: prefixSize + size) { buffer, count in
      buffer[0] = 0
      for (index, shift) in [24, 16, 8, 0].enumerated() {
        buffer[1 + index] = UInt8(truncatingIfNeeded: size >> shift)
      }
      count = prefixSize
      if let start = buffer.baseAddress {
        count += protobuf_c_message_pack(base, start + prefixSize)
      }
    }
  }

  private static let prefixSize = 5

  /// Lends a string's bytes; protobuf-c only reads them.
  private static func withBytes<Result>(
    of text: String, _ body: (ProtobufCBinaryData) -> Result
  ) -> Result {
    var text = text
    return text.withUTF8 { buffer in
      body(
        ProtobufCBinaryData(
          len: buffer.count, data: UnsafeMutablePointer(mutating: buffer.baseAddress)))
    }
  }

  /// Lends the array of one pointer that a repeated field is to protobuf-c.
  private static func withListOfOne<Message, Result>(
    _ message: UnsafeMutablePointer<Message>,
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<Message>?>) -> Result
  ) -> Result {
    var list: UnsafeMutablePointer<Message>? = message
    return body(&list)
  }
}
