internal import CivilTime
internal import Scaling
internal import Testing

@testable internal import Manifests

/// Rules whose workload is in another namespace than they are.
struct ForeignTargetTests {
  private static func rule(_ name: String, of namespace: String, target: String?) -> String {
    """
    ---
    apiVersion: easyscale.io/v1
    kind: ScalingRule
    metadata: {name: \(name), namespace: \(namespace)}
    spec:
      target: {kind: Deployment, name: web\(target.map { ", namespace: \($0)" } ?? "")}
      schedule: [{name: All, days: [Monday], replicas: 2}]
      default: {replicas: 1}

    """
  }

  /// The names of the rules that are used, each in a file of its own.
  private static func used(_ rules: [String], asObjects: Bool, _ foreign: ForeignTargets)
    -> [String]
  {
    var store = ManifestStore(
      defaults: PolicyDefaults(), zones: CCTZDatabase(), foreignTargets: foreign)
    let files = rules.enumerated().map {
      FileContents(path: "d/\($0.offset).yaml", content: .bytes(Array($0.element.utf8)))
    }
    var contents = DirectoryContents(path: "d", listing: .files(files))
    contents.holdsObjects = asObjects
    return store.update([contents], now: testNow).policies
  }

  private static let rules = [
    rule("own", of: "shop", target: "shop"), rule("silent", of: "shop", target: nil),
    rule("night", of: "shop", target: "orders"), rule("day", of: "shop", target: "orders"),
    rule("night", of: "orders", target: "shop"),
  ]

  @Test func `objects of the cluster scale workloads of their own namespace only`() {
    #expect(
      Self.used(Self.rules, asObjects: true, .only([])) == ["shop/own", "shop/silent"])
  }

  @Test func `exceptions are listed by name, or for a namespace`() {
    let night = ResourceName(namespace: "shop", name: "night")
    #expect(
      Self.used(Self.rules, asObjects: true, .only([night]))
        == ["shop/night", "shop/own", "shop/silent"])
    let all = ResourceName(namespace: "shop", name: ForeignTargets.every)
    #expect(
      Self.used(Self.rules, asObjects: true, .only([all]))
        == ["shop/day", "shop/night", "shop/own", "shop/silent"])
  }

  @Test func `files are the operator's own, and may name any`() {
    #expect(Self.used(Self.rules, asObjects: false, .only([])).count == Self.rules.count)
  }

  @Test func `the error names a flag that is accepted`() {
    var store = ManifestStore(
      defaults: PolicyDefaults(), zones: CCTZDatabase(), foreignTargets: .only([]))
    let file = FileContents(path: "d/a.yaml", content: .bytes(Array(Self.rules[2].utf8)))
    var contents = DirectoryContents(path: "d", listing: .files([file]))
    contents.holdsObjects = true
    let update = store.update([contents], now: testNow)
    #expect(update.lines.count == 1)
    #expect(update.lines.first?.contains("--direct-cross-namespace=shop/night") == true)
  }
}
