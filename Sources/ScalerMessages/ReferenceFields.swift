/// What Headstart reads of a `ScaledObjectRef`, in the memory of the message that protobuf-c has
/// unpacked. Valid as long as that message.
struct ReferenceFields {
  typealias Text = UnsafeBufferPointer<UInt8>

  var name = Text(start: nil, count: 0)
  var namespace = Text(start: nil, count: 0)
  /// Metadata; nil where the trigger does not say.
  private(set) var policy: Text?
  private(set) var workload: Text?
  private(set) var leadTime: Text?
  private(set) var metricName: Text?

  init() {}

  /// Takes what an entry of the metadata says, if its key is one that Headstart reads. The last of
  /// equal keys wins.
  mutating func takeEntry(_ key: Text, _ value: Text) {
    // Bytes are compared, so that the other keys of every call cost no string.
    if key.equals("workload") {
      workload = value
    } else if key.equals("leadTime") {
      leadTime = value
    } else if key.equals("policy") {
      policy = value
    } else if key.equals("metricName") {
      metricName = value
    }
  }

  /// Whether `asked` is the name of the trigger's metric: the one that the trigger gives it, `literal`
  /// if it gives none, or none at all.
  func names(_ asked: Text, default literal: StaticString) -> Bool {
    guard !asked.isEmpty else { return true }
    guard let metricName, !metricName.isEmpty else { return asked.equals(literal) }
    return asked.elementsEqual(metricName)
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// A loop of its own: the standard library's comparison takes forty instructions a byte.
  fileprivate func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != text.utf8Start[index] { return false }
    return true
  }
}
