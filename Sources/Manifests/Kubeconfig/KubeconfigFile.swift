/// One kubeconfig file: clusters, users and contexts by name, as `kubectl` writes them.
///
/// Only what decides how a cluster is reached is read; other fields are skipped, because later
/// versions of `kubectl` add some. Which context holds, and what its parts mean, is decided by the
/// one who asks (`ClusterAccess`), who also keeps its secrets out of texts.
package struct KubeconfigFile: Sendable {
  package var currentContext: String?
  package var clusters: [String: Cluster] = [:]
  package var users: [String: User] = [:]
  package var contexts: [String: Context] = [:]

  package struct Cluster: Hashable, Sendable {
    package var server: String?
    package var authorityFile: String?
    /// Base64, as all data fields.
    package var authorityData: String?
    package var skipsVerification = false
    package var serverName: String?
    package var proxy: String?
  }

  package struct User: Hashable, Sendable {
    package var token: String?
    package var tokenFile: String?
    package var certificateFile: String?
    package var certificateData: String?
    package var keyFile: String?
    package var keyData: String?
    package var username: String?
    package var password: String?
    /// The command of an `exec` plugin.
    package var execCommand: String?
    /// The name of an `auth-provider`.
    package var authProvider: String?
    /// Whether requests shall be made in another user's name.
    package var impersonates = false
  }

  package struct Context: Hashable, Sendable {
    package var cluster: String?
    package var user: String?
    package var namespace: String?
  }

  /// Why a file cannot be used: one sentence with its name and line.
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package var description: String
  }

  /// - Parameter path: How errors name the file.
  package init(_ bytes: [UInt8], path: String) throws(Failure) {
    let stream = YAMLStream(bytes)
    if let problem = stream.problem {
      throw Failure(description: "\(path):\(problem.position): \(problem.message)")
    }
    guard let document = stream.documents.first else {
      throw Failure(description: "\(path): the file is empty, but should be a kubeconfig")
    }
    let report = ManifestReport(file: path)
    read(ManifestValue(document: document, report: report))
    if let error = report.diagnostics.first(where: { $0.severity == .error }) {
      let place = error.position.map { ":\($0)" } ?? ""
      throw Failure(description: "\(path)\(place): \(error.message)")
    }
  }

  private mutating func read(_ value: ManifestValue) {
    guard let fields = value.mapping() else { return }
    if let kind = fields.optional("kind")?.text(), kind != "Config" {
      value.error("expected a kubeconfig, which is of kind Config, found \(quoted(kind))")
    }
    currentContext = fields.word("current-context")
    clusters = Self.named(fields.optional("clusters"), "cluster") { Cluster($0) }
    users = Self.named(fields.optional("users"), "user") { User($0) }
    contexts = Self.named(fields.optional("contexts"), "context") { Context($0) }
  }

  /// A list of `name` and one mapping each; of two with one name, the first counts.
  private static func named<Value>(
    _ list: ManifestValue?, _ field: StaticString, _ decode: (ManifestFields) -> Value
  ) -> [String: Value] {
    var found: [String: Value] = [:]
    for item in list?.list() ?? [] {
      guard let fields = item.mapping(), let name = fields.required("name")?.text(),
        let content = fields.optional(field)?.mapping(), found[name] == nil
      else { continue }
      found[name] = decode(content)
    }
    return found
  }
}

extension KubeconfigFile.Cluster {
  init(_ fields: ManifestFields) {
    server = fields.word("server")
    authorityFile = fields.word("certificate-authority")
    authorityData = fields.word("certificate-authority-data")
    skipsVerification = fields.optional("insecure-skip-tls-verify")?.boolean() ?? false
    serverName = fields.word("tls-server-name")
    proxy = fields.word("proxy-url")
  }
}

extension KubeconfigFile.User {
  init(_ fields: ManifestFields) {
    token = fields.secret("token")
    tokenFile = fields.word("tokenFile")
    certificateFile = fields.word("client-certificate")
    certificateData = fields.word("client-certificate-data")
    keyFile = fields.word("client-key")
    keyData = fields.secret("client-key-data")
    username = fields.word("username")
    password = fields.secret("password")
    execCommand = fields.optional("exec").map { $0.mapping()?.word("command") ?? "" }
    authProvider = fields.optional("auth-provider").map { $0.mapping()?.word("name") ?? "" }
    impersonates = fields.word("as") != nil
  }
}

extension KubeconfigFile.Context {
  init(_ fields: ManifestFields) {
    cluster = fields.word("cluster")
    user = fields.word("user")
    namespace = fields.word("namespace")
  }
}

extension ManifestFields {
  /// Text, where an empty one counts as absent, as it does for `kubectl`.
  fileprivate func word(_ name: StaticString) -> String? {
    guard let value = optional(name) else { return nil }
    if case .scalar(let scalar) = value.node.content, scalar.text.isEmpty { return nil }
    return value.text()
  }

  /// As `word`, for what no error may show.
  fileprivate func secret(_ name: StaticString) -> String? {
    guard let value = optional(name) else { return nil }
    guard case .scalar(let scalar) = value.node.content else {
      value.error("expected text, which is not shown here because it is a secret")
      return nil
    }
    if scalar.text.isEmpty { return nil }
    if case .text = scalar.value { return value.text() }
    value.error(
      "expected text, found something that is not shown because it is a secret; put it in quotes")
    return nil
  }
}
