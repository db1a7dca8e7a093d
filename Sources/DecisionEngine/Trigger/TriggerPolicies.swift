internal import Scaling

/// The policies that triggers define by their metadata, by the ScaledObject that they belong to: a few of
/// each, the ones that were asked about first. Pure.
///
/// Without it a new trigger would be compared with those of all other ScaledObjects.
struct TriggerPolicies {
  private var keys: [ResourceName: [PolicyKey]] = [:]
  /// As many as people give one ScaledObject. Names and metadata are the clients' choice.
  private static let mostOfOneObject = 16

  func of(_ object: ResourceName) -> [PolicyKey] { keys[object] ?? [] }

  /// Takes note of a policy that comes into force; of one that is no trigger's own nothing.
  mutating func add(_ key: PolicyKey) {
    guard let object = key.scaledObject, of(object).count < Self.mostOfOneObject else { return }
    keys[object, default: []].append(key)
  }

  mutating func remove(_ key: PolicyKey) {
    guard let object = key.scaledObject else { return }
    keys[object]?.removeAll { $0 == key }
    if keys[object]?.isEmpty == true { keys[object] = nil }
  }
}

extension PolicyKey {
  /// The ScaledObject whose trigger defines the policy; nil for any other policy.
  var scaledObject: ResourceName? { isImplied ? Self.scaledObject(of: name) : nil }

  /// The same from a key's text.
  static func scaledObject(text: String) -> ResourceName? {
    guard text.hasPrefix("implied|"), let name = text.split(separator: "|").last else { return nil }
    return policy(text: String(name)).flatMap(scaledObject(of:))
  }

  /// A trigger's policy has the ScaledObject's name, `@`, and what makes it another one.
  private static func scaledObject(of name: ResourceName) -> ResourceName? {
    guard let end = name.name.lastIndex(of: "@") else { return nil }
    return ResourceName(namespace: name.namespace, name: String(name.name[..<end]))
  }
}
