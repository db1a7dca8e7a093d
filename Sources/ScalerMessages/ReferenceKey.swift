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
    metricName: String?
  ) {
    begin(hasMetricName: metricName != nil)
    for field in [name, namespace, policy, workload, leadTime, metricName] {
      guard var field else {
        appendNone()
        continue
      }
      field.withUTF8 { append($0) }
    }
  }

  /// Fills the key with the fields of a message, in the same order.
  mutating func fill(
    _ name: UnsafeBufferPointer<UInt8>, _ namespace: UnsafeBufferPointer<UInt8>,
    policy: UnsafeBufferPointer<UInt8>?, workload: UnsafeBufferPointer<UInt8>?,
    leadTime: UnsafeBufferPointer<UInt8>?, metricName: UnsafeBufferPointer<UInt8>?
  ) {
    begin(hasMetricName: metricName != nil)
    append(name)
    append(namespace)
    append(policy)
    append(workload)
    append(leadTime)
    append(metricName)
  }

  private mutating func begin(hasMetricName: Bool) {
    self.hasMetricName = hasMetricName
    bytes.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ field: UnsafeBufferPointer<UInt8>?) {
    guard let field else { return appendNone() }
    // The length in front, so that no two lists of fields run into one.
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: field.count)) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: field)
  }

  /// Longer than any message is.
  private mutating func appendNone() {
    withUnsafeBytes(of: UInt32.max) { bytes.append(contentsOf: $0) }
  }
}
