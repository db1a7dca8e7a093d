/// What Headstart reads of a `ScaledObjectRef`, as one run of bytes: the same for references that mean
/// the same, whatever the order of their maps on the wire, and different for all others.
///
/// Filled again and again with the memory of the first time, so that a reference that is known is
/// found without a string being made.
package struct ReferenceKey: ~Copyable {
  /// The key itself.
  package private(set) var bytes: [UInt8] = []
  /// Whether the trigger names its metric.
  package private(set) var hasMetricName = false

  package init() {}

  /// Fills the key with what `ScaledObjectRef` holds under the same names.
  package mutating func fill(
    name: String, namespace: String, policy: String?, workload: String?, leadTime: String?,
    metricName: String?, entries: [(key: String, value: String)] = []
  ) {
    begin(hasMetricName: metricName != nil)
    for field in [name, namespace, policy, workload, leadTime, metricName] {
      guard var field else {
        append(nil)
        continue
      }
      field.withUTF8 { append($0) }
    }
    for (var key, var value) in entries {
      key.withUTF8 { append($0) }
      value.withUTF8 { append($0) }
    }
  }

  /// Fills the key with the fields of a message, in the same order.
  mutating func fill(_ fields: ReferenceFields) {
    begin(hasMetricName: fields.metricName != nil)
    append(fields.name)
    append(fields.namespace)
    append(fields.policy)
    append(fields.workload)
    append(fields.leadTime)
    append(fields.metricName)
    for (key, value) in fields.entries {
      append(key)
      append(value)
    }
  }

  private mutating func begin(hasMetricName: Bool) {
    self.hasMetricName = hasMetricName
    bytes.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ field: ReferenceFields.Text?) {
    bytes.append(addingCapacity: 4 + (field?.count ?? 0)) { key in
      // The length in front, so that no two lists of fields run into one; where there is no field, one
      // that no message has.
      let length = field.map { UInt32(truncatingIfNeeded: $0.count) } ?? .max
      key.withUnsafeMutableBufferPointer { buffer, count in
        let target = UnsafeMutableRawBufferPointer(buffer)
        target.storeBytes(of: length, toByteOffset: count, as: UInt32.self)
        count += 4
        guard let field else { return }
        UnsafeMutableRawBufferPointer(rebasing: target[count...]).copyMemory(
          from: UnsafeRawBufferPointer(field))
        count += field.count
      }
    }
  }
}
