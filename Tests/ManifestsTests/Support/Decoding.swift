internal import CivilTime
internal import Scaling
internal import Time

@testable internal import Manifests

/// Friday 2026-11-20, a week before the dates of most examples.
let testNow = Instant(milliseconds: 1_795_176_000_000)

/// One database for all tests: it keeps what it loads.
let decodingZones = CCTZDatabase()

/// Decodes a text as the file `a.yaml`, without the checks across files.
func decode(
  _ text: String, defaults: PolicyDefaults = PolicyDefaults(), auditBudget: Int = .max
) -> ManifestDecoder.File {
  decode(Array(text.utf8), defaults: defaults, auditBudget: auditBudget)
}

func decode(
  _ bytes: [UInt8], defaults: PolicyDefaults = PolicyDefaults(), auditBudget: Int = .max
) -> ManifestDecoder.File {
  ManifestDecoder(
    defaults: defaults, zones: decodingZones, now: testNow, auditBudget: auditBudget
  ).decode(bytes, path: "a.yaml")
}

/// What `headstart check` says of these files and directories.
func check(_ paths: [String]) -> ManifestCheck {
  ManifestCheck(
    paths: paths, defaults: PolicyDefaults(triggerServers: .any), zones: decodingZones, now: testNow
  )
}

extension ManifestDecoder.File {
  /// The diagnostics as they are printed.
  var lines: [String] { diagnostics.map(\.description) }

  var policies: [Policy] {
    objects.compactMap { if case .policy(let policy) = $0.content { policy.value } else { nil } }
  }

  var dataSources: [DataSource] {
    objects.compactMap {
      if case .dataSource(let source) = $0.content { source } else { nil }
    }
  }
}

/// A ScalingPolicy with these lines as its `spec`, which begins in line 5, indented by two.
func policy(_ spec: String) -> String {
  object(kind: "ScalingPolicy", spec)
}

/// A DataSource with these lines as its `spec`, which begins in line 5, indented by two.
func dataSource(_ spec: String) -> String {
  object(kind: "DataSource", spec)
}

/// A ScalingPolicy with one schedule signal; its lines begin in line 7, indented by six.
func schedule(_ content: String, limits: String = "{}") -> String {
  policy("limits: \(limits)\nsignals:\n- schedule:\n" + indent(content, by: 4))
}

/// A ScalingPolicy with one rule, the only one of its schedule, in line 9, indented by ten.
func rule(_ fields: String) -> String {
  schedule("rules:\n- {\(fields)}")
}

private func object(kind: String, _ spec: String) -> String {
  """
  apiVersion: headstart.dev/v1alpha1
  kind: \(kind)
  metadata: {name: x}
  spec:
  \(indent(spec, by: 2))

  """
}

private func indent(_ text: String, by count: Int) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
}
