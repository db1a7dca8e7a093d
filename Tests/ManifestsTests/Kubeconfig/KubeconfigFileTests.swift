internal import Testing

@testable internal import Manifests

struct KubeconfigFileTests {
  private func read(_ text: String) throws -> KubeconfigFile {
    try KubeconfigFile(Array(text.utf8), path: "config")
  }

  private func failure(_ text: String) -> String? {
    #expect(throws: KubeconfigFile.Failure.self) { try read(text) }?.description
  }

  @Test func `clusters, users and contexts are known by name, and other fields passed over`() throws
  {
    let file = try read(
      """
      apiVersion: v1
      kind: Config
      preferences: {colors: true}
      current-context: here
      clusters:
      - name: one
        cluster: {server: "https://a", insecure-skip-tls-verify: true, later: 1}
      - name: two
        cluster: {server: "https://b"}
      users:
      - name: me
        user: {token: abc, as: other}
      contexts:
      - name: here
        context: {cluster: one, user: me, namespace: shop}
      """)
    #expect(file.currentContext == "here")
    #expect(file.clusters.mapValues(\.server) == ["one": "https://a", "two": "https://b"])
    #expect(file.clusters.mapValues(\.skipsVerification) == ["one": true, "two": false])
    #expect(file.users["me"]?.token == "abc")
    #expect(file.users["me"]?.impersonates == true)
    #expect(file.contexts["here"]?.cluster == "one")
    #expect(file.contexts["here"]?.user == "me")
    #expect(file.contexts["here"]?.namespace == "shop")
  }

  @Test func `of two with one name the first counts, and empty text is none`() throws {
    let file = try read(
      """
      clusters:
      - {name: one, cluster: {server: "https://a", proxy-url: ""}}
      - {name: one, cluster: {server: "https://b"}}
      """)
    #expect(file.clusters["one"]?.server == "https://a")
    #expect(file.clusters["one"]?.proxy == nil)
    #expect(file.currentContext == nil)
  }

  @Test func `what is no kubeconfig is refused with the place`() {
    #expect(failure("") == "config: the file is empty, but should be a kubeconfig")
    #expect(
      failure("apiVersion: v1\nkind: Pod")
        == "config:1:1: expected a kubeconfig, which is of kind Config, found \"Pod\"")
    #expect(
      failure("users:\n- name: me\n  user: {password: 424242}")
        == "config:3:20: users[0].user.password: expected text, found something that is not shown "
        + "because it is a secret; put it in quotes")
  }
}
