internal import CExternalScaler

extension ScaledObjectRef {
  /// Copies what Headstart reads. Every string is checked, also those that are dropped.
  init(_ message: Externalscaler__ScaledObjectRef) throws(MessageError) {
    self.init(
      name: try message.name.text(FieldPath(field: "name")),
      namespace: try message.namespace_.text(FieldPath(field: "namespace")),
      metadataCount: message.n_scalermetadata)
    for entry in message.metadataEntries {
      try entry.key.validate(FieldPath(field: "a key of scalerMetadata"))
      guard let key = MetadataKey(entry.key.buffer) else {
        try entry.value.validate(entry.path)
        continue
      }
      let value = try entry.value.text(entry.path)
      switch key {
      case .policy: policy = value
      case .workload: workload = value
      case .leadTime: leadTime = value
      case .metricName: metricName = value
      }
    }
  }
}

extension Externalscaler__ScaledObjectRef {
  /// What a request without a reference counts as.
  static var none: Externalscaler__ScaledObjectRef {
    var message = Externalscaler__ScaledObjectRef()
    externalscaler__scaled_object_ref__init(&message)
    return message
  }

  /// Puts into `key` what `ScaledObjectRef` would hold. Every string is checked, as there.
  ///
  /// - Returns: the trigger's name for the metric, which lives as long as the message.
  func read(into key: inout ReferenceKey) throws(MessageError) -> UnsafeBufferPointer<UInt8>? {
    try name.validate(FieldPath(field: "name"))
    try namespace_.validate(FieldPath(field: "namespace"))
    var policy: UnsafeBufferPointer<UInt8>?
    var workload: UnsafeBufferPointer<UInt8>?
    var leadTime: UnsafeBufferPointer<UInt8>?
    var metricName: UnsafeBufferPointer<UInt8>?
    for entry in metadataEntries {
      try entry.key.validate(FieldPath(field: "a key of scalerMetadata"))
      try entry.value.validate(entry.path)
      switch MetadataKey(entry.key.buffer) {
      case .policy: policy = entry.value.buffer
      case .workload: workload = entry.value.buffer
      case .leadTime: leadTime = entry.value.buffer
      case .metricName: metricName = entry.value.buffer
      case nil: break
      }
    }
    key.fill(
      name.buffer, namespace_.buffer, policy: policy, workload: workload, leadTime: leadTime,
      metricName: metricName)
    return metricName
  }
}

extension StaticString {
  var buffer: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
  }
}

/// The keys of a trigger's metadata that Headstart reads.
private enum MetadataKey {
  case policy, workload, leadTime, metricName

  /// Compares bytes, so that the other keys of every call cost no string.
  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    if bytes.equals("workload") {
      self = .workload
    } else if bytes.equals("leadTime") {
      self = .leadTime
    } else if bytes.equals("policy") {
      self = .policy
    } else if bytes.equals("metricName") {
      self = .metricName
    } else {
      return nil
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount
      && text.withUTF8Buffer { elementsEqual($0) }
  }
}

extension Externalscaler__ScaledObjectRef {
  /// The entries as sent, repeated keys included.
  var metadataEntries: some Sequence<Externalscaler__ScaledObjectRef__ScalerMetadataEntry> {
    // protobuf-c fills all `n` pointers of a message that it returns.
    UnsafeBufferPointer(start: scalermetadata, count: n_scalermetadata).lazy
      .compactMap { $0?.pointee }
  }
}

extension Externalscaler__ScaledObjectRef__ScalerMetadataEntry {
  /// Names the entry's value in an error. The key must have been validated.
  var path: FieldPath {
    FieldPath(field: "scalerMetadata", key: String(decoding: key.buffer, as: UTF8.self))
  }
}
