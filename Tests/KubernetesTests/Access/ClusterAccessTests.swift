internal import Foundation
internal import HTTPClient
internal import Telemetry
internal import TestKit
internal import Testing

@testable internal import Kubernetes

@Suite struct ClusterAccessTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static func config(
    cluster: String = "server: https://api.example:6443/", user: String = "token: abc",
    context: String = "cluster: one, user: me, namespace: shop"
  ) -> String {
    """
    apiVersion: v1
    kind: Config
    preferences: {}
    current-context: here
    clusters:
    - name: one
      cluster: {\(cluster)}
    users:
    - name: me
      user: {\(user)}
    contexts:
    - name: here
      context: {\(context)}
    """
  }

  private func access(_ text: String) throws -> ClusterAccess {
    try ClusterAccess.find(
      kubeconfig: try folder.write("config", text), environment: [:])
  }

  @Test func `reads server, token and namespace of the current context`() throws {
    let access = try access(Self.config())
    #expect(access.server == "https://api.example:6443")
    #expect(access.namespace == "shop")
    guard case .token(let token) = access.credentials else {
      Issue.record("\(access.credentials)")
      return
    }
    #expect(token.secret == "abc")
    #expect(access.origin.contains("context here"))
    #expect(access.tls.verifiesServer)
  }

  @Test func `a token file takes precedence, relative to its kubeconfig`() throws {
    let access = try access(Self.config(user: "token: abc, tokenFile: secrets/token"))
    guard case .tokenFile(let path) = access.credentials else {
      Issue.record("\(access.credentials)")
      return
    }
    #expect(path == folder.path + "/secrets/token")
  }

  @Test func `certificates come from files or from data`() throws {
    let files = try access(
      Self.config(
        cluster: "server: \"https://a\", certificate-authority: ca.crt",
        user: "client-certificate: /abs/c.crt, client-key: c.key"))
    #expect(files.tls.caFile == folder.path + "/ca.crt")
    #expect(files.tls.clientCertificateFile == "/abs/c.crt")
    #expect(files.tls.clientKeyFile == folder.path + "/c.key")
    let data = try access(
      Self.config(
        cluster: "server: \"https://a\", certificate-authority-data: Y2E=",
        user: "client-certificate-data: Y2VydA==, client-key-data: a2V5"))
    #expect(data.tls.authorities == Array("ca".utf8))
    #expect(data.tls.clientCertificate == Array("cert".utf8))
    #expect(data.tls.clientKey == Array("key".utf8))
  }

  @Test func `a user name and password are basic authentication`() throws {
    let access = try access(Self.config(user: "username: me, password: secret"))
    guard case .basic(let auth) = access.credentials else {
      Issue.record("\(access.credentials)")
      return
    }
    #expect(auth.username == "me")
    #expect(auth.password.secret == "secret")
  }

  @Test func `verification is given up only where it says so`() throws {
    let access = try access(
      Self.config(cluster: "server: \"https://a\", insecure-skip-tls-verify: true"))
    #expect(!access.tls.verifiesServer)
  }

  @Test(arguments: [
    (config(user: "exec: {command: aws, apiVersion: x}"), "exec plugin \"aws\""),
    (config(user: "auth-provider: {name: gcp}"), "auth-provider \"gcp\""),
    (config(user: "token: a, as: admin"), "acts as another user"),
    (config(cluster: "server: \"https://a\", proxy-url: \"http://p\""), "proxy-url"),
    (config(cluster: "server: \"https://a\", tls-server-name: b"), "tls-server-name"),
    (config(cluster: "server: \"ftp://a\""), "http"),
    (config(cluster: "certificate-authority: x"), "has no server"),
    (config(cluster: "server: \"https://a\", certificate-authority-data: \"%%%\""), "not Base64"),
    (config(context: "cluster: two, user: me"), "\"two\""),
    (config(context: "cluster: one, user: you"), "\"you\""),
    (config().replacing("current-context: here", with: ""), "no current-context"),
    (config().replacing("current-context: here", with: "current-context: there"), "\"there\""),
    (
      config().replacing("current-context: here", with: #"current-context: "a\t\e[2Jb""#),
      #"no context "a [2Jb","#
    ),
    ("kind: Pod", "kind Config"), ("", "empty"), ("a: [", "config:"), ("[]", "mapping"),
  ])
  func `what cannot be used is refused with a reason`(text: String, words: String) throws {
    do {
      let access = try access(text)
      Issue.record("accepted \(access.server)")
    } catch let failure as ClusterAccess.Failure {
      #expect(failure.description.contains(words), "\(failure)")
      #expect(!failure.description.contains("abc"))
    }
  }

  @Test(arguments: [
    "token: 424242", "token: {a: 424242}", "password: 424242", "client-key-data: [424242]",
  ])
  func `no error shows a secret`(user: String) throws {
    do {
      _ = try access(Self.config(user: user))
      Issue.record("it was taken")
    } catch {
      #expect("\(error)".contains("secret"))
      #expect(!"\(error)".contains("424242"))
    }
  }

  @Test func `of several files the first that says something wins`() throws {
    let first = try folder.write(
      "first", "current-context: here\nusers: [{name: me, user: {token: first}}]")
    let second = try folder.write("second", Self.config(user: "token: second"))
    let found = try ClusterAccess.find(
      kubeconfig: nil,
      environment: ["KUBECONFIG": "\(first):\(folder.path)/absent:\(second)"])
    guard case .token(let token) = found.credentials else {
      Issue.record("no token")
      return
    }
    #expect(token.secret == "first")
    #expect(found.server == "https://api.example:6443")
  }

  @Test func `a kubeconfig that is named has to be there`() {
    #expect(throws: ClusterAccess.Failure.self) {
      try ClusterAccess.find(kubeconfig: "/absent/config", environment: [:])
    }
    #expect(throws: ClusterAccess.Failure.self) {
      try ClusterAccess.find(kubeconfig: nil, environment: ["KUBECONFIG": "/absent/config"])
    }
  }

  @Test func `a pod uses its service account`() throws {
    _ = try folder.write("token", "t")
    _ = try folder.write("ca.crt", "c")
    _ = try folder.write("namespace", "shop\n")
    let access = try ClusterAccess.find(
      kubeconfig: nil,
      environment: [
        "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443", "HOME": "/absent",
      ], serviceAccountDirectory: folder.path)
    #expect(access.server == "https://[fd00::1]:443")
    #expect(access.namespace == "shop")
    #expect(access.tls.caFile == folder.path + "/ca.crt")
    guard case .tokenFile(let path) = access.credentials else {
      Issue.record("no file")
      return
    }
    #expect(path == folder.path + "/token")
  }

  @Test(arguments: ["", "0", "65536", "http", "-1"])
  func `a pod's port has to be one`(port: String) {
    #expect(throws: ClusterAccess.Failure.self) {
      try ClusterAccess.inCluster(
        environment: ["KUBERNETES_SERVICE_HOST": "a", "KUBERNETES_SERVICE_PORT": port],
        directory: folder.path)
    }
  }

  @Test func `without any way it says where it looked`() {
    do {
      _ = try ClusterAccess.find(kubeconfig: nil, environment: ["HOME": folder.path])
      Issue.record("found one")
    } catch {
      #expect("\(error)".contains("--kubeconfig"))
    }
  }
}
