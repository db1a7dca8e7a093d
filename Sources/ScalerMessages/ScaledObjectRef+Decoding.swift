internal import CExternalScaler

extension ScaledObjectRef {
  /// Copies what Headstart reads. Every string is checked, also those that are dropped.
  init(_ message: Externalscaler__ScaledObjectRef) throws(MessageError) {
    let fields = try message.fields(keepsIgnored: true)
    func text(_ field: ReferenceFields.Text) -> String { String(decoding: field, as: UTF8.self) }
    self.init(
      name: text(fields.name), namespace: text(fields.namespace), policy: fields.policy.map(text),
      workload: fields.workload.map(text), leadTime: fields.leadTime.map(text),
      metricName: fields.metricName.map(text),
      entries: fields.entries.map { TriggerEntry(key: text($0.key), value: text($0.value)) },
      ignored: fields.ignored.map(text).sorted(), metadataCount: message.n_scalermetadata)
  }
}

extension Externalscaler__ScaledObjectRef {
  /// What a request without a reference counts as.
  static var none: Externalscaler__ScaledObjectRef {
    var message = Externalscaler__ScaledObjectRef()
    externalscaler__scaled_object_ref__init(&message)
    return message
  }

  /// The fields that Headstart reads, which live as long as the message. Every string is checked, as
  /// for `ScaledObjectRef`.
  ///
  /// - Parameter keepsIgnored: whether keys that Headstart does not read are listed.
  func fields(keepsIgnored: Bool = false) throws(MessageError) -> ReferenceFields {
    try name.validate(FieldPath(field: "name"))
    try namespace_.validate(FieldPath(field: "namespace"))
    var fields = ReferenceFields(keepsIgnored: keepsIgnored)
    fields.name = name.buffer
    fields.namespace = namespace_.buffer
    for entry in metadataEntries {
      try entry.key.validate(FieldPath(field: "a key of scalerMetadata"))
      try entry.value.validate(entry.path)
      fields.takeEntry(entry.key.buffer, entry.value.buffer)
    }
    fields.finish()
    return fields
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
