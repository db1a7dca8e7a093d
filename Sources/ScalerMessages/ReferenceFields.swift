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
  /// What `TriggerKey` knows beside these.
  private(set) var entries: [(key: Text, value: Text)] = []
  /// Keys that mean nothing, if they are kept.
  private(set) var ignored: [Text] = []
  private let keepsIgnored: Bool
  /// From keys that end in `FromEnv`; a key of the plain name comes before them.
  private var fromEnvironment: [(key: Text, value: Text)] = []

  /// Of the keys that mean nothing.
  private static let mostIgnored = 20

  init(keepsIgnored: Bool = false) {
    self.keepsIgnored = keepsIgnored
  }

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
    } else if key.ends(with: "FromEnv") {
      // KEDA has resolved the value and left the key as it is.
      fromEnvironment.append((Text(rebasing: key.dropLast(7)), value))
    } else if TriggerKey.isRead(key) {
      entries.removeAll { $0.key.elementsEqual(key) }
      entries.append((key, value))
    } else if keepsIgnored, ignored.count < Self.mostIgnored {
      ignored.append(key)
    }
  }

  /// To be called after the last entry: brings them into an order that does not depend on the map's.
  mutating func finish() {
    guard !fromEnvironment.isEmpty || entries.count > 1 else { return }
    let plain = [
      workload.map { _ in "workload" as StaticString }, leadTime.map { _ in "leadTime" },
      policy.map { _ in "policy" }, metricName.map { _ in "metricName" },
    ].compactMap(\.self)
    for (key, value) in fromEnvironment
    where !plain.contains(where: key.equals)
      && !entries.contains(where: { $0.key.elementsEqual(key) })
    {
      takeEntry(key, value)
    }
    if entries.count > 1 { entries.sort { $0.key.lexicographicallyPrecedes($1.key) } }
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
  fileprivate func ends(with text: StaticString) -> Bool {
    count > text.utf8CodeUnitCount && Self(rebasing: suffix(text.utf8CodeUnitCount)).equals(text)
  }

  /// A loop of its own: the standard library's comparison takes forty instructions a byte.
  fileprivate func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != text.utf8Start[index] { return false }
    return true
  }
}
