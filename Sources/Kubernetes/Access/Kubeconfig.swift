internal import HTTPClient
internal import Manifests
internal import Telemetry

/// One or several kubeconfig files as one, and the access that their current context describes.
///
/// As `kubectl` merges them: the first file that defines a name, or the current context, wins.
/// Files that a file names are relative to it.
struct Kubeconfig {
  private var merged: [(path: String, file: KubeconfigFile)] = []

  /// Every file has to be there.
  init(files paths: [String]) throws(ClusterAccess.Failure) {
    for path in paths {
      do {
        merged.append((path, try Self.read(path)))
      } catch {
        throw ClusterAccess.Failure("the kubeconfig \(path) cannot be read: \(error)")
      }
    }
  }

  /// At least one has to be there: `kubectl` creates files of the list as it needs them.
  init(existing paths: [String]) throws(ClusterAccess.Failure) {
    let present = paths.filter(FileText.isReadable)
    guard !present.isEmpty else {
      throw ClusterAccess.Failure(
        "none of the files in KUBECONFIG can be read: \(paths.joined(separator: ", "))")
    }
    try self.init(files: present)
  }

  private struct Unreadable: Error, CustomStringConvertible {
    var description: String
  }

  private static func read(_ path: String) throws -> KubeconfigFile {
    do {
      return try KubeconfigFile(FileText.bytes(path), path: path)
    } catch let error as FileReader.Failure {
      throw Unreadable(description: error.message)
    }
  }

  /// What the current context says.
  func access() throws(ClusterAccess.Failure) -> ClusterAccess {
    let paths = merged.map(\.path).joined(separator: ":")
    guard let name = merged.lazy.compactMap(\.file.currentContext).first else {
      throw ClusterAccess.Failure(
        "the kubeconfig \(paths) has no current-context: set one with kubectl config use-context")
    }
    guard let context = find(name, \.contexts)?.value else {
      throw ClusterAccess.Failure(
        "the kubeconfig \(paths) has no context \(quoted(name)), which is its current-context")
    }
    guard let clusterName = context.cluster, let cluster = find(clusterName, \.clusters) else {
      throw ClusterAccess.Failure(
        "the context \(quoted(name)) of \(paths) names the cluster"
          + " \(quoted(context.cluster ?? "")), which is not defined")
    }
    var access = try reach(cluster.value, named: clusterName, relativeTo: cluster.path)
    access.namespace = context.namespace ?? "default"
    access.origin = "context \(Excerpt.text(of: name)) of \(paths)"
    if let userName = context.user {
      guard let user = find(userName, \.users) else {
        throw ClusterAccess.Failure(
          "the context \(quoted(name)) of \(paths) names the user \(quoted(userName)), which is not"
            + " defined")
      }
      try authenticate(&access, as: user.value, named: userName, relativeTo: user.path)
    }
    return access
  }

  private func find<Value>(
    _ name: String, _ kind: KeyPath<KubeconfigFile, [String: Value]>
  ) -> (path: String, value: Value)? {
    for (path, file) in merged {
      if let value = file[keyPath: kind][name] { return (path, value) }
    }
    return nil
  }

  private func reach(
    _ cluster: KubeconfigFile.Cluster, named name: String, relativeTo path: String
  ) throws(ClusterAccess.Failure) -> ClusterAccess {
    guard let server = cluster.server else {
      throw ClusterAccess.Failure("the cluster \(quoted(name)) of \(path) has no server")
    }
    if let problem = AddressProblem(of: server) {
      throw ClusterAccess.Failure(
        "the server of the cluster \(quoted(name)) of \(path): \(problem.sentence)")
    }
    if cluster.serverName != nil || cluster.proxy != nil {
      throw ClusterAccess.Failure(
        "the cluster \(quoted(name)) of \(path) needs"
          + " \(cluster.proxy == nil ? "tls-server-name" : "proxy-url"), which Headstart does not"
          + " support: name the server as its certificate does, and reach it directly")
    }
    var access = ClusterAccess(server: String(server.reversed().drop { $0 == "/" }.reversed()))
    access.tls.verifiesServer = !cluster.skipsVerification
    access.tls.caFile = cluster.authorityFile.map { Self.resolve($0, relativeTo: path) }
    access.tls.authorities = try Self.content(
      cluster.authorityData, of: "certificate-authority-data of the cluster \(quoted(name))", path)
    return access
  }

  private func authenticate(
    _ access: inout ClusterAccess, as user: KubeconfigFile.User, named name: String,
    relativeTo path: String
  ) throws(ClusterAccess.Failure) {
    try Self.refuse(user, named: name, path)
    access.tls.clientCertificateFile = user.certificateFile.map {
      Self.resolve($0, relativeTo: path)
    }
    access.tls.clientKeyFile = user.keyFile.map { Self.resolve($0, relativeTo: path) }
    access.tls.clientCertificate = try Self.content(
      user.certificateData, of: "client-certificate-data of the user \(quoted(name))", path)
    access.tls.clientKey = try Self.content(
      user.keyData, of: "client-key-data of the user \(quoted(name))", path)
    // As in client-go: a file takes precedence, since it is exchanged.
    if let file = user.tokenFile {
      access.credentials = .tokenFile(Self.resolve(file, relativeTo: path))
    } else if let token = user.token {
      access.credentials = .token(Redacted(token))
    } else if let username = user.username {
      access.credentials = .basic(
        HTTPRequest.BasicAuth(username: username, password: Redacted(user.password ?? "")))
    }
  }

  /// Programs are not run, least of all ones that a file names.
  private static func refuse(
    _ user: KubeconfigFile.User, named name: String, _ path: String
  ) throws(ClusterAccess.Failure) {
    let advice =
      "use a token, a tokenFile or a client certificate, for instance of a service account"
      + " (kubectl create token)"
    if let command = user.execCommand {
      throw ClusterAccess.Failure(
        "the user \(quoted(name)) of \(path) gets its credentials from the exec plugin"
          + " \(quoted(command)), which Headstart does not run: \(advice)")
    }
    if let provider = user.authProvider {
      throw ClusterAccess.Failure(
        "the user \(quoted(name)) of \(path) uses the auth-provider \(quoted(provider)), which"
          + " Headstart does not support: \(advice)")
    }
    if user.impersonates {
      throw ClusterAccess.Failure(
        "the user \(quoted(name)) of \(path) acts as another user (as), which Headstart does not"
          + " support: \(advice)")
    }
  }

  private static func resolve(_ file: String, relativeTo path: String) -> String {
    guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
    return path[...slash] + file
  }

  private static func content(
    _ text: String?, of field: String, _ path: String
  ) throws(ClusterAccess.Failure) -> [UInt8]? {
    guard let text else { return nil }
    guard let bytes = Base64.decode(text), !bytes.isEmpty else {
      throw ClusterAccess.Failure("\(field) of \(path) is not Base64")
    }
    return bytes
  }
}

/// A name of the file as it may stand in a message or the log.
private func quoted(_ name: String) -> String { "\"\(Excerpt.text(of: name))\"" }
