internal import TestKit
internal import Testing

@testable internal import Manifests

struct ConfigMapContentsTests {
  private let temporary: TemporaryFolder

  init() throws {
    temporary = try TemporaryFolder()
  }

  @Test func `A ConfigMap's manifests are read, with the lines of the file`() throws {
    try temporary.write(
      "map.yaml",
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: policies}
      data:
        readme.txt: nothing
        a.yaml: |
          apiVersion: headstart.dev/v1alpha1
          kind: ScalingPolicy
          metadata: {name: a}
          spec:
            signals: [{forecast: {sourc: x}}]
      """)
    let found = check([temporary.path("map.yaml")])
    #expect(
      found.diagnostics.map(\.description) == [
        "\(temporary.path("map.yaml")) (a.yaml):11:25: error: spec.signals[0].forecast.sourc: "
          + "unknown field; did you mean source?"
      ])
  }
}
